"""How the awaited jobs have ended. Failures come last, where they are seen."""

import shlex
import shutil
import sys
from collections.abc import Iterator, Sequence

from jobchute.cli.columns import cut_middle, short_id
from jobchute.cli.errors import AnswerIsNoError
from jobchute.cli.following import Row
from jobchute.cli.output import Coloured, counted, print_json, safe, say
from jobchute.job import Job, State
from jobchute.status.documents import status_of

MAX_SHOWN = 20
"""Up to this number, jobs that succeeded get a line each."""
MAX_TARGETS = 3
BESIDE_NAME = len("TIMED_OUT ") + 4
"""Width of the state and of the spaces between state, name and id."""
MIN_NAME = 14
COLOURS = {State.SUCCEEDED: "green", State.PARTIAL: "yellow"}

Line = tuple[str | Coloured, ...]


def result_lines(rows: Sequence[Row]) -> Iterator[Line]:
    """Each job with its id, its output, and why it did not succeed. Those that succeeded come first."""
    ended = [row.job for row in rows if row.job is not None and row.job.state.is_final]
    well = [job for job in ended if job.state is State.SUCCEEDED]
    for job in well[:MAX_SHOWN]:
        yield from _lines(job)
    if len(well) > MAX_SHOWN:
        yield (
            f"and {counted(len(well) - MAX_SHOWN, 'more job')} that SUCCEEDED; see: jobchute jobs list --json",
        )
    for job in ended:
        if job.state is not State.SUCCEEDED:
            yield from _lines(job)


def print_ends(rows: Sequence[Row], as_json: bool) -> None:
    """Print each job's result, or its status document."""
    if as_json:
        for row in rows:
            print_json({"jobId": row.awaited.job_id} if row.job is None else status_of(row.job))
        return
    for line in result_lines(rows):
        say(*line)


def refuse_unless_succeeded(rows: Sequence[Row], again: str) -> None:
    """Raises AnswerIsNoError unless every job SUCCEEDED. again: the command that waits for those still open."""
    not_succeeded = [row for row in rows if row.job is None or row.job.state is not State.SUCCEEDED]
    if not not_succeeded:
        return
    still_open = sum(row.is_open for row in not_succeeded)
    late = f", {still_open} of them because the timeout was reached" if still_open else ""
    if still_open:
        late += f"; open jobs continue without the tool: {again}"
    raise AnswerIsNoError(f"{len(not_succeeded)} of {counted(len(rows), 'job')} did not succeed{late}")


def way_back(rows: Sequence[Row]) -> str:
    """How to follow open jobs after the tool has stopped waiting."""
    still_open = [row for row in rows if row.is_open]
    if len(still_open) == 1 and still_open[0].awaited.job_id is not None:
        return f"jobchute jobs watch {still_open[0].awaited.job_id}"
    uris = [*dict.fromkeys(row.awaited.source.uri for row in still_open)]
    if not uris or len(uris) > MAX_TARGETS:
        return "jobchute jobs list, or run the same command again: it submits no job twice"
    return f"jobchute jobs watch {' '.join(map(shlex.quote, uris))}"


def _shown_id(job: Job) -> str:
    """As in tables: short on a terminal, where the line must fit, and whole elsewhere."""
    return short_id(job.job_id) if sys.stdout.isatty() else job.job_id


def _lines(job: Job) -> Iterator[Line]:
    name, job_id = safe(job.name or job.source.uri), _shown_id(job)
    if sys.stdout.isatty():
        room = shutil.get_terminal_size().columns - BESIDE_NAME - len(job_id)
        name = cut_middle(name, max(room, MIN_NAME))
    yield Coloured(f"{job.state:<10}", COLOURS.get(job.state, "red")), f"  {name}  {job_id}"
    if job.output is not None:
        yield (f"{'':12}output: {safe(job.output)}",)
    why = ": ".join(filter(None, (job.cause, job.reason)))
    if job.state is not State.SUCCEEDED and why:
        yield (f"{'':12}{safe(why)}",)
