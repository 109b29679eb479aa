"""The list of jobs and rejections."""

from collections.abc import Sequence
from functools import partial

from jobchute.cli.facts.file_list import FileFacts, file_at
from jobchute.cli.facts.job_list import LATEST, SORTS, Cursor, JobList, job_list
from jobchute.cli.job_sources import api_of, document_of
from jobchute.cli.tables import age, elapsed
from jobchute.cli.ui.pages.job_filters import asked_by, filters_of, form_of
from jobchute.cli.ui.site import View, Visit
from jobchute.ledger.files import FileRows
from jobchute.runtime import client


def jobs(visit: Visit) -> View:
    """Each filter is a parameter of the address, so a list can be kept as a bookmark."""
    ask, problems = asked_by(visit)
    found = visit.site.kept(("jobs", ask), partial(job_list, visit.deployment.ledger, ask))
    filters = filters_of(visit)
    values = {
        "found": found,
        "problems": problems,
        "form": form_of(visit),
        "following": None if found.following is None else _page(visit, filters, found.following),
        "first": None if ask.cursor == Cursor() else visit.links.page("jobs", filters),
        "sorts": {name: _sorted_by(visit, filters, name) for name in SORTS},
        "latest": visit.links.page("jobs", {**filters, "sort": []}),
        "sort": ask.sort,
        "is_latest": ask.sort == LATEST,
        "is_filtered": bool({*filters} - {"sort"}),
        "file": None if ask.wanted.source is None else _file(visit, ask.wanted.source),
        "api_of": api_of,
        "document_of": document_of,
        "age": age,
        "elapsed": elapsed,
    }
    return View("jobs.html", "Jobs", values, parts=("jobs",), news=_news(found))


def _file(visit: Visit, uri: str) -> FileFacts | None:
    return file_at(FileRows(client("dynamodb"), visit.deployment.table), uri)


def _page(visit: Visit, filters: dict[str, Sequence[str]], cursor: Cursor) -> str:
    place = {"until": [cursor.until or ""], "skip": [_text(cursor.skipped)], "offset": [_text(cursor.offset)]}
    return visit.links.page("jobs", {**filters, **place})


def _text(number: int) -> str:
    return str(number) if number else ""


def _sorted_by(visit: Visit, filters: dict[str, Sequence[str]], name: str) -> str:
    """The opposite order, if the list has this order."""
    is_sorted = filters.get("sort") == [name]
    return visit.links.page("jobs", {**filters, "sort": [f"-{name}" if is_sorted else name]})


def _news(found: JobList) -> str:
    more = " and more" if found.following is not None or found.is_partial else ""
    return f"{len(found.jobs)} jobs{more}"
