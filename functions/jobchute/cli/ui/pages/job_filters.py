"""The filters of the list of jobs: from the address to what is asked, and to the form."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple, TypeVar

from jobchute.cli.facts.job_list import LATEST, SORTS, Ask, Cursor
from jobchute.cli.job_filters import Wanted
from jobchute.cli.list_options import source_of
from jobchute.cli.since import moment_of
from jobchute.cli.ui.site import Visit
from jobchute.job import Api, State, iso
from jobchute.outcomes import Cause

AGES = {"1h": "1 hour", "6h": "6 hours", "24h": "24 hours", "7d": "7 days", "30d": "30 days"}
FILTERS = ("state", "cause", "api", "label", "source", "since", "text", "sort")
"""The parameters of the address that choose jobs; others say which page of them is shown."""
MAX_TEXT = 256
E = TypeVar("E", bound=StrEnum)


class Asked(NamedTuple):
    """problems: what the address says and the page cannot do, for people."""

    ask: Ask
    problems: tuple[str, ...]


class AddressReader:
    """Reads the parameters of one visit, and collects what is wrong with them."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self.problems: list[str] = []

    def members(self, name: str, kind: type[E]) -> frozenset[E]:
        known = {str(member).casefold(): member for member in kind}
        given = self._visit.values(name)
        unknown = [value for value in given if value.casefold() not in known]
        self.problems += [f"There is no {name} {value}." for value in unknown]
        return frozenset(known[value.casefold()] for value in given if value.casefold() in known)

    def since(self) -> str | None:
        text = self._visit.first("since")
        if text is None:
            return None
        try:
            return iso(moment_of(text, self._visit.now))
        except (ValueError, OverflowError):
            self.problems.append(f"{text} is no time; write 2h, 1d or 2026-11-27T04:00:00Z.")
            return None

    def label(self) -> tuple[str, str] | None:
        text = self._visit.first("label")
        if text is None:
            return None
        name, separator, value = text.partition("=")
        if separator and name:
            return name, value
        self.problems.append(f"Write a label as NAME=VALUE, not {text}.")
        return None

    def source(self) -> tuple[str | None, str | None]:
        import typer

        try:
            return source_of(self._visit.first("source"), self._visit.deployment.bucket)
        except typer.BadParameter as error:
            self.problems.append(f"The source cannot be read: {error}.")
            return None, None

    def sort(self) -> str:
        text = self._visit.first("sort") or LATEST
        if text == LATEST or text.removeprefix("-") in SORTS:
            return text
        self.problems.append(f"Jobs cannot be sorted by {text}.")
        return LATEST

    def cursor(self) -> Cursor:
        until = self._visit.first("until")
        if until is not None and not _is_time(until):
            self.problems.append(f"{until} is no time.")
            until = None
        return Cursor(until, self._number("skip") if until else 0, self._number("offset"))

    def _number(self, name: str) -> int:
        text = self._visit.first(name) or "0"
        return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0


def asked_by(visit: Visit) -> Asked:
    """What the address asks for."""
    address = AddressReader(visit)
    source, version = address.source()
    wanted = Wanted(
        states=address.members("state", State),
        causes=address.members("cause", Cause),
        apis=address.members("api", Api),
        label=address.label(),
        source=source,
        version=version,
        since=address.since(),
    )
    text = (visit.first("text") or "").strip()[:MAX_TEXT]
    ask = Ask(wanted, text, address.sort(), address.cursor())
    return Asked(ask, tuple(address.problems))


def filters_of(visit: Visit) -> dict[str, Sequence[str]]:
    """The parameters of the address that choose jobs."""
    return {name: visit.values(name) for name in FILTERS if visit.values(name)}


def form_of(visit: Visit) -> Mapping[str, Any]:
    """What the form shows as chosen, and what it offers."""
    since = visit.first("since") or ""
    ages = AGES if since in AGES or not since else {**AGES, since: f"since {since}"}
    return {
        "states": [
            (str(state), str(state) in {each.upper() for each in visit.values("state")}) for state in State
        ],
        "causes": [(str(cause), str(cause) in visit.values("cause")) for cause in Cause],
        "apis": [(str(api), str(api) in visit.values("api")) for api in Api],
        "ages": [(key, name, key == since) for key, name in ages.items()],
        "label": visit.first("label") or "",
        "source": visit.first("source") or "",
        "text": visit.first("text") or "",
        "sort": visit.first("sort") or "",
    }


def _is_time(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return text.isascii()
