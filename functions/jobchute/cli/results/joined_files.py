"""The joined file: written beside its name, and renamed when it is complete."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from jobchute.cli.errors import AnswerIsNoError
from jobchute.cli.output import counted, say
from jobchute.cli.results.answers import temporary_answers
from jobchute.cli.results.batches import Batch
from jobchute.cli.results.joining import Counts, Joiner
from jobchute.cli.results.stored import Bucket

STDOUT = Path("-")


def join(bucket: Bucket, batches: Iterable[Batch], path: Path, *, overwrite: bool) -> Counts:
    """Write the records of all batches, one after the other, to a file or, for `-`, to standard output.

    Raises AnswerIsNoError if the file exists, unless it may be overwritten.
    """
    counts = Counts()
    with _written(path, overwrite=overwrite) as file:
        for batch in batches:
            with temporary_answers() as answers:
                for record in Joiner(bucket, batch, answers, counts).records():
                    file.write(record.joined.encode() + b"\n")
    return counts


def counts_json(counts: Counts) -> dict[str, Any]:
    return {
        "records": counts.records,
        "ok": counts.ok,
        "failed": counts.failed,
        "missing": counts.missing,
        "repeated": counts.repeated,
        "unknown": counts.unknown,
        "unreadable": counts.unreadable,
        "lost": counts.lost,
        "jobIds": counts.jobs,
    }


def say_counts(counts: Counts) -> None:
    """The counts on stderr, and a line for everything that is odd."""
    records = f"{counted(counts.records, 'record')}: {counts.ok} ok, {counts.failed} failed"
    say(f"{records}, {counts.missing} missing; of {counted(len(counts.jobs), 'job')}", err=True)
    for number, what in (
        (counts.repeated, "have an id that an earlier record has; they have the same output"),
        (counts.unknown, "outputs belong to no record of the input; has the input changed?"),
        (counts.unreadable, "lines of the outputs cannot be read"),
        (counts.lost, "outputs that the manifest counts are in no file; were files moved?"),
    ):
        if number:
            say(f"warning: {number} {what}", err=True)


@contextmanager
def _written(path: Path, *, overwrite: bool) -> Iterator[BinaryIO]:
    if path == STDOUT:
        yield sys.stdout.buffer
        sys.stdout.flush()
        return
    refuse_existing(path, overwrite=overwrite)
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("wb") as file:
            yield file
        refuse_existing(path, overwrite=overwrite)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def refuse_existing(path: Path, *, overwrite: bool) -> None:
    """Raises AnswerIsNoError for a file that exists and must not be replaced."""
    if path.exists() and not overwrite:
        raise AnswerIsNoError(f"{path} exists; name another file, or give --overwrite")
