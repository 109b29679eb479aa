"""What holds for every page, at every width, in light and dark."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.e2e.page.addresses import ADDRESSES, EVERY, HOSTILE_ADDRESSES, NAMES
from tests.e2e.page.conftest import Looking
from tests.page.look import HEIGHT, WIDTHS, Look

pytestmark = pytest.mark.sampled

ALL = EVERY | HOSTILE_ADDRESSES
LOOKED_AT = EVERY | {kind: HOSTILE_ADDRESSES[kind] for kind in ("job-markup", "job-long")}
MAX_VISITS = 30
READ = re.compile(r"Read [\d-]+ [\d:]+ UTC · (\d+) AWS calls?, \d+ ms")
CHANGING = re.compile(r"\b(within|in)( \d+[smhd])+( to( \d+[smhd])+)?|\d+[smhd]\b")
"""What differs between two visits: ages, and expected starts."""


def troubles_of(looked: Look) -> list[str]:
    """Everything that is wrong with a page as it is seen."""
    hacked = ["a hostile text ran as a script"] if looked.is_hacked() else []
    return [*looked.troubles, *hacked, *looked.too_wide(), *looked.unreadable()]


def test_every_page_is_looked_at() -> None:
    assert NAMES - ADDRESSES.keys() == set()


@pytest.mark.parametrize("path", ALL.values(), ids=ALL)
def test_nothing_is_cut_squeezed_or_run(path: str, page_of_many: str, looking: Looking) -> None:
    looked = looking(page_of_many + path)
    found = {}
    for width in WIDTHS:
        looked.page.set_viewport_size({"width": width, "height": HEIGHT})
        found[width] = troubles_of(looked)
    assert found == {width: [] for width in WIDTHS}
    assert READ.search(looked.text("body"))


@pytest.mark.parametrize("path", LOOKED_AT.values(), ids=LOOKED_AT)
def test_axe_finds_nothing_serious(path: str, page_of_many: str, looking: Looking) -> None:
    """In dark only colours differ, and at little width what is shown."""
    looked = looking(page_of_many + path, width=WIDTHS[-1])
    found = {"wide": looked.findings()}
    looked.page.set_viewport_size({"width": WIDTHS[0], "height": HEIGHT})
    found["narrow"] = looked.findings()
    looked.page.emulate_media(color_scheme="dark")
    found["dark"] = looked.findings("color-contrast")
    assert found == {"wide": [], "narrow": [], "dark": []}


@pytest.mark.parametrize("path", LOOKED_AT.values(), ids=LOOKED_AT)
def test_without_scripts_a_page_shows_the_same_facts(path: str, page_of_many: str, looking: Looking) -> None:
    """In whichever order: jobs whose start is expected later meanwhile change places."""
    texts = [CHANGING.sub("", looking(page_of_many + path, scripts=each).text()) for each in (True, False)]
    with_scripts, without = (sorted(text.split()) for text in texts)
    assert with_scripts == without
    assert len(without) > 5


@pytest.mark.parametrize("path", EVERY.values(), ids=EVERY)
def test_everything_can_be_reached_by_keyboard(path: str, page_of_many: str, looking: Looking) -> None:
    """The first stop skips the navigation, each stop is outlined, and no link is left out."""
    page = looking(page_of_many + path).page
    wanted = page.eval_on_selector_all(
        "a[href], button, input, select, summary", "all => all.filter(each => each.checkVisibility()).length"
    )
    stops = []
    for _ in range(wanted):
        page.keyboard.press("Tab")
        stops.append(page.evaluate("() => document.activeElement.outerHTML"))
        outline = "() => getComputedStyle(document.activeElement).outlineStyle"
        assert page.evaluate(outline) != "none", stops[-1]
    assert 'href="#main"' in stops[0]
    assert len(stops) == wanted
    assert not stops[-1].startswith("<body")


def test_the_pages_of_the_site_are_all_linked(page_of_many: str, looking: Looking) -> None:
    """From the overview on, each link within the site leads somewhere; the shortest addresses first."""
    seen, ahead = set[str](), {page_of_many}
    page = looking(page_of_many, scripts=False).page
    while ahead and len(seen) < MAX_VISITS:
        address = min(ahead, key=lambda each: (len(each), each))
        seen.add(address)
        answer = page.goto(address)
        assert answer is not None
        assert answer.ok, address
        links = page.eval_on_selector_all("a[href]", "all => all.map(each => each.href)")
        ahead |= {link.partition("#")[0] for link in links if link.startswith(page_of_many)}
        ahead -= seen
    paths = {address.removeprefix(page_of_many).partition("?")[0].split("/")[0] for address in seen | ahead}
    assert {path or "overview" for path in paths} == NAMES - {"job"}


def test_the_address_of_a_page_needs_its_token(page_of_many: str, browser: Browser) -> None:
    page = browser.new_page()
    try:
        answer = page.goto(page_of_many.rstrip("/").rpartition("/")[0] + "/pools")
        assert answer is not None
        assert answer.status == 404
        assert "token" in page.inner_text("body")
    finally:
        page.close()


def test_pictures_of_failed_tests_are_not_committed() -> None:
    ignored = (Path(__file__).parents[3] / ".gitignore").read_text().splitlines()
    assert "/build/" in ignored
