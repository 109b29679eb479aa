"""The browser of the page's tests finds what they ask for."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.page.look import look
from tools import chromium

HEAD = "<!doctype html><html lang=en><title>A page</title><style>:root{color-scheme:light dark}</style>"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = chromium.launched(playwright)
        yield browser
        browser.close()


def test_a_good_page_has_no_findings(browser: Browser) -> None:
    with look(browser) as looked:
        looked.page.set_content(f"{HEAD}<main><h1>Jobs</h1><p>Two   of them</main>")
        assert looked.findings() == []
        assert looked.too_wide() == []
        assert looked.troubles == []
        assert not looked.is_hacked()
        assert looked.text() == "Jobs Two of them"


def test_pale_text_and_a_picture_without_text_are_found(browser: Browser) -> None:
    with look(browser) as looked:
        looked.page.set_content(
            f"{HEAD}<main><h1>Jobs</h1><p style='color:#ccc'>pale</p><img src='data:,'></main>"
        )
        assert {each.partition(":")[0] for each in looked.findings()} == {"color-contrast", "image-alt"}


def test_what_reaches_over_the_edge_is_named(browser: Browser) -> None:
    with look(browser, width=400) as looked:
        looked.page.set_content(f"{HEAD}<main><h1>Jobs</h1><div style='width:900px'>wide</div></main>")
        assert any("wide" in each for each in looked.too_wide())


def test_errors_of_scripts_and_dialogs_are_noted(browser: Browser) -> None:
    with look(browser) as looked:
        looked.page.set_content(f"{HEAD}<script>window.hacked = 1; alert('hello'); missing()</script>")
        looked.page.wait_for_function("() => window.hacked")
        assert looked.is_hacked()
        assert [each.partition(":")[0] for each in looked.troubles] == ["dialog", "script"]


def test_a_page_is_shown_in_dark_and_without_scripts(browser: Browser) -> None:
    dark = f"{HEAD}<style>@media (prefers-color-scheme: dark) {{p {{display: none}}}}</style>"
    with look(browser, scheme="dark", scripts=False) as looked:
        looked.page.set_content(
            f"{dark}<main><h1>Jobs</h1><p>light</p><script>window.hacked = 1</script></main>"
        )
        assert looked.text() == "Jobs"
        assert not looked.is_hacked()


def test_text_has_fonts_of_its_own(browser: Browser, tmp_path: Path) -> None:
    """Letters of one width, and signs that many systems lack, are not drawn as empty boxes of one size."""
    with look(browser) as looked:
        looked.page.set_content(
            f"{HEAD}<main><code>iiii</code><br><code>WWWW</code><br><b>iiii</b><br><b>WWWW</b></main>"
        )
        widths = looked.page.eval_on_selector_all("code, b", "all => all.map(each => each.offsetWidth)")
        assert widths[0] == widths[1]
        assert widths[2] < widths[3]
        looked.picture(tmp_path / "page.png")
    assert (tmp_path / "page.png").stat().st_size > 1000


def test_a_missing_browser_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="run make install"):
        chromium.executable({"CHROMIUM": str(tmp_path / "none")})
