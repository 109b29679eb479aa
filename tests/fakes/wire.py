"""The border between the code under test and everything else: each call crosses it once, and may break there."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple, Protocol, TypeVar

from botocore.exceptions import ClientError, ReadTimeoutError

T = TypeVar("T")


class Fault(StrEnum):
    """What can become of one call."""

    CRASH_BEFORE = "crash-before"
    CRASH_AFTER = "crash-after"
    LOST = "answer-lost"
    REFUSED = "refused"
    REPEATED = "repeated"
    LATE = "late"

    @property
    def is_crash(self) -> bool:
        return self in (Fault.CRASH_BEFORE, Fault.CRASH_AFTER)


class Crash(BaseException):  # noqa: N818 - no error of the code: its process is gone
    """The process dies here. No `except Exception` sees it."""


class Boundary(NamedTuple):
    """One call: its place in the run, its name (`service:Operation`), and whether it creates a provider job."""

    index: int
    name: str
    creates: bool = False


class Io(Protocol):
    """How a fake lets a call happen: `effect` does the work and gives the answer."""

    def __call__(self, operation: str, effect: Callable[[], T]) -> T: ...


def undisturbed(operation: str, effect: Callable[[], T]) -> T:
    """An Io without faults."""
    return effect()


def never(boundary: Boundary) -> Fault | None:
    return None


@dataclass
class Wire:
    """decide: the fault of a call. pause: others may run here, before a call takes effect.

    land: makes a late call take effect later. names: the calls so far, for reports and for counting boundaries.
    """

    decide: Callable[[Boundary], Fault | None] = never
    pause: Callable[[Boundary], None] = lambda boundary: None
    land: Callable[[Callable[[], object]], None] = lambda effect: None
    names: list[str] = field(default_factory=list)
    hit: list[str] = field(default_factory=list)

    def call(
        self,
        name: str,
        effect: Callable[[], T],
        *,
        refuse: Callable[[int], T],
        lose: Callable[[], T],
        creates: bool = False,
        repeats: bool = True,
    ) -> T:
        """Let one call happen, or not. repeats: whether the client sends it again by itself."""
        boundary = Boundary(len(self.names), name, creates)
        self.names.append(name)
        self.pause(boundary)
        fault = self.decide(boundary)
        if fault is None:
            return effect()
        self.hit.append(f"{boundary.index}:{fault}@{name}")
        match fault:
            case Fault.CRASH_BEFORE:
                raise Crash(name)
            case Fault.REFUSED:
                return refuse(boundary.index)
            case Fault.LATE:
                if creates:
                    self.land(effect)
                return lose()
            case Fault.REPEATED if repeats:
                _outcome(effect)
                return effect()
        _outcome(effect)
        if fault is Fault.CRASH_AFTER:
            raise Crash(name)
        return lose()

    def aws(self, service: str, *creates: str) -> Io:
        """The Io of an AWS service; creates: its operations that create a provider's job."""

        def io(operation: str, effect: Callable[[], T]) -> T:
            return self.call(
                f"{service}:{operation}",
                effect,
                refuse=lambda index: _refuse(service, operation, index),
                lose=lambda: _lose(service),
                creates=operation in creates,
            )

        return io


def _outcome(effect: Callable[[], object]) -> None:
    """Do it; nobody hears what came of it."""
    try:
        effect()
    except Exception:  # noqa: BLE001, S110
        pass


THROTTLES = {"dynamodb": "ProvisionedThroughputExceededException", "s3": "SlowDown"}


def _refuse(service: str, operation: str, index: int) -> Any:
    if index % 3:
        raise client_error(operation, THROTTLES.get(service, "ThrottlingException"), "Rate exceeded", 400)
    raise client_error(operation, "InternalServerError", "try again", 500)


def _lose(service: str) -> Any:
    raise ReadTimeoutError(endpoint_url=f"https://{service}.invalid", error="lost")


def client_error(operation: str, code: str, message: str, status: int = 400, **more: Any) -> ClientError:
    """A ClientError as botocore makes it."""
    response = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status},
        **more,
    }
    return ClientError(response, operation)  # type: ignore[arg-type]
