"""The request files of a command."""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from jobchute.cli.errors import CannotAskError
from jobchute.job import Api
from jobchute.requests.document import api_of_path
from jobchute.requests.owners import path_without_owner
from jobchute.requests.request_names import is_request_name

SUFFIXES = frozenset({".json", ".jsonl", ".ndjson", ".yaml", ".yml"})
STDIN = Path("-")


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestFile:
    """shown: the name that the user gave. owner: None without owners.

    path: the key, without the owner's folder, that gives a bare body its API; empty if its documents need an
    envelope.
    """

    shown: str
    name: str
    path: str
    data: bytes
    owner: str | None = None


def read_files(arguments: Iterable[Path], api: Api | None, owner: str | None = None) -> Iterator[RequestFile]:
    """The files of an owner; those of a folder in the order of their names. Raises CannotAskError."""
    for argument in arguments:
        is_stdin = argument == STDIN
        for path in [STDIN] if is_stdin else _files_in(argument):
            yield RequestFile(
                shown="<stdin>" if is_stdin else str(path),
                name="stdin" if is_stdin else path.name,
                path=bare_path(path, api, owner),
                data=sys.stdin.buffer.read() if is_stdin else _read(path),
                owner=owner,
            )


def bare_path(path: Path, api: Api | None, owner: str | None = None) -> str:
    """The part of `…/requests/<service>/<operation>/NAME` from `requests` on, or the path for the given API.

    The owner's folder may come after `requests`, as in the bucket; it is left out.
    """
    if api is not None:
        service, operation = api.split(":")
        return f"requests/{service}/{operation}/{path.name}"
    parts = path.resolve().parts
    below = ("/".join(parts[start:]) for start, part in enumerate(parts) if part == "requests")
    found = (path_without_owner(each, owner) for each in below)
    return next((candidate for candidate in found if api_of_path(candidate) is not None), "")


def _files_in(argument: Path) -> list[Path]:
    if not argument.is_dir():
        return [argument]
    files = sorted(path for path in argument.rglob("*") if _is_request(path, argument) and path.is_file())
    if not files:
        raise CannotAskError(f"{argument} contains no {', '.join(sorted(SUFFIXES))} file")
    return files


def _is_request(path: Path, folder: Path) -> bool:
    """By the rules of names below `requests/`, and with the suffix of a request file."""
    return path.suffix.lower() in SUFFIXES and is_request_name(path.relative_to(folder).as_posix())


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CannotAskError(f"{path}: {error.strerror}") from error
