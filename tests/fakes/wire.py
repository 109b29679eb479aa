"""The border between the code under test and the rest: each call crosses it once, and may break there."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple, NoReturn, Protocol, TypeVar

from botocore.exceptions import ClientError, ReadTimeoutError

T = TypeVar("T")


class Fault(StrEnum):
    """What can become of one call.

    REPEATED: the client sent it twice, and tells of the second. LATE: it takes effect after the caller gave up.
    """

    CRASH_BEFORE = "crash-before"
    CRASH_AFTER = "crash-after"
    LOST = "answer-lost"
    REFUSED = "refused"
    REPEATED = "repeated"
    LATE = "late"


class Crash(BaseException):
    """The process dies here. No `except Exception` sees it."""


class Boundary(NamedTuple):
    """One call: its place in the run, its name (`service:operation`), and whether it creates a provider job."""

    place: int
    name: str
    creates: bool = False


class Io(Protocol):
    """How a fake lets a call happen: `effect` does the work and gives the answer."""

    def __call__(self, operation: str, effect: Callable[[], T]) -> T: ...


def undisturbed(operation: str, effect: Callable[[], T]) -> T:
    """An Io without faults."""
    return effect()


def no_fault(boundary: Boundary) -> Fault | None:
    return None


def ignore(_: object) -> None:
    return None


@dataclass(slots=True)
class Wire:
    """decide: the fault of a call. pause: others may run here, before a call takes effect.

    land: makes a late call take effect later. names: the calls so far. hit: the faults so far, for reports.
    """

    decide: Callable[[Boundary], Fault | None] = no_fault
    pause: Callable[[Boundary], None] = ignore
    land: Callable[[Callable[[], object]], None] = ignore
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
        """Let one call happen, or not. repeats: whether its client sends it again by itself."""
        boundary = Boundary(len(self.names), name, creates)
        self.names.append(name)
        self.pause(boundary)
        fault = self.decide(boundary)
        if fault is None:
            return effect()
        self.hit.append(f"{boundary.place}:{fault}@{name}")
        match fault:
            case Fault.CRASH_BEFORE:
                raise Crash(name)
            case Fault.REFUSED:
                return refuse(boundary.place)
            case Fault.REPEATED if repeats:
                with contextlib.suppress(Exception):
                    effect()
                return effect()
            case Fault.LATE if creates:
                self.land(effect)
            case _:
                with contextlib.suppress(Exception):
                    effect()
        if fault is Fault.CRASH_AFTER:
            raise Crash(name)
        return lose()

    def aws(self, service: str, *, repeats: bool = True) -> Io:
        """The Io of an AWS service. repeats: whether its client tries again by itself."""

        def io(operation: str, effect: Callable[[], T]) -> T:
            return self.call(
                f"{service}:{operation}",
                effect,
                refuse=lambda place: _refuse(service, operation, place),
                lose=lambda: _lose(service),
                creates=operation.startswith("create"),
                repeats=repeats,
            )

        return io


THROTTLES = {"dynamodb": "ProvisionedThroughputExceededException", "s3": "SlowDown"}


def _refuse(service: str, operation: str, place: int) -> NoReturn:
    """Throttled mostly; every third time a server error, of which nobody knows what it did (nothing)."""
    if place % 3:
        raise client_error(operation, THROTTLES.get(service, "ThrottlingException"), "Rate exceeded", 400)
    raise client_error(operation, "InternalServerError", "try again", 500)


def _lose(service: str) -> NoReturn:
    raise ReadTimeoutError(endpoint_url=f"https://{service}.invalid", error="lost")


def client_error(operation: str, code: str, message: str, status: int = 400) -> ClientError:
    """A ClientError as botocore makes it."""
    response: dict[str, Any] = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(response, operation)  # type: ignore[arg-type]
