"""Rules across the fields of braket:CreateJob."""

import re
from collections.abc import Iterable, Iterator

from jobchute.problems import Problem
from jobchute.providers.braket.tag_rules import tag_keys_are_free, tags_keep_awss_limits
from jobchute.providers.image_rules import outside_ecr
from jobchute.validation.codes import Code
from jobchute.validation.rules import Fields, RuleTable, fields, items, unique

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


RULES: RuleTable = {
    "algorithmSpecification": (algorithm_is_named,),
    "algorithmSpecification.containerImage": (braket_image_is_filled_in,),
    "inputDataConfig": (channel_names_differ,),
    "tags": (tag_keys_are_free, tags_keep_awss_limits),
}
