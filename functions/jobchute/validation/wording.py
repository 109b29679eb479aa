"""How messages write paths, values and similar names."""

import difflib
import heapq
import json
import re
from collections.abc import Collection
from functools import cache

SHOWN_CHARACTERS = 60
# The cost is quadratic in the lengths, so long texts and long lists of candidates are not compared.
COMPARED_CHARACTERS = 80
MAX_COMPARED = 12
MIN_LIKENESS = 0.7
MAX_NEAREST = 3
SIMPLE_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


def member_path(path: str, key: str) -> str:
    """The path of what is under `key`: `path.key`, or `path["any key"]` where a dot would mislead."""
    return f"{path}.{key}" if SIMPLE_KEY.fullmatch(key) else f"{path}[{shown(key, 300)}]"


def shown(value: object, characters: int = SHOWN_CHARACTERS) -> str:
    """A string, number or null as in JSON, cut if it is long; for an object or a list, only its type."""
    match value:
        case str():
            cut = value if len(value) <= characters else value[:characters] + "…"
            return json.dumps(cut, ensure_ascii=any("\ud800" <= character <= "\udfff" for character in cut))
        case dict() | list():
            return kind_of(value)
        case int() if abs(value) > 10**characters:
            return f"a number of more than {characters} digits"
        case _:
            return json.dumps(value) if isinstance(value, bool | int | float | None) else kind_of(value)


def kind_of(value: object) -> str:
    """The type of a JSON value, with its article."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int():
            return "an integer"
        case float():
            return "a number"
        case str():
            return "a string"
        case list():
            return "a list"
        case dict():
            return "an object"
        case _:
            return f"a value of type {type(value).__name__}"


def nearest(word: str, allowed: tuple[str, ...]) -> str | None:
    """The allowed word that `word` was most likely meant to be, or None if nothing is near.

    Another casing or other separators (`volume_size_in_gb`) count as the same word.
    """
    if len(word) > COMPARED_CHARACTERS:
        return None
    meant, by_letters = letters(word), by_their_letters(allowed)
    if meant in by_letters:
        return by_letters[meant]
    alike = heapq.nlargest(MAX_COMPARED, by_letters, key=lambda candidate: shared_ends(meant, candidate))
    likeness, _, near = max(
        (difflib.SequenceMatcher(None, meant, c).ratio(), -i, c) for i, c in enumerate(alike)
    )
    return by_letters[near] if likeness >= MIN_LIKENESS else None


def nearest_few(word: str, allowed: tuple[str, ...]) -> list[str]:
    """The MAX_NEAREST words that are most similar to `word`, most similar first."""
    meant = letters(word[:COMPARED_CHARACTERS])
    likeness = {each: difflib.SequenceMatcher(None, meant, letters(each)).ratio() for each in allowed}
    return sorted(allowed, key=lambda each: -likeness[each])[:MAX_NEAREST]


@cache
def by_their_letters(words: tuple[str, ...]) -> dict[str, str]:
    return {letters(word): word for word in words}


def shared_ends(word: str, other: str) -> int:
    """How many characters two words share at their beginnings and ends."""
    return shared_beginning(word, other) + shared_beginning(word[::-1], other[::-1])


def shared_beginning(word: str, other: str) -> int:
    for index, (character, its) in enumerate(zip(word, other, strict=False)):
        if character != its:
            return index
    return min(len(word), len(other))


def letters(word: str) -> str:
    return re.sub(r"[-_\s]", "", word).lower()


def listed(words: Collection[str], most: int = 12) -> str:
    """`words` in one line, shortened if there are many."""
    shown_words = list(words)[:most]
    more = len(words) - len(shown_words)
    return ", ".join(shown_words) + (f" and {more} more" if more > 0 else "")
