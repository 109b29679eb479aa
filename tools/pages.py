"""The generated parts of the documentation, each between two comments that name its command."""

from pathlib import Path
from typing import NamedTuple

DOCS = Path(__file__).resolve().parent.parent / "docs"


class Section(NamedTuple):
    """A generated part of a page. name: what it holds. target: of the Makefile, which writes it."""

    page: Path
    name: str
    target: str

    @property
    def begin(self) -> str:
        return f"<!-- {self.name}: written by `make {self.target}` -->"

    @property
    def end(self) -> str:
        return f"<!-- /{self.name} -->"

    def read(self) -> str:
        """What the page says now. Raises ValueError for a page without the comments."""
        return self._parts()[1].strip()

    def write(self, text: str) -> None:
        """Replace it. Raises ValueError for a page without the comments."""
        before, _, after = self._parts()
        self.page.write_text(f"{before}{self.begin}\n{text}\n{self.end}{after}")

    def _parts(self) -> tuple[str, str, str]:
        before, begin, rest = self.page.read_text().partition(self.begin)
        inner, end, after = rest.partition(self.end)
        if not begin or not end:
            raise ValueError(f"{self.page.name} has no section {self.begin} … {self.end}")
        return before, inner, after
