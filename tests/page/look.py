"""One look at a page: at a width, in light or dark, with scripts or without."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Browser, ConsoleMessage, Dialog, Error, FloatRect, Page

from tests.page.axe import serious_findings
from tests.paths import ROOT

PICTURES = ROOT / "build" / "pictures"
"""Pictures of pages of failed tests, which git ignores."""
WIDTHS = (400, 721, 900, 1600)
HEIGHT = 900
PATIENCE_MILLISECONDS = 20_000
MAX_PICTURE_HEIGHT = 8_000

Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")

WIDE = """() => [...document.querySelectorAll("body *")]
    .filter(each => each.getBoundingClientRect().right > window.innerWidth + 1
        && getComputedStyle(each).visibility !== "hidden"
        && !each.closest("[data-scrolls]"))
    .map(each => each.outerHTML.slice(0, 120))"""
"""Elements that reach over the right edge; what scrolls by itself says so with `data-scrolls`."""
SQUEEZED = """() => [...document.querySelectorAll("main *")]
    .filter(each => each.checkVisibility() && each.textContent.trim().length > 12)
    .filter(each => !each.closest("svg, .unseen"))
    .filter(each => getComputedStyle(each.closest("thead") || each).clipPath === "none")
    .filter(each => { const box = each.getBoundingClientRect(); return box.width > 2 && box.width < 30; })
    .map(each => each.outerHTML.slice(0, 120))"""
"""Elements whose text has less than three letters a line."""
COLLIDING = """() => [...document.querySelectorAll("svg")].flatMap(plot => {
    const texts = [...plot.querySelectorAll("text")].filter(each => each.textContent.trim());
    const boxes = texts.map(each => each.getBoundingClientRect());
    return texts.flatMap((text, one) => texts.slice(one + 1).filter((_, next) => {
        const a = boxes[one], b = boxes[one + 1 + next];
        return Math.min(a.right, b.right) - Math.max(a.left, b.left) > 2
            && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 3;
    }).map(other => `${text.textContent} | ${other.textContent}`));
})"""
"""Texts of one plot that lie on each other."""


@dataclass
class Look:
    """page: Playwright's. troubles: what went wrong on it: errors of scripts and of its policy, requests that
    failed, dialogs.
    """

    page: Page
    troubles: list[str] = field(default_factory=list)

    def open(self, url: str) -> "Look":
        """Raises AssertionError unless the answer is 200."""
        answer = self.page.goto(url)
        assert answer is None or answer.ok, f"{url}: {answer.status} {self.text('body')[:500]}"
        return self

    def text(self, selector: str = "main") -> str:
        """As a reader sees it, with runs of white space as one space."""
        return " ".join(self.page.inner_text(selector).split())

    def is_hacked(self) -> bool:
        """Whether a hostile text ran as a script (tests.seeded_ledger.HOSTILE)."""
        return self.page.evaluate("() => window.hacked") is not None

    def too_wide(self) -> list[str]:
        """What makes the page scroll sideways; empty if it does not."""
        is_too_wide = self.page.evaluate("() => document.documentElement.scrollWidth > window.innerWidth")
        found: list[str] = self.page.evaluate(WIDE) if is_too_wide else []
        return found or (["the page scrolls sideways"] if is_too_wide else [])

    def unreadable(self) -> list[str]:
        """Texts that have no room: squeezed into a narrow column, or on top of each other in a plot."""
        squeezed: list[str] = self.page.evaluate(SQUEEZED)
        colliding: list[str] = self.page.evaluate(COLLIDING)
        return squeezed + colliding

    def findings(self, *rules: str) -> list[str]:
        """axe's findings that are serious or critical. rules: these alone."""
        return serious_findings(self.page, rules)

    def picture(self, path: Path) -> None:
        """Of the whole page, unless it is very long."""
        path.parent.mkdir(parents=True, exist_ok=True)
        width, height = self.page.evaluate("() => [window.innerWidth, document.documentElement.scrollHeight]")
        clip: FloatRect = {"x": 0, "y": 0, "width": width, "height": min(height, MAX_PICTURE_HEIGHT)}
        try:
            self.page.screenshot(path=path, full_page=True, clip=clip)
        except Error:  # Chromium cannot always capture more than its window
            self.page.screenshot(path=path)


@contextmanager
def look(
    browser: Browser, *, width: int = 900, scheme: Scheme = "light", scripts: bool = True
) -> Iterator[Look]:
    """A page of its own, with no cookies of others."""
    context = browser.new_context(
        viewport={"width": width, "height": HEIGHT}, color_scheme=scheme, java_script_enabled=scripts
    )
    context.set_default_timeout(PATIENCE_MILLISECONDS)
    try:
        looked = Look(context.new_page())
        _watch(looked)
        yield looked
    finally:
        context.close()


def _watch(looked: Look) -> None:
    def note(what: str, found: Any) -> None:
        looked.troubles.append(f"{what}: {_told(found)}")

    def note_console(message: ConsoleMessage) -> None:
        if message.type == "error":
            note("console", message)

    def note_dialog(dialog: Dialog) -> None:
        note("dialog", dialog)
        dialog.dismiss()

    looked.page.on("pageerror", lambda error: note("script", error))
    looked.page.on("requestfailed", lambda request: note("request", request))
    looked.page.on("console", note_console)
    looked.page.on("dialog", note_dialog)


def _told(found: Any) -> str:
    return str(getattr(found, "text", None) or getattr(found, "url", None) or found)
