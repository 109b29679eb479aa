"""What jobs left, as a table or as JSON lines."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from jobchute.cli.output import counted, print_json, say
from jobchute.cli.results.stored import Bucket, Stored, locations_of, size_text
from jobchute.job import Job


class Left(NamedTuple):
    """What one job left. locations: where it writes; empty if that is not known. objects: what is there."""

    job: Job
    locations: list[str]
    objects: list[Stored]


def left_by(bucket: Bucket, job: Job) -> Left:
    """What a job left in its locations, each object once."""
    locations = locations_of(job)
    objects = {each.uri: each for uri in locations for each in bucket.below(uri)}
    return Left(job, locations, list(objects.values()))


def print_left(found: Iterable[Left], *, as_json: bool) -> None:
    """One line for each object, and notes on stderr for jobs that left none."""
    if as_json:
        for left in found:
            for line in _json_of(left):
                print_json(line)
        return
    from jobchute.cli.columns import ID, STATE, Column, cut_middle
    from jobchute.cli.tables import print_lines

    found = list(found)
    columns = (ID, STATE, Column("SIZE", len("999.9 MB"), rank=2), Column("OBJECT", 20, cut=cut_middle))
    rows = [
        (left.job.job_id, left.job.state, size_text(each.size), each.uri)
        for left in found
        for each in left.objects
    ]
    if rows:
        print_lines(columns, rows)
        total = size_text(sum(each.size for left in found for each in left.objects))
        say(f"{counted(len(rows), 'object')}, {total}; download with --to DIR", err=True)
    for left in found:
        if not left.objects:
            say(why_empty(left), err=True)


def why_empty(left: Left) -> str:
    """Why nothing was found of a job."""
    job = left.job
    if not left.locations and job.provider_id is None:
        return f"{job.job_id} is {job.state} and never ran, so it left nothing"
    if not left.locations:
        return f"{job.job_id}: its provider does not say where it writes; see what the job's own program does"
    where = " and ".join(left.locations)
    ends = "" if job.state.is_final else f" yet: the job is {job.state}"
    return f"{job.job_id} left nothing at {where}{ends}"


def _json_of(left: Left) -> Iterator[dict[str, Any]]:
    """A line for each object; one line without an object for a job that left none."""
    job = {"jobId": left.job.job_id, "state": left.job.state, "output": left.job.output}
    if not left.objects:
        yield {**job, "object": None}
    for each in left.objects:
        at = each.modified_at.isoformat().replace("+00:00", "Z")
        yield {**job, "object": each.uri, "bytes": each.size, "updatedAt": at}
