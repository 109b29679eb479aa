"""What a check found, and how its errors become findings."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from jobchute.cli.error_messages import tool_error
from jobchute.cli.errors import ToolError


class Finding(NamedTuple):
    """check: what was looked at. text: what is right or wrong. advice: what to change, if it is wrong."""

    check: str
    is_good: bool
    text: str
    advice: str = ""

    def document(self) -> dict[str, Any]:
        """With the keys of `--json`."""
        found = {"check": self.check, "ok": self.is_good, "text": self.text}
        return {**found, "advice": self.advice} if self.advice else found


def good(check: str, text: str) -> Finding:
    return Finding(check, True, text)


def bad(check: str, text: str, advice: str) -> Finding:
    return Finding(check, False, text, advice)


def found_by(check: str, look: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """The findings of a check. An error of AWS or of the environment is one of them."""
    try:
        yield from look()
    except Exception as error:
        explained = error if isinstance(error, ToolError) else tool_error(error)
        if explained is None:
            raise
        text, _, advice = str(explained).partition("; ")
        yield bad(check, text, advice or "allow the call, or check the region, the credentials and the stack")
