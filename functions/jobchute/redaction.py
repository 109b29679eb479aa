"""Masking known secrets in a text that a provider or a library wrote. Pure, in linear time.

A provider rarely repeats a value as it was sent: it cuts it, quotes it, escapes it, folds its lines or encodes
it. Both sides are therefore compared in a plain form: escapes and entities are decoded, case is folded, and
white space, quotes, backslashes, plus signs and invisible characters are left out. `docs/security.md` says what
is found and what is not; `tests/unit/test_redaction.py` has the table.
"""

import base64
import html
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple
from urllib.parse import unquote

MASK = "***"
MAX_TEXT = 4096
"""Characters. A longer text is cut before it is searched, which bounds the time."""
HEAD = 8
"""The first so many characters of a secret give it away: texts cut long values short at their end."""
PIECE = 12
"""So many characters in a row give a secret away wherever they are in it. Fewer are often common words."""
MAX_SHORT = 16
"""Characters of the longest value whose plain form is shorter than HEAD and that is still searched for."""

Span = tuple[int, int]

# Characters as URLs, HTML and string literals write them; a literal in a literal doubles its backslashes.
_CODED = re.compile(
    r"(?:%[0-9a-f]{2})+|&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z]{2,6});"
    r"|(?<!\\)(?:(?:\\+u[0-9a-f]{4})+|(?:\\+x[0-9a-f]{2})+|\\+[abefnrtv0])",
    re.IGNORECASE,
)
_CODED_OR_ONE = re.compile(f"{_CODED.pattern}|.", re.DOTALL | re.IGNORECASE)
_LEFT_OUT = re.compile(
    r"[\\\"'`+\s\x00-\x1f\x7f-\x9f\xad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]+"
)
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{16,}")
_HEXADECIMAL = re.compile(r"[0-9A-Fa-f]{2}(?:[ :]?[0-9A-Fa-f]{2}){11,}")
# A value of a few characters is a secret where it stands as a value: in quotes, or behind `=` or `:`.
_BEFORE_A_VALUE = re.compile(r"['\"`]|[=:] ?")
_GOES_ON = re.compile(r"[\w.-]")


class _View(NamedTuple):
    """A plain form of the text; spans: where in the text each of its characters came from."""

    plain: str
    spans: Sequence[Span]


def without(text: str, secrets: Iterable[str]) -> str:
    """The text, cut to MAX_TEXT characters, with every telling part of the secrets masked as `***`."""
    long, short = set[str](), set[str]()
    for secret in secrets:
        plain = plain_form(secret)
        if len(plain) >= HEAD:
            long.add(plain)
        elif len(secret) <= MAX_SHORT:
            short.add(secret)
    if len(text) > MAX_TEXT:
        # Its last characters could be too few of a secret to be known by.
        text = f"{text[: MAX_TEXT - PIECE]}…" if long or short else text[:MAX_TEXT]
    return _masked(text, [*_short_spans(text, short), *_long_spans(text, long)])


def plain_form(text: str) -> str:
    return _LEFT_OUT.sub("", _CODED.sub(lambda found: _decoded(found[0]), text)).casefold()


def _long_spans(text: str, secrets: Iterable[str]) -> Iterator[Span]:
    """Each piece of the text is masked once and then forgotten, so that hostile texts cost no more."""
    views = [_view(text), *_views_of_encoded(text)]
    places = {length: _places(views, length) for length in range(HEAD, PIECE + 1)}
    for secret in secrets:
        pieces = [secret[:length] for length in range(HEAD, PIECE)]
        pieces += (secret[at : at + PIECE] for at in range(len(secret) - PIECE + 1))
        for piece in pieces:
            for spans, at in places[len(piece)].pop(piece, ()):
                yield spans[at][0], spans[at + len(piece) - 1][1]


def _places(views: Iterable[_View], length: int) -> dict[str, list[tuple[Sequence[Span], int]]]:
    """Where each piece of so many characters is."""
    places = defaultdict(list)
    for plain, spans in views:
        for at in range(len(plain) - length + 1):
            places[plain[at : at + length]].append((spans, at))
    return places


def _view(text: str) -> _View:
    plain: list[str] = []
    spans: list[Span] = []
    for found in _CODED_OR_ONE.finditer(text):
        token = found[0]
        kept = _LEFT_OUT.sub("", token if len(token) == 1 else _decoded(token)).casefold()
        plain.append(kept)
        spans += [found.span()] * len(kept)
    return _View("".join(plain), spans)


def _views_of_encoded(text: str) -> Iterator[_View]:
    """What base64 and hexadecimal digits in the text stand for; each of their groups may begin anywhere."""
    for found in _BASE64.finditer(text):
        for begin in range(4):
            digits = found[0][begin : len(found[0]) - (len(found[0]) - begin) % 4]
            yield _whole(base64.b64decode(digits.translate(_URL_SAFE)), found.span())
    for found in _HEXADECIMAL.finditer(text):
        digits = re.sub("[ :]", "", found[0])
        for begin in range(2):
            yield _whole(bytes.fromhex(digits[begin : len(digits) - (len(digits) - begin) % 2]), found.span())


_URL_SAFE = str.maketrans("-_", "+/")


def _whole(data: bytes, span: Span) -> _View:
    plain = plain_form(data.decode(errors="replace"))
    return _View(plain, [span] * len(plain))


def _decoded(token: str) -> str:
    """What a match of _CODED stands for; a control character is left out like white space."""
    if token.startswith("%"):
        return unquote(token, errors="replace")
    if token.startswith("&"):
        return html.unescape(token)
    _, *codes = re.split(r"(?<=\\)[ux]", token, flags=re.IGNORECASE)
    if not codes:
        return ""
    digits = "".join(code.strip("\\") for code in codes)
    if len(digits) == 4 * len(codes):
        return bytes.fromhex(digits).decode("utf-16-be", errors="replace")
    data = bytes.fromhex(digits)
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _short_spans(text: str, secrets: set[str]) -> Iterator[Span]:
    lengths = sorted(set(map(len, secrets)), reverse=True)
    for found in _BEFORE_A_VALUE.finditer(text) if secrets else ():
        for end in (found.end() + length for length in lengths):
            if text[found.end() : end] in secrets and not _GOES_ON.match(text[end : end + 1]):
                yield found.end(), end
                break


def _masked(text: str, spans: Iterable[Span]) -> str:
    told, end = "", 0
    for begin, stop in sorted(spans):
        if begin > end or not told:
            told += text[end:begin] + MASK
        end = max(end, stop)
    return told + text[end:]
