"""Rules across the fields of bedrock:CreateModelInvocationJob."""

from collections.abc import Iterable, Iterator

from jobchute.problems import Problem
from jobchute.validation.codes import Code
from jobchute.validation.rules import Fields, RuleTable, tag_list_problems


def one_kind_of_location(request: Fields) -> Iterator[Problem]:
    """The input and the output configuration are tagged unions: exactly one member is given.

    Source: the model's `union` trait on ModelInvocationJobInputDataConfig and …OutputDataConfig. Each has
    one member today, so a second one is an unknown key and only an empty union is left to find.
    """
    for name, member in (
        ("inputDataConfig", "s3InputDataConfig"),
        ("outputDataConfig", "s3OutputDataConfig"),
    ):
        if request.get(name) == {}:
            yield Problem(f"request.{name}", Code.NOT_ONE_OF, f"{name} is empty; it needs {member}.")


def tag_keys_are_free_and_differ(request: Fields) -> Iterable[Problem]:
    """Tag keys are unique, do not start with `aws:`, and leave `jobchute:` to Jobchute.

    Source: AWS's tagging rules; Jobchute finds its jobs by its own tags.
    """
    return tag_list_problems(request.get("tags"), "request.tags", "key")


RULES: RuleTable = {
    "": (one_kind_of_location,),
    "tags": (tag_keys_are_free_and_differ,),
}
