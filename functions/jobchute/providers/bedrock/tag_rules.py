"""Rules for the tags of Bedrock's jobs and custom models."""

from collections.abc import Iterator

from jobchute.problems import Problem
from jobchute.validation.rules import Fields, tag_list_problems


def tag_keys_are_free_and_differ(request: Fields) -> Iterator[Problem]:
    """Tag keys are unique, do not start with `aws:`, and leave `jobchute:` to Jobchute, in each list of tags.

    Source: AWS's tagging rules; Jobchute finds its jobs by its own tags.
    """
    for name in ("tags", "jobTags", "customModelTags"):
        yield from tag_list_problems(request.get(name), f"request.{name}", "key")
