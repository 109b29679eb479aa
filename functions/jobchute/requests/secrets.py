"""Free text of a request that may hold a secret: environments, hyperparameters, arguments. Pure.

It goes to the provider as it is, and is kept in the ledger's own item of the request; whatever else is written
down, told or logged holds none of it.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

SECRET_MEMBERS = frozenset(
    {
        "collectionparameters",
        "command",
        "containerarguments",
        "containerentrypoint",
        "environment",
        "envvars",
        "hookparameters",
        "hyperparameters",
        "profilingparameters",
        "querystring",
        "ruleparameters",
        "args",
    }
)
MASK = "***"
# Providers cut long values short in their messages; so much of one gives it away.
TELLING_CHARACTERS = 8


def is_secret(member: str) -> bool:
    """Whether no message may repeat what is below a member of this name, at whatever depth, in any API."""
    return re.sub(r"[-_\s]", "", member).lower() in SECRET_MEMBERS


def masked(value: Any) -> Any:
    """A copy with every value below a secret member masked."""
    match value:
        case dict():
            return {key: _mask(inner) if is_secret(key) else masked(inner) for key, inner in value.items()}
        case list():
            return [masked(inner) for inner in value]
        case _:
            return value


def redacted(text: str, request: Mapping[str, Any]) -> str:
    """A provider's words about a request without the values that the request keeps secret.

    Where S3 objects and roles are is no secret, and often just what the words are about. A value of a few
    characters is masked where it stands alone: in quotes, or behind `=` or `:`.
    """
    for value in sorted(set(_secrets_in(request)), key=len, reverse=True):
        if len(value) >= TELLING_CHARACTERS:
            text = _without(text, value)
        else:
            text = re.sub(rf"""(?<=['"`=:]){re.escape(value)}(?=$|[^\w.-])""", MASK, text)
    return text


def _without(text: str, value: str) -> str:
    """Less every part of it that begins as the value does and says enough of it to be known."""
    beginning, found = value[:TELLING_CHARACTERS], 0
    while (found := text.find(beginning, found)) >= 0:
        end = found
        while end < len(text) and end - found < len(value) and text[end] == value[end - found]:
            end += 1
        text = text[:found] + MASK + text[end:]
        found += len(MASK)
    return text


def _secrets_in(value: Any, *, below: bool = False) -> Iterator[str]:
    match value:
        case dict():
            for key, inner in value.items():
                yield from _secrets_in(inner, below=below or is_secret(key))
        case list():
            for inner in value:
                yield from _secrets_in(inner, below=below)
        case str() if below and value.strip() and not value.startswith(("s3://", "arn:")):
            yield value


def _mask(value: Any) -> Any:
    """The shape stays: names of variables are no secrets."""
    match value:
        case dict():
            return {key: _mask(inner) for key, inner in value.items()}
        case list():
            return [_mask(inner) for inner in value]
        case None:
            return None
        case _:
            return MASK
