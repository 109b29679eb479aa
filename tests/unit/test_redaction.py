"""How a provider may write a secret in its words, and whether it is masked then. See docs/security.md."""

import base64
import html
import json
import random
import time
import urllib.parse
from collections.abc import Callable, Mapping

import pytest

from jobchute.masking import redacted
from jobchute.redaction import MASK, MAX_TEXT, without

TOKEN = "Xk7-pQ9vR2&mN4/tW8+zL5=yB3 cD6\tfG1"
PEM = (
    "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0B\nAQEFAASCBKcwggSjAgEAAoIB\n-----END PRIVATE KEY-----"
)
REQUEST = {
    "Environment": {
        "TOKEN": TOKEN,
        "KEY": PEM,
        "LOGIN": json.dumps({"user": "ann", "login": {"password": "Tr0ub4dor", "pin": "4711"}}),
        "DATABASE": "postgres://ann:c0rrect-h0rse@db.internal/jobs?sslkey=b4ttery!",
        "WORD": "Zürich-Ünïcode-Wörd",
        "DATA": "s3://bucket/data/ arn:aws:iam::123456789012:role/R",
    }
}

MASKED: Mapping[str, Callable[[], str]] = {
    "as it was sent": lambda: TOKEN,
    "one line of a key": lambda: PEM.splitlines()[1],
    "the lines of a key folded into one": lambda: " ".join(PEM.splitlines()),
    "the lines of a key folded and indented": lambda: "\r\n\t".join(PEM.splitlines()),
    "a key without its line feeds": lambda: PEM.replace("\n", ""),
    "a key with its line feeds escaped": lambda: PEM.replace("\n", "\\n"),
    "a key escaped twice": lambda: json.dumps(json.dumps(PEM)),
    "cut short at its end": lambda: f"{TOKEN[:9]}…",
    "cut short at its beginning": lambda: f"…{TOKEN[-16:]}",
    "a piece of its middle": lambda: f"…{TOKEN[5:22]}…",
    "in capitals": TOKEN.upper,
    "in small letters": TOKEN.lower,
    "as JSON": lambda: json.dumps(TOKEN),
    "as Python writes it": lambda: repr(TOKEN),
    "as Python writes its bytes": lambda: repr(REQUEST["Environment"]["WORD"].encode()),
    "with escapes of Unicode": lambda: json.dumps(REQUEST["Environment"]["WORD"]),
    "in a URL": lambda: urllib.parse.quote(TOKEN),
    "in a URL, every character": lambda: "".join(f"%{byte:02X}" for byte in TOKEN.encode()),
    "in a form": lambda: urllib.parse.quote_plus(REQUEST["Environment"]["WORD"]),
    "in HTML": lambda: html.escape(TOKEN),
    "in HTML, every character": lambda: "".join(f"&#{ord(character)};" for character in TOKEN),
    "as base64": lambda: base64.b64encode(TOKEN.encode()).decode(),
    "as base64 for URLs": lambda: base64.urlsafe_b64encode(TOKEN.encode()).decode().rstrip("="),
    "as base64 of a longer text": lambda: base64.b64encode(f"ann:{TOKEN}".encode()).decode(),
    "as hexadecimal digits": lambda: TOKEN.encode().hex(),
    "as hexadecimal digits with colons": lambda: TOKEN.encode().hex(":"),
    "a member of a JSON text": lambda: "wrong password Tr0ub4dor for ann",
    "a short member of a JSON text": lambda: "wrong pin: 4711",
    "the password of a URL": lambda: "no login with c0rrect-h0rse",
    "a value behind =": lambda: "cannot open b4ttery!",
    "with invisible characters in it": lambda: "\u200b".join(TOKEN),
}
NOT_MASKED: Mapping[str, Callable[[], str]] = {
    "backwards": lambda: TOKEN[::-1],
    "spelled out": lambda: "-".join(TOKEN),
    "fewer than twelve characters of its middle": lambda: TOKEN[5:14],
    "a word of a longer text, shorter than twelve characters": lambda: "cD6",
    "in another encoding": lambda: base64.b85encode(TOKEN.encode()).decode(),
    "encoded twice": lambda: base64.b64encode(base64.b64encode(TOKEN.encode())).decode(),
    "in other letters that look the same": lambda: "".join(chr(ord(c) + 0xFEE0) for c in TOKEN if c > " "),
}


def shown(words: str) -> str:
    return f"Value {words} is invalid at 'environment'"


@pytest.mark.parametrize("how", MASKED)
def test_a_secret_is_masked(how: str) -> None:
    words = MASKED[how]()
    told = redacted(shown(words), REQUEST)
    assert told.startswith("Value ")
    assert told.endswith(" is invalid at 'environment'")
    assert MASK in told
    left = told.removeprefix("Value ").removesuffix(" is invalid at 'environment'").replace(MASK, "")
    assert longest_common(left, words) <= len("wrong password ")
    for secret in ("Tr0ub4dor", "4711", "c0rrect", "b4ttery", "MIIEvQ", "pQ9vR2"):
        assert secret.lower() not in left.lower()


@pytest.mark.parametrize("how", NOT_MASKED)
def test_the_documentation_does_not_promise_more(how: str) -> None:
    """Who finds one of these masked may move it to the other table and to docs/security.md."""
    assert redacted(shown(NOT_MASKED[how]()), REQUEST) == shown(NOT_MASKED[how]())


@pytest.mark.parametrize(
    "words",
    [
        "cannot read s3://bucket/data/ with arn:aws:iam::123456789012:role/R",
        "ResourceLimitExceeded: the account-level service limit 'ml.p3.2xlarge' is 0 Instances",
        "No S3 objects found under S3 URL s3://bucket/data/",
    ],
)
def test_what_the_words_are_about_stays(words: str) -> None:
    assert redacted(words, REQUEST) == words


def longest_common(left: str, words: str) -> int:
    """Of what is left, the longest part that stands in the words too."""
    parts = (left[at:end] for at in range(len(left)) for end in range(at, len(left) + 1))
    return max((len(part) for part in parts if part in words), default=0)


def test_a_long_text_is_cut_before_a_partial_secret() -> None:
    text = "x" * (MAX_TEXT - 6) + "hunter2-no-repeat"
    told = without(text, ["hunter2-no-repeat"])
    assert "hunter" not in told
    assert len(told) <= MAX_TEXT


def letters(seed: int, count: int) -> str:
    return "".join(random.Random(seed).choices("ab", k=count))


HOSTILE = {
    "one character": ("a" * MAX_TEXT, ["a" * 262_144]),
    "many secrets with one head": ("a" * MAX_TEXT, [f"{'a' * 8}{number}" for number in range(5000)]),
    "backslashes": ("\\" * MAX_TEXT, ["\\" * 262_144]),
    "percent signs": ("%" * MAX_TEXT, ["%41" * 87_000]),
    "entities": ("&amp" * (MAX_TEXT // 4), ["&" * 262_144]),
    "digits": ("0" * MAX_TEXT, ["0" * 262_144]),
    "quotes": ("'" * MAX_TEXT, [f"{number}" for number in range(5000)]),
    "URLs": ("://" * MAX_TEXT, ["://" * 87_000]),
    "brackets": ("[" * MAX_TEXT, ["[" * 262_144]),
    "a long text": ("a" * 10_000_000, ["a" * 100]),
    "noise": (letters(1, MAX_TEXT), [letters(2, 262_144)]),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts_take_no_longer(name: str) -> None:
    """At most the 256 KB of a document in secrets; a quadratic search would take minutes."""
    text, secrets = HOSTILE[name]
    begin = time.perf_counter()
    redacted(text, {"Environment": {str(number): secret for number, secret in enumerate(secrets)}})
    assert time.perf_counter() - begin < 5
