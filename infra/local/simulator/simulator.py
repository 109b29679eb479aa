"""The simulator as one object: composes the services and serves them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .aws import Aws
from .clock import Clock
from .control import PREFIX, Control
from .events import Publisher, Send
from .messages import Request, Response
from .permissions import Allows
from .server import HttpServer
from .services import HTTP_SERVICES
from .settings import Settings
from .storage import Storage
from .world import World


class Simulator:
    """All providers' jobs. `send_events` takes entries of PutEvents and returns those not taken; None: no
    events. `write_logs` does the same with lines of logs. `storage` is where jobs read and write; None:
    nowhere.

    `allows` is asked whether a caller may do what it asks AWS for; None: everybody may.
    `clock` stands still or runs as it likes; `advance` moves it.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        send_events: Send | None = None,
        write_logs: Send | None = None,
        storage: Storage | None = None,
        clock: Clock | None = None,
        allows: Allows | None = None,
    ) -> None:
        self._publisher = Publisher(send_events)
        self._log_writer = Publisher(write_logs)
        self._world = World(
            settings or Settings(),
            clock=clock or Clock(),
            publisher=self._publisher,
            log_writer=self._log_writer,
            storage=storage,
        )
        self._control = Control(self._world, self._publisher)
        self._http = {path: make(self._world) for path, make in HTTP_SERVICES.items()}
        self._aws = Aws(self._world, allows)

    @contextmanager
    def serve(self, port: int = 0) -> Iterator[str]:
        """Serve on 127.0.0.1 and give the URL; 0 takes a free port. At the end, events that wait are sent
        first.
        """
        self._publisher.start()
        self._log_writer.start()
        self._world.timeline.start()
        server = HttpServer(port, self.answer)
        server.start()
        try:
            yield server.url
        finally:
            server.stop()
            self._world.timeline.stop()
            self._publisher.stop()
            self._log_writer.stop()

    def answer(self, request: Request) -> Response:
        """What the server gives back; also usable without one."""
        if request.path.startswith(PREFIX):
            return self._control.answer(request)
        for path, service in self._http.items():
            if request.path.startswith(path):
                return service.answer(request)
        return self._aws.answer(request)

    def advance(self, seconds: float) -> None:
        """Move the clock; every state change up to the new time has happened before return."""
        self._world.advance(seconds)

    def jobs(self) -> list[dict[str, Any]]:
        """The jobs as GET /_simulator/jobs shows them."""
        with self._world.jobs.lock:
            return [job.as_json() for job in self._world.jobs]
