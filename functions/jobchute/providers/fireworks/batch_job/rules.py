"""Rules across the fields of fireworks:CreateBatchJob.

The service reads an empty string as an absent one (proto3), and so do these rules.
"""

import re
from collections.abc import Iterable, Iterator

from jobchute.problems import Problem
from jobchute.providers.image_names import is_image
from jobchute.validation.codes import Code
from jobchute.validation.rules import Fields, RuleTable, at_most_one, fields
from jobchute.validation.wording import member_path, shown

EXECUTORS = ("pythonExecutor", "notebookExecutor", "shellExecutor")
RESERVED_PREFIX = "fireworks.ai/"
JOBCHUTE_PREFIX = "jobchute/"
# A user asks the provider simulator for a course of events with this one; Fireworks ignores it.
SIMULATE_ANNOTATION = "jobchute/simulate"

MAX_NAME = 63
MAX_PREFIX = 253
MAX_ANNOTATION_BYTES = 256 * 1024
NAME = re.compile(r"[a-z0-9]([a-z0-9._-]*[a-z0-9])?", re.ASCII)
DNS_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", re.ASCII)


def at_most_one_executor(request: Fields) -> Iterable[Problem]:
    """A job has one executor at most: Python, a notebook or a shell command.

    Source: the `executor_type` oneof in the service's protocol buffer.
    """
    return at_most_one(request, EXECUTORS, "request")


def image_or_environment(request: Fields) -> Iterator[Problem]:
    """imageRef excludes environmentId and snapshotId.

    Source: API reference of environmentId, imageRef and snapshotId.
    """
    if not request.get("imageRef"):
        return
    for name in ("environmentId", "snapshotId"):
        if request.get(name):
            message = f"imageRef and {name} exclude each other. Remove one of them."
            yield Problem(f"request.{name}", Code.EXCLUSIVE, message)


def image_is_filled_in(request: Fields) -> Iterator[Problem]:
    """imageRef is the name of an image, not a placeholder for one.

    Source: Docker's grammar of image references.
    """
    image = request.get("imageRef")
    if isinstance(image, str) and image and not is_image(image):
        message = f"{shown(image)} is not the name of an image. Replace it with REGISTRY/REPOSITORY:TAG."
        yield Problem("request.imageRef", Code.PATTERN, message)


def snapshot_needs_its_environment(request: Fields) -> Iterator[Problem]:
    """snapshotId goes with environmentId only.

    Source: API reference of snapshotId.
    """
    if request.get("snapshotId") and not request.get("environmentId"):
        message = "snapshotId needs environmentId: the environment that the snapshot was taken of."
        yield Problem("request.snapshotId", Code.REQUIRES, message)


def annotation_keys_keep_kubernetes_syntax(request: Fields) -> Iterator[Problem]:
    """An annotation key is `name` or `prefix/name`: up to 63 characters, after a DNS name of up to 253.

    Source: API reference of annotations, which refers to Kubernetes' syntax and character set. Kubernetes
    takes capital letters in a prefix too.
    """
    for key in fields(request.get("annotations")):
        if isinstance(key, str) and not is_annotation_key(key.lower()):
            message = (
                f"The annotation key {shown(key)} must be a name, or a DNS name, a slash and a name. "
                f"A name has at most {MAX_NAME} letters, digits, '-', '_' and '.', "
                "and begins and ends with a letter or digit."
            )
            yield Problem(member_path("request.annotations", key), Code.PATTERN, message)


def annotations_fit_in_256_kib(request: Fields) -> Iterator[Problem]:
    """All annotations together, keys and values, have at most 256 KiB.

    Source: Kubernetes' limit on annotations, to which the API reference refers.
    """
    pairs = fields(request.get("annotations")).items()
    size = sum(len(text.encode("utf-8", "replace")) for pair in pairs for text in pair if isinstance(text, str))
    if size > MAX_ANNOTATION_BYTES:
        message = f"The annotations have {size} bytes together; at most {MAX_ANNOTATION_BYTES} are allowed."
        yield Problem("request.annotations", Code.TOO_LONG, message)


def annotation_prefixes_are_free(request: Fields) -> Iterator[Problem]:
    """`fireworks.ai/` is the provider's prefix and `jobchute/` ours.

    Source: API reference of annotations; Jobchute finds its jobs by its own annotations.
    """
    for key in fields(request.get("annotations")):
        if not isinstance(key, str) or key == SIMULATE_ANNOTATION:
            continue
        for prefix, owner in (
            (RESERVED_PREFIX, "Fireworks reserves"),
            (JOBCHUTE_PREFIX, "Jobchute sets itself"),
        ):
            if key.lower().startswith(prefix):
                message = f"The annotation key {shown(key)} starts with {prefix}, which {owner}. Rename it."
                yield Problem(member_path("request.annotations", key), Code.RESERVED, message)


def is_annotation_key(key: str) -> bool:
    """True for `name` and for `prefix/name` in Kubernetes' syntax, in lower case."""
    prefix, slash, name = key.rpartition("/")
    if slash and not is_dns_name(prefix):
        return False
    return len(name) <= MAX_NAME and NAME.fullmatch(name) is not None


def is_dns_name(name: str) -> bool:
    return len(name) <= MAX_PREFIX and all(DNS_LABEL.fullmatch(label) for label in name.split("."))


RULES: RuleTable = {
    "": (at_most_one_executor,),
    "imageRef": (image_or_environment, image_is_filled_in),
    "snapshotId": (snapshot_needs_its_environment,),
    "annotations": (
        annotation_keys_keep_kubernetes_syntax,
        annotations_fit_in_256_kib,
        annotation_prefixes_are_free,
    ),
}
