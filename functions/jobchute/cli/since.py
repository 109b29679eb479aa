"""A moment as people write it: a time, or how long ago."""

import re
from datetime import UTC, datetime

AGO = re.compile(r"(\d{1,6})([smhd])")
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def moment_of(text: str, now: float) -> float:
    """Epoch seconds of `90s`, `15m`, `2h`, `1d` (ago), or of an ISO 8601 time, in UTC if it names no zone.

    Raises ValueError.
    """
    if ago := AGO.fullmatch(text.strip()):
        return now - int(ago[1]) * SECONDS[ago[2]]
    moment = datetime.fromisoformat(text.strip())
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
