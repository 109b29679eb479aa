"""Whether the job would have too many tags: those of the request, its labels and Jobchute's own tag."""

from collections.abc import Iterator

from jobchute.job import ATTEMPT_TAG, JOB_ID_TAG
from jobchute.problems import Problem
from jobchute.providers.registry import SPECS
from jobchute.requests.submission import Submission


def tag_problems(submission: Submission) -> Iterator[Problem]:
    """A problem if the job would have more tags than its provider allows.

    A label counts unless the request has a tag with its key; labels alone are never too many (MAX_LABELS).
    A request whose own tags are already too many is refused by the model or by a rule of its API.
    """
    tags = SPECS[submission.api].tags
    given = submission.request.get(tags.member) if tags else None
    if not tags or not given:
        return
    own = _keys(given)
    keys = {*own, *submission.labels, JOB_ID_TAG, *([] if submission.retry is None else [ATTEMPT_TAG])}
    if len(own) <= tags.max_count < len(keys):
        message = (
            f"With labels and Jobchute's own tag the job would have {len(keys)} tags; the provider takes "
            f"at most {tags.max_count}. Remove {len(keys) - tags.max_count} of the tags or labels."
        )
        yield Problem(f"request.{tags.member}", "TOO_MANY_TAGS", message)


def _keys(tags: object) -> set[str]:
    """The keys of a map of tags, or of a list of `{Key, Value}` in either casing."""
    if isinstance(tags, dict):
        return {*tags}
    listed = tags if isinstance(tags, list) else []
    keys = [tag.get("Key", tag.get("key")) for tag in listed if isinstance(tag, dict)]
    return {key for key in keys if isinstance(key, str)}
