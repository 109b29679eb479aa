"""When a waiting job is expected to start, and how long ago something was, in words."""

from datetime import datetime

from jobchute.cli.forecast.starts import Start
from jobchute.cli.tables import duration


def start_words(start: Start | None, now: float) -> str:
    """now: epoch seconds."""
    if start is None:
        return "unknown"
    earliest, latest = start.earliest - now, start.latest - now
    if latest < 1:
        return "now"
    return f"within {duration(latest)}" if earliest < 1 else f"in {duration(earliest)} to {duration(latest)}"


def ago_words(since: str | float, now: float) -> str:
    """since: a time of the ledger, or epoch seconds."""
    at = datetime.fromisoformat(since).timestamp() if isinstance(since, str) else since
    return duration(now - at)
