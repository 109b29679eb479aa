"""Rules across the fields of bedrock:CreateModelInvocationJob."""

from collections.abc import Iterator

from jobchute.problems import Problem
from jobchute.providers.bedrock.tag_rules import tag_keys_are_free_and_differ
from jobchute.validation.codes import Code
from jobchute.validation.rules import Fields, RuleTable


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


RULES: RuleTable = {
    "": (one_kind_of_location,),
    "tags": (tag_keys_are_free_and_differ,),
}
