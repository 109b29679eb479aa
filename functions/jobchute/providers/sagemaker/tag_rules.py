"""The rule about the tags of SageMaker's jobs."""

from collections.abc import Iterable

from jobchute.problems import Problem
from jobchute.validation.rules import Fields, tag_list_problems


def tag_keys_are_free_and_differ(request: Fields) -> Iterable[Problem]:
    """Tag keys are unique, do not start with `aws:`, and leave `jobchute:` to Jobchute.

    Source: model documentation of Tag$Key; AWS's tagging rules; Jobchute finds its jobs by its own tags.
    """
    return tag_list_problems(request.get("Tags"), "request.Tags", "Key")
