"""The request files that a command was given."""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from jobchute.cli.errors import CannotAskError
from jobchute.job import Api
from jobchute.requests.document import api_of_path

SUFFIXES = frozenset({".json", ".jsonl", ".ndjson", ".yaml", ".yml"})
STDIN = Path("-")


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestFile:
    """shown: its name as the user gave it. path: where in the bucket it would mean an API by its place, empty
    where its documents need an envelope."""

    shown: str
    name: str
    path: str
    data: bytes


def read_files(arguments: Iterable[Path], api: Api | None) -> Iterator[RequestFile]:
    """The files, those of a folder in the order of their names. Raises CannotAskError."""
    for argument in arguments:
        if argument == STDIN:
            name = "stdin"
            yield RequestFile(
                shown="<stdin>", name=name, path=bare_path(STDIN, api), data=sys.stdin.buffer.read()
            )
            continue
        for path in _files_in(argument):
            yield RequestFile(shown=str(path), name=path.name, path=bare_path(path, api), data=_read(path))


def bare_path(path: Path, api: Api | None) -> str:
    """`…/requests/<service>/<operation>/NAME` from `requests` on, or what stands for the given API."""
    if api is not None:
        service, operation = api.split(":")
        return f"requests/{service}/{operation}/{path.name}"
    parts = path.resolve().parts
    found = ("/".join(parts[start:]) for start, part in enumerate(parts) if part == "requests")
    return next((candidate for candidate in found if api_of_path(candidate) is not None), "")


def _files_in(argument: Path) -> list[Path]:
    if not argument.is_dir():
        return [argument]
    files = sorted(path for path in argument.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())
    if not files:
        raise CannotAskError(f"{argument} holds no {', '.join(sorted(SUFFIXES))} file")
    return files


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CannotAskError(f"{path}: {error.strerror}") from error
