"""The application: a route for each page, the style sheet and the scripts."""

import time
from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from jobchute.cli.error_messages import tool_error
from jobchute.cli.errors import AnswerIsNoError, ToolError
from jobchute.cli.ui.links import ServedLinks
from jobchute.cli.ui.rendering import Frame, Reading, rendered
from jobchute.cli.ui.routes import PAGES
from jobchute.cli.ui.security import Guard
from jobchute.cli.ui.site import Page, Site, View, Visit
from jobchute.runtime import use

STATIC = Path(__file__).with_name("static")


class Pages:
    """Shows pages one at a time, so that the calls of each can be counted."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self._lock = Lock()

    def html(self, page: Page, visit: Visit, path: str, *, is_export: bool = False) -> tuple[str, int]:
        """The page and the status of its answer. An error that a user can do something about is a page, too."""
        with self._lock, use(self.site.parts):
            before, begun = self.site.clients.calls, time.monotonic()
            view = _view_of(page, visit)
            milliseconds = round(1000 * (time.monotonic() - begun))
            reading = Reading(visit.now, self.site.clients.calls - before, milliseconds)
        frame = Frame(self.site, visit.links, path, visit.query, reading, PAGES, is_export)
        return rendered(view, frame), view.status


class Endpoint(NamedTuple):
    """One page at its address."""

    pages: Pages
    page: Page

    def __call__(self, request: Request) -> Response:
        site = self.pages.site
        names: Mapping[str, str] = request.path_params
        query = {name: request.query_params.getlist(name) for name in request.query_params}
        visit = Visit(site, ServedLinks(self.page.depth), site.now, names, query)
        text, status = self.pages.html(self.page, visit, self.page.path_of(names))
        return HTMLResponse(text, status_code=status)


def application(site: Site, *, token: str, hosts: frozenset[str]) -> ASGIApp:
    """The whole application. hosts: the Host headers that it answers to."""
    pages = Pages(site)
    routes = [Route(f"/{page.path}", Endpoint(pages, page).__call__, methods=["GET"]) for page in PAGES]
    files = Mount("/static", StaticFiles(directory=STATIC))
    guarded = Starlette(routes=[Mount(f"/{token}", routes=[*routes, files])])
    return Guard(guarded, hosts=hosts, token=token)


def _view_of(page: Page, visit: Visit) -> View:
    try:
        return page.show(visit)
    except ToolError as error:
        return _error_view(error)
    except Exception as error:
        explained = tool_error(error)
        if explained is None:
            raise
        return _error_view(explained)


def _error_view(error: ToolError) -> View:
    is_answer = isinstance(error, AnswerIsNoError)
    title = "Not found" if is_answer else "Cannot read the deployment"
    return View("error.html", title, {"message": str(error)}, status=404 if is_answer else 503)
