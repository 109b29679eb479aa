"""S3's order of the versions of one object, as text that sorts. Pure."""

from datetime import datetime

from jobchute.job import Source, iso

ORDERED_BY_S3 = "S3:"
"""Sorts behind the sequencers of notifications (hexadecimal digits), which rows of older versions hold."""


def order_of(last_modified: float) -> str:
    """S3's order of the versions of one key, as text that sorts: by LastModified, in epoch seconds."""
    return f"{ORDERED_BY_S3}{iso(last_modified)}"


def modified_at(source: Source) -> float | None:
    """When the object was written, in epoch seconds, as S3 answered; None if it has not answered."""
    if not source.sequencer.startswith(ORDERED_BY_S3):
        return None
    last_modified = source.sequencer.removeprefix(ORDERED_BY_S3).partition("/")[0]
    return datetime.fromisoformat(last_modified).timestamp()


def is_confirmed(source: Source) -> bool:
    """Whether S3 has answered for it, or it needs no answer: a message's own document."""
    return bool(source.sequencer) or not source.uri.startswith("s3://")
