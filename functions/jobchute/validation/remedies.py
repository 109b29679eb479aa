"""What to change about a value, where there is one likely answer."""

import re

from jobchute.parsing.text import boolean_meant

UNFILLED = "Fill it in, or remove it."
"""What to do with the empty strings and zeros of `aws … --generate-cli-skeleton`."""
DURATION = re.compile(r"([0-9]{1,9}) ?([smhd])")
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def seconds_in(value: object) -> int | None:
    """`1h`, `90m` or `30 s` in seconds."""
    found = DURATION.fullmatch(value) if isinstance(value, str) else None
    return int(found.group(1)) * SECONDS[found.group(2)] if found else None


def remedy(wanted: str, value: object) -> str:
    """What to change about a value of the wrong type, where there is one likely answer."""
    match wanted, value:
        case _, None:
            return " Give it a value or leave it out."
        case "a string", bool() | int() | float():
            return " Put it in quotes."
        case "true or false", str():
            return f" Write {boolean_meant(value) or 'true or false'} without quotes."
        case "an integer", str() if re.fullmatch("-?[0-9]+", value):
            return " Write it without quotes."
        case "a number", str() if re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", value):
            return " Write it without quotes."
        case "an integer", str():
            return " Write a whole number, with digits only."
        case "an integer", float():
            return " Write it without a fraction."
        case "a list", _:
            return " Put it in brackets, even if there is only one."
        case _:
            return ""
