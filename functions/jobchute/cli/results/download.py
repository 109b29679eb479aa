"""Downloads that can be resumed and that never overwrite a file unasked.

A download is written to NAME.part, and NAME.part.etag says which version of the object that is. If the process
dies, the next run continues a part of the same version and begins anew for any other. A complete file gets the
object's time, so that a later run recognizes it by its size and time, and leaves it.

The order of the steps makes a torn part impossible: an old part is removed before the ETag of the new one is
written, and the file gets its name only when all bytes are on disk.
"""

import os
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from jobchute.cli.errors import AnswerIsNoError
from jobchute.cli.results.listing import Left
from jobchute.cli.results.stored import Bucket, Stored, parts_of
from jobchute.job import Job

PART = ".part"
ETAG = ".etag"
SHOWN_DIGITS = 12


class Outcome(StrEnum):
    """What happened to one object."""

    SAVED = "saved"
    RESUMED = "resumed"
    KEPT = "kept"
    REFUSED = "refused"


class Download(NamedTuple):
    """An object and the file that it becomes."""

    job: Job
    stored: Stored
    path: Path


class Saved(NamedTuple):
    download: Download
    outcome: Outcome


Advance = Callable[[int], None]
"""Called with the number of bytes that have arrived."""


def planned(folder: Path, found: Iterable[Left]) -> list[Download]:
    """The file for each object: FOLDER/JOB/…, where JOB is the job's name with the beginning of its id.

    A job with one location has its objects by their path below it; with several, by bucket and key.
    Raises AnswerIsNoError if two objects would become the same file.
    """
    downloads = [_download(folder, left, each) for left in found for each in left.objects if _is_file(each)]
    taken: dict[Path, Stored] = {}
    for each in downloads:
        other = taken.setdefault(each.path, each.stored)
        if other is not each.stored:
            raise AnswerIsNoError(f"{other.uri} and {each.stored.uri} would both become {each.path}")
    return downloads


def save(bucket: Bucket, download: Download, *, overwrite: bool, advance: Advance) -> Saved:
    """Download one object, unless its file is there. A file that differs is replaced only if asked."""
    path, stored = download.path, download.stored
    if path.exists():
        if _is_same(path, stored):
            advance(stored.size)
            return Saved(download, Outcome.KEPT)
        if not overwrite:
            return Saved(download, Outcome.REFUSED)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + PART)
    mark = part.with_name(part.name + ETAG)
    start = _begin(part, mark, stored)
    advance(start)
    with part.open("ab") as file:
        for chunk in bucket.chunks(stored, start):
            file.write(chunk)
            advance(len(chunk))
        file.flush()
        os.fsync(file.fileno())
    os.utime(part, ns=(_time_of(stored), _time_of(stored)))
    if path.exists() and not overwrite:
        return Saved(download, Outcome.REFUSED)
    part.replace(path)
    mark.unlink(missing_ok=True)
    return Saved(download, Outcome.RESUMED if start else Outcome.SAVED)


def _begin(part: Path, mark: Path, stored: Stored) -> int:
    """How many bytes of the object are there already; removes a part of another version."""
    if part.exists() and mark.exists() and mark.read_text() == stored.etag:
        size = part.stat().st_size
        if size <= stored.size:
            return size
    part.unlink(missing_ok=True)
    mark.write_text(stored.etag)
    return 0


def _is_same(path: Path, stored: Stored) -> bool:
    found = path.stat()
    return found.st_size == stored.size and found.st_mtime_ns == _time_of(stored)


def _time_of(stored: Stored) -> int:
    """In nanoseconds, of a whole second: a file that was written by hand hardly ever has such a time."""
    return int(stored.modified_at.timestamp()) * 1_000_000_000


def _is_file(stored: Stored) -> bool:
    """Consoles mark an empty folder by an object whose key ends with a slash."""
    return not stored.key.endswith("/")


def _download(folder: Path, left: Left, stored: Stored) -> Download:
    names = _names(left.locations, stored)
    return Download(left.job, stored, folder.joinpath(_folder_of(left.job), *map(_safe, names)))


def _folder_of(job: Job) -> str:
    """Names are unique at one API only, so a part of the id stands behind them."""
    digits = job.job_id[: len("jc-") + SHOWN_DIGITS]
    return digits if not job.name or job.name.startswith(digits) else f"{_safe(job.name)}-{digits}"


def _names(locations: Sequence[str], stored: Stored) -> list[str]:
    if len(locations) == 1:
        _, key = parts_of(locations[0])
        prefix = key if key.endswith("/") or not key else f"{key}/"
        if stored.key.startswith(prefix):
            return stored.key.removeprefix(prefix).split("/")
        return [stored.key.rpartition("/")[2]]
    return [stored.bucket, *stored.key.split("/")]


def _safe(name: str) -> str:
    """A key may name the parent folder or hold control characters; a file's name must not."""
    shown = "".join(each if each.isprintable() and each not in "/\\" else "_" for each in name)
    return "_" if shown in ("", ".", "..") else shown
