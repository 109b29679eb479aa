"""The answer to a document that makes no job: a cancellation of a file, or a change of a job."""

from typing import TYPE_CHECKING, Any

from jobchute.cli.errors import AnswerIsNoError, CannotAskError
from jobchute.job import Source

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jobchute.cli.deployment import Deployment
    from jobchute.cli.following import Clock


def answer_to(deployment: "Deployment", source: Source, clock: "Clock") -> "Mapping[str, Any]":
    """The status document of a document, as soon as there is one.

    Raises AnswerIsNoError if the document was refused, and CannotAskError if there is no answer in time.
    """
    from jobchute.aws.objects import Objects
    from jobchute.runtime import client

    key = source.status_key
    objects = Objects(client("s3"), deployment.bucket)
    start = clock.now()
    while (answer := objects.document(key)) is None:
        if clock.timeout is not None and clock.now() - start >= clock.timeout:
            raise CannotAskError(f"there is no answer yet; look for it later: s3://{deployment.bucket}/{key}")
        clock.pause(clock.interval)
    if "errors" in answer:
        raise AnswerIsNoError(answer["errors"][0]["message"])
    return answer
