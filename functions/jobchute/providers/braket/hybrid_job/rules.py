"""Rules across the fields of braket:CreateJob."""

import re
from collections.abc import Iterable, Iterator

from jobchute.problems import Problem
from jobchute.providers.image_rules import outside_ecr
from jobchute.validation.codes import Code
from jobchute.validation.rules import Fields, RuleTable, fields, items, tag_map_problems, unique
from jobchute.validation.wording import member_path, shown

MAX_TAGS = 50
MAX_TAG_KEY = 128
MAX_TAG_VALUE = 256
# The beginning of what the model takes; what does not begin so, the model refuses already.
IMAGE = re.compile(r"[0-9]{10,14}\.dkr\.ecr.", re.ASCII)


def algorithm_is_named(request: Fields) -> Iterator[Problem]:
    """algorithmSpecification has a script, a container image or both.

    Source: API reference of AlgorithmSpecification, whose members are what there is to run.
    """
    if request.get("algorithmSpecification") == {}:
        message = "algorithmSpecification is empty; it needs scriptModeConfig, containerImage or both."
        yield Problem("request.algorithmSpecification", Code.NOT_ONE_OF, message)


def braket_image_is_filled_in(request: Fields) -> Iterator[Problem]:
    """The container image is the name of an image in Amazon ECR, not a placeholder for one.

    Source: the model's pattern of ContainerImage$uri, which asks for ECR but takes any text for the
    repository and the region; Docker's grammar of image references.
    """
    uri = fields(fields(request.get("algorithmSpecification")).get("containerImage")).get("uri")
    if isinstance(uri, str) and IMAGE.match(uri):
        yield from outside_ecr(uri, "request.algorithmSpecification.containerImage.uri")


def channel_names_differ(request: Fields) -> Iterable[Problem]:
    """Two input channels of a job have different names: each is a directory in the container.

    Source: Braket developer guide, hybrid job inputs (AMZN_BRAKET_INPUT_DIR/CHANNEL).
    """
    names = {index: channel.get("channelName") for index, channel in items(request.get("inputDataConfig"))}
    return unique(names, "request.inputDataConfig[{}].channelName", "channel name")


def tag_keys_are_free(request: Fields) -> Iterable[Problem]:
    """Tag keys do not start with `aws:`, and leave `jobchute:` to Jobchute.

    Source: AWS's tagging rules; Jobchute finds its jobs by its own tags.
    """
    return tag_map_problems(request.get("tags"), "request.tags")


def tags_keep_awss_limits(request: Fields) -> Iterator[Problem]:
    """At most 50 tags, with keys of 1 to 128 and values of at most 256 characters.

    Source: AWS's tagging rules (AWS General Reference); Braket's model states no limit of its own.
    """
    tags = fields(request.get("tags"))
    if len(tags) > MAX_TAGS:
        message = f"This has {len(tags)} tags; AWS allows at most {MAX_TAGS} on a resource."
        yield Problem("request.tags", Code.TOO_MANY, message)
    for key, value in tags.items():
        if key == "":
            yield Problem('request.tags[""]', Code.TOO_SHORT, "A tag key has at least 1 character.")
        if isinstance(key, str) and len(key) > MAX_TAG_KEY:
            message = f"The tag key {shown(key)} has {len(key)} characters; at most {MAX_TAG_KEY} are allowed."
            yield Problem(member_path("request.tags", str(key)), Code.TOO_LONG, message)
        if isinstance(value, str) and len(value) > MAX_TAG_VALUE:
            message = f"{shown(value)} has {len(value)} characters; a tag value has at most {MAX_TAG_VALUE}."
            yield Problem(member_path("request.tags", str(key)), Code.TOO_LONG, message)


RULES: RuleTable = {
    "algorithmSpecification": (algorithm_is_named,),
    "algorithmSpecification.containerImage": (braket_image_is_filled_in,),
    "inputDataConfig": (channel_names_differ,),
    "tags": (tag_keys_are_free, tags_keep_awss_limits),
}
