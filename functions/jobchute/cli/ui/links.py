"""Addresses of pages, relative to the page that has the link: they hold no token, host or port."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol
from urllib.parse import quote, urlencode

Query = Mapping[str, Sequence[str]]
"""The parameters of an address, each with its values."""


class Links(Protocol):
    """Addresses as a page of a server or of an export needs them."""

    def page(self, path: str, query: Query | None = None) -> str:
        """A page by its path below the token: ``, `jobs`, `jobs/jc-…`."""

    def job(self, job_id: str) -> str:
        """The page of a job."""

    def static(self, name: str) -> str:
        """A style sheet, script or picture of the page itself."""


class ServedLinks(NamedTuple):
    """Links of a served page. depth: how many folders deep the page is."""

    depth: int = 0

    def page(self, path: str, query: Query | None = None) -> str:
        """A page by its path below the token: ``, `jobs`, `jobs/jc-…`."""
        return self._up + (quote(path) or self._here) + query_text(query or {})

    def job(self, job_id: str) -> str:
        return self.page(f"jobs/{job_id}")

    def static(self, name: str) -> str:
        return f"{self._up}static/{quote(name)}"

    @property
    def _up(self) -> str:
        return "../" * self.depth

    @property
    def _here(self) -> str:
        return "" if self.depth else "./"


def query_text(query: Query) -> str:
    """`?name=value&…` of those that have values."""
    given = {name: [value for value in values if value] for name, values in query.items()}
    text = urlencode({name: values for name, values in given.items() if values}, doseq=True)
    return f"?{text}" if text else ""
