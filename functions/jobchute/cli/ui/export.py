"""The pages as files with relative links: without scripts, without a token, and bounded in number.

A page is written if another page links to it, beginning with the overview, until the limits are reached. Links
to what is left out lead to a page that says so.
"""

import shutil
from collections import deque
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from jobchute.cli.errors import CannotAskError
from jobchute.cli.ui.app import STATIC, Pages
from jobchute.cli.ui.links import Query, query_text
from jobchute.cli.ui.routes import PAGES
from jobchute.cli.ui.site import Page, Site, View, Visit

MAX_JOBS = 200
"""Pages of jobs."""
MAX_OTHERS = 100
"""All other pages: lists, sweeps, pools."""
LEFT_OUT = "left-out"
FILES = ("page.css", "icon.svg")


class Target(NamedTuple):
    """A page to write. query: as in its address."""

    path: str
    query: str

    @property
    def file(self) -> str:
        name = self.path or "index"
        return f"{name}-{sha256(self.query.encode()).hexdigest()[:12]}.html" if self.query else f"{name}.html"


class Plan:
    """The pages that are to be written, in the order in which links to them were found."""

    def __init__(self, *, max_jobs: int = MAX_JOBS, max_others: int = MAX_OTHERS) -> None:
        self._room = {True: max_jobs, False: max_others}
        self._queries: dict[Target, Query] = {}
        self._next: deque[Target] = deque()
        self.left_out: set[Target] = set()

    def file_of(self, path: str, query: Query) -> str:
        """The file of a page, which is planned now if it is not yet; or of the page about what is left out."""
        target = Target(path, query_text(query))
        if target in self._queries:
            return target.file
        is_job = path.startswith("jobs/")
        if path == LEFT_OUT:
            return f"{LEFT_OUT}.html"
        if not self._room[is_job]:
            self.left_out.add(target)
            return f"{LEFT_OUT}.html"
        self._room[is_job] -= 1
        self._queries[target] = query
        self._next.append(target)
        return target.file

    def __iter__(self) -> Iterator[tuple[Target, Query]]:
        while self._next:
            target = self._next.popleft()
            yield target, self._queries[target]


class ExportedLinks(NamedTuple):
    """Links between files. depth: how many folders deep the file is."""

    plan: Plan
    depth: int = 0

    def page(self, path: str, query: Query | None = None) -> str:
        return "../" * self.depth + self.plan.file_of(path, query or {})

    def job(self, job_id: str) -> str:
        return self.page(f"jobs/{job_id}")

    def static(self, name: str) -> str:
        return f"{'../' * self.depth}static/{name}"


class Exported(NamedTuple):
    """files: how many pages were written. left_out: to how many more there are links."""

    files: int
    left_out: int


def export(site: Site, folder: Path, plan: Plan) -> Exported:
    """Write the pages into a new or empty folder. Raises CannotAskError if it has files."""
    _make_empty(folder)
    pages = Pages(site)
    for page in PAGES:
        if page.label:
            plan.file_of(page.path, {})
    files = 0
    for target, query in plan:
        _write(
            pages,
            folder,
            Visit(site, ExportedLinks(plan, target.path.count("/")), site.now, query=query),
            target,
        )
        files += 1
    visit = Visit(site, ExportedLinks(plan), site.now)
    about = Page(LEFT_OUT, LEFT_OUT, lambda _: _left_out(plan))
    text, _ = pages.html(about, visit, LEFT_OUT, is_export=True)
    (folder / f"{LEFT_OUT}.html").write_text(text, encoding="utf-8")
    return Exported(files, len(plan.left_out))


def _make_empty(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise CannotAskError(f"{folder} is not empty; name a new folder")
    (folder / "static").mkdir()
    for name in FILES:
        shutil.copyfile(STATIC / name, folder / "static" / name)


def _write(pages: Pages, folder: Path, visit: Visit, target: Target) -> None:
    page, names = page_at(target.path)
    text, _ = pages.html(page, visit._replace(names=names), target.path, is_export=True)
    file = folder / target.file
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, encoding="utf-8")


def page_at(path: str) -> tuple[Page, dict[str, str]]:
    """The page with this path, and the variable part of it."""
    for page in PAGES:
        start, bracket, name = page.path.partition("{")
        if page.path == path or (bracket and path.startswith(start)):
            return page, {name.rstrip("}"): path.removeprefix(start)} if bracket else {}
    raise ValueError(f"no page has the path {path!r}")


def _left_out(plan: Plan) -> View:
    jobs = sum(target.path.startswith("jobs/") for target in plan.left_out)
    values = {
        "jobs": jobs,
        "others": len(plan.left_out) - jobs,
        "max_jobs": MAX_JOBS,
        "max_others": MAX_OTHERS,
    }
    return View("left-out.html", "What this copy leaves out", values)
