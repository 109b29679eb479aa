"""What is wrong with the name of a container image, for the rules of the APIs that take one."""

from collections.abc import Iterator
from typing import TypeGuard

from jobchute.problems import Problem
from jobchute.providers.image_names import ECR_FORM, is_image, is_in_ecr
from jobchute.validation.codes import Code
from jobchute.validation.wording import shown

# By the models (AlgorithmImage, ImageUri), which refuse what is longer.
MAX_IMAGE_LENGTH = 255


def outside_ecr(image: object, path: str) -> Iterator[Problem]:
    """A problem where an image is not in a private repository of Amazon ECR."""
    if not is_short_text(image) or is_in_ecr(image):
        return
    if not is_image(image):
        yield no_image(image, path)
        return
    message = (
        f"{shown(image)} is not in a private Amazon ECR repository. Push the image to one and name it as "
        f"{ECR_FORM}; ECR Public and other registries are not supported here."
    )
    yield Problem(path, Code.PATTERN, message)


def no_image(image: str, path: str) -> Problem:
    """What to say of a text that cannot name an image: an empty one, or a placeholder."""
    message = f"{shown(image)} is not the name of an image. Replace it with {ECR_FORM}, all filled in."
    return Problem(path, Code.PATTERN, message)


def is_short_text(image: object) -> TypeGuard[str]:
    """Whether this can be judged: the models refuse what is no text or too long."""
    return isinstance(image, str) and len(image) <= MAX_IMAGE_LENGTH
