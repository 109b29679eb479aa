"""The proof that a job is ours, for providers without tags: a mark at the end of a text that they keep."""

from jobchute.job import Job

MARK_LENGTH = len("jc-") + 16
"""Short enough to leave room for the text, too long to be guessed."""


def mark_of(job: Job) -> str:
    """What no other job or attempt has."""
    return job.job_id[:MARK_LENGTH] + ("" if job.attempt == 1 else f"/{job.attempt}")


def marked(job: Job, text: str, *, most: int) -> str:
    """The text, the labels for which there is room, and the mark. most: of characters."""
    room = most - len(mark_of(job)) - 1
    text = text[:room].strip()
    for name, value in job.labels.items():
        longer = f"{text} {name}={value}".strip()
        text = longer if len(longer) <= room else text
    return f"{text} {mark_of(job)}".strip()
