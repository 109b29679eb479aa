"""Documents that were sent: printed, and waited for until their jobs have ended."""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from jobchute.cli.errors import StoppedError
from jobchute.cli.output import counted, print_json, say

if TYPE_CHECKING:
    from jobchute.cli.deployment import Deployment
    from jobchute.cli.duplicates import Known
    from jobchute.cli.following import Row
    from jobchute.cli.sending import Sent


def print_sent(sent: "Sequence[Sent]", as_json: bool, known: "Sequence[Known]" = ()) -> None:
    """known: those of the documents that are already jobs."""
    if as_json:
        duplicates = {each.job.job_id: each.as_json() for each in known}
        for each in sent:
            print_json({**each.as_json(), **duplicates.get(each.document.job_id or "", {})})
        return
    from jobchute.cli.columns import API, ID, Column, cut_middle
    from jobchute.cli.tables import print_lines

    rows = [(_id_cell(each), each.document.api, each.source.uri) for each in sent]
    print_lines((ID._replace(rank=0), API, Column("SENT AS", 20, rank=1, cut=cut_middle)), rows)
    dry_runs = [each for each in sent if each.is_dry_run]
    if dry_runs:
        where = f"the first at {dry_runs[0].source.status_key}"
        number = counted(len(dry_runs), "dry run")
        say(f"{number}: the answers will be in the bucket, {where}; --wait shows them", err=True)


def _id_cell(sent: "Sent") -> str | None:
    """A dry run makes no job with this id."""
    return "dry run" if sent.is_dry_run else sent.document.job_id


def wait_for(
    deployment: "Deployment",
    sent: "Sequence[Sent]",
    timeout: float | None,
    as_json: bool,
    known: "Sequence[Known]" = (),
) -> None:
    """Show the plans of dry runs, then the jobs until all have ended. known: as for print_sent."""
    from jobchute.cli.dry_runs import show_plans
    from jobchute.cli.following import clock_for

    clock = clock_for(timeout)
    end = None if timeout is None else clock.now() + timeout
    dry_runs = [each for each in sent if each.is_dry_run]
    if dry_runs:
        show_plans(deployment, dry_runs, clock, as_json=as_json)
    if len(dry_runs) < len(sent):
        left = None if end is None else max(end - clock.now(), 0.0)
        _wait_for_jobs(deployment, [each for each in sent if not each.is_dry_run], left, as_json, known)


def _wait_for_jobs(
    deployment: "Deployment",
    sent: "Sequence[Sent]",
    timeout: float | None,
    as_json: bool,
    known: "Sequence[Known]",
) -> None:
    from rich.console import Console

    from jobchute.cli.following import Row, clock_for, follow
    from jobchute.cli.job_results import way_back
    from jobchute.cli.live_view import board

    awaited = [each.awaited for each in sent if each.awaited is not None]
    rows: list[Row] = [Row(each) for each in awaited]
    try:
        with board(Console(stderr=as_json)) as show:
            for rows in follow(deployment.ledger, awaited, clock_for(timeout)):
                show(rows)
    except KeyboardInterrupt as error:
        number = counted(sum(row.is_open for row in rows), "job")
        where = f"open jobs continue without the tool: {way_back(rows)}"
        raise StoppedError(f"stopped waiting for {number}; {where}") from error
    makes_none = len(sent) - len(awaited)
    if makes_none:
        say(
            f"cancellations and changes: {counted(makes_none, 'document')}; see their status documents",
            err=True,
        )
    _answer(rows, as_json, {each.job.job_id for each in known})


def _answer(rows: "Sequence[Row]", as_json: bool, known_ids: "Collection[str]") -> None:
    """known_ids: the jobs that were already reported as known."""
    from jobchute.cli.duplicates import Known, known_lines
    from jobchute.cli.job_results import print_ends, refuse_unless_succeeded, way_back

    print_ends(rows, as_json)
    known = [Known(row.awaited.title, row.job) for row in rows if row.job is not None and row.is_duplicate]
    for text in known_lines([each for each in known if each.job.job_id not in known_ids], len(rows)):
        say(text, err=True)
    refuse_unless_succeeded(rows, way_back(rows))
