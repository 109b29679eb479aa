"""Every relative link of a page leads to a file that is there, and to a heading of it."""

import re
from functools import cache
from pathlib import Path

import pytest

from tests.paths import ROOT
from tests.unit.documentation.blocks import ALL_PAGES

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
FENCED = re.compile(r"^ *```.*?^ *```$", re.DOTALL | re.MULTILINE)
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


@cache
def anchors(path: Path) -> frozenset[str]:
    """As GitHub makes them of headings: in lower case, without punctuation, with hyphens for spaces."""
    headings = HEADING.findall(FENCED.sub("", path.read_text()))
    return frozenset(re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings)


def links_of(path: Path) -> list[str]:
    links = LINK.findall(FENCED.sub("", path.read_text()))
    return [link for link in links if not link.startswith(("http:", "https:", "mailto:"))]


def problem_with(page: Path, link: str) -> str | None:
    name, _, anchor = link.partition("#")
    target = (page.parent / name).resolve() if name else page
    if not target.exists():
        return f"{link}: there is no such file"
    if anchor and anchor not in anchors(target):
        return f"{link}: there is no such heading"
    return None


@pytest.mark.parametrize("page", ALL_PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    assert [problem for link in links_of(page) if (problem := problem_with(page, link))] == []


@pytest.mark.parametrize(
    "page",
    [each for each in ALL_PAGES if each.parent == ROOT / "docs"],
    ids=lambda page: str(page.relative_to(ROOT)),
)
def test_every_page_is_in_the_index(page: Path) -> None:
    assert page.name == "index.md" or page.name in links_of(ROOT / "docs" / "index.md")


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= 150


@pytest.mark.parametrize("link", ["docs/none.md", "docs/index.md#none", "#none"])
def test_a_link_that_is_wrong_is_found(link: str) -> None:
    assert problem_with(ROOT / "README.md", link) is not None
