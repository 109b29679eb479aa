"""The files of several documents."""

from functools import partial

from jobchute.cli.facts.file_list import file_list
from jobchute.cli.ui.plots.states import states_bar
from jobchute.cli.ui.site import View, Visit


def files(visit: Visit) -> View:
    """Those that are not over, and those of the latest jobs."""
    found = visit.site.kept(("files",), partial(file_list, visit.deployment.ledger))
    bars = [
        states_bar(number, file.states, max(file.jobs, file.documents))
        for number, file in enumerate(found.files)
    ]
    values = {"found": found, "rows": [*zip(found.files, bars, strict=True)], "now": visit.now}
    still_open = sum(1 for file in found.files if file.ended_at is None)
    news = f"{still_open} of {len(found.files)} files are not over"
    return View("files.html", "Files", values, parts=("files",), news=news)
