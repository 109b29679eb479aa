"""The simulator's own endpoints, for tests and for people.

GET  /_simulator/health            {"status": "ok", "jobs", "inFlight", "eventsSent", "eventsLost"}
GET  /_simulator/jobs?api=&name=   {"jobs": [...]}: every job with its tags, native status and history
GET  /_simulator/calls             {"calls": {operation: count}, "errors": {"operation code": count}}
GET  /_simulator/settings          the settings in force
POST /_simulator/settings          {"run_seconds": 0.2, ...}: change some of them
POST /_simulator/advance           {"seconds": 3600}: move the clock; what is due has happened before the
answer POST /_simulator/reset             forget jobs, counters and changed settings
"""

from collections.abc import Callable, Mapping
from typing import Any

from .errors import SettingsError
from .events import Publisher
from .messages import Request, Response, json_response
from .world import World

PREFIX = "/_simulator/"


class Control:
    """Answers what begins with `/_simulator/`; 400 with an `error` for a request that is wrong."""

    def __init__(self, world: World, publisher: Publisher) -> None:
        self._world = world
        self._publisher = publisher
        self._routes: Mapping[tuple[str, str], Callable[[Request], Any]] = {
            ("GET", "health"): self._health,
            ("GET", "jobs"): self._jobs,
            ("GET", "calls"): lambda _: world.calls.as_json(),
            ("GET", "settings"): lambda _: world.settings.as_json(),
            ("POST", "settings"): self._change_settings,
            ("POST", "advance"): self._advance,
            ("POST", "reset"): self._reset,
        }

    def answer(self, request: Request) -> Response:
        perform = self._routes.get((request.method, request.path.removeprefix(PREFIX)))
        if perform is None:
            return json_response(404, {"error": f"no {request.method} {request.path}"})
        try:
            return json_response(200, perform(request))
        except (SettingsError, ValueError) as problem:
            return json_response(400, {"error": str(problem)})

    def _health(self, _: Request) -> dict[str, Any]:
        jobs = list(self._world.jobs)
        return {
            "status": "ok",
            "jobs": len(jobs),
            "inFlight": sum(not job.is_final for job in jobs),
            "eventsSent": self._publisher.sent,
            "eventsLost": self._publisher.lost,
        }

    def _jobs(self, request: Request) -> dict[str, Any]:
        wanted = {name: values[-1] for name, values in request.parameters().items()}
        with self._world.jobs.lock:
            shown = [job.as_json() for job in self._world.jobs]
        return {"jobs": [job for job in shown if all(job.get(name) == value for name, value in wanted.items())]}

    def _change_settings(self, request: Request) -> dict[str, Any]:
        with self._world.jobs.lock:
            self._world.settings = self._world.settings.changed(_object(request))
        return self._world.settings.as_json()

    def _advance(self, request: Request) -> dict[str, Any]:
        seconds = _object(request).get("seconds")
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or seconds < 0:
            raise SettingsError("seconds takes a number from 0 up")
        self._world.advance(seconds)
        return {"now": self._world.clock.now()}

    def _reset(self, _: Request) -> dict[str, Any]:
        self._world.reset()
        return {}


def _object(request: Request) -> dict[str, Any]:
    content = request.json()
    if not isinstance(content, dict):
        raise SettingsError("the body must be a JSON object")
    return content
