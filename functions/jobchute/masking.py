"""Free text of a request that may hold a secret: environments, hyperparameters, arguments. Pure.

It goes to the provider as it is, and is kept in the ledger's own item of the request; whatever else is written
down, told or logged holds none of it.
"""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

SECRET_MEMBERS = frozenset(
    {
        "collectionparameters",
        "command",
        "containerarguments",
        "containerentrypoint",
        "environment",
        "envvars",
        "extrabody",
        "hookparameters",
        "hyperparameters",
        "jobtoken",
        "profilingparameters",
        "querystring",
        "ruleparameters",
        "statichyperparameters",
        "args",
    }
)
MASK = "***"
# Where S3 objects and roles are.
_LOCATIONS = re.compile(r"""(?:s3://|arn:)[^\s"',;]*""")
_VALUES = re.compile(r"=([^\s=&;,]+)")
_PASSWORDS = re.compile(r"://[^\s/@:]*:([^\s/@]+)@")


def is_secret(member: str) -> bool:
    """Whether no message may repeat what is below a member of this name, at any depth, in any API."""
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

    Where S3 objects and roles are is no secret, and often just what the words are about. The words are cut to
    4,096 characters.
    """
    # Most functions never have a provider's words to mask.
    from jobchute.redaction import without

    return without(text, _secrets_in(request))


def _secrets_in(value: Any, *, below: bool = False) -> Iterator[str]:
    match value:
        case dict():
            for key, inner in value.items():
                yield from _secrets_in(inner, below=below or is_secret(key))
        case list():
            for inner in value:
                yield from _secrets_in(inner, below=below)
        case str() if below:
            yield from _parts(value)


def _parts(value: str) -> Iterator[str]:
    """The value, and the values in it: of members of JSON, of `key=value`, of a URL's user."""
    for part in _LOCATIONS.split(value):
        if part.strip():
            yield part
            yield from _VALUES.findall(part)
            yield from _PASSWORDS.findall(part)
    if value.lstrip()[:1] in ("{", "[", '"'):
        with suppress(ValueError, RecursionError):
            yield from _strings_in(json.loads(value))


def _strings_in(value: Any) -> Iterator[str]:
    """Of a JSON value."""
    left = [value]
    while left:
        match left.pop():
            case dict() as members:
                left += members.values()
            case list() as items:
                left += items
            case str() as text if text.strip() and not _LOCATIONS.match(text):
                yield text


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
