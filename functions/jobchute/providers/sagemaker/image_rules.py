"""Rules about the container images of training jobs and processing jobs."""

from collections.abc import Iterable, Iterator

from jobchute.problems import Problem
from jobchute.providers.image_names import ECR_FORM, is_image, is_in_ecr, repository_of
from jobchute.providers.image_rules import is_short_text, no_image, outside_ecr
from jobchute.validation.codes import Code
from jobchute.validation.rules import Fields, fields, items
from jobchute.validation.wording import shown

ALGORITHM = "request.AlgorithmSpecification"
EVALUATORS = ("DebugRuleConfigurations", "ProfilerRuleConfigurations")


def training_image_can_be_read(request: Fields) -> Iterator[Problem]:
    """TrainingImage is in Amazon ECR, or comes with TrainingRepositoryAccessMode Vpc and a VpcConfig.

    Source: SageMaker's answer "TrainingImageConfig with TrainingRepositoryAccessMode set to VPC must be
    provided when using a training image from a private Docker registry" (boto/boto3#2906); developer guide,
    private Docker registries ("Input VpcConfig when you create your training job"); for placeholders,
    Docker's grammar of image references.
    """
    algorithm = fields(request.get("AlgorithmSpecification"))
    image = algorithm.get("TrainingImage")
    if not is_short_text(image) or is_in_ecr(image):
        return
    mode = fields(algorithm.get("TrainingImageConfig")).get("TrainingRepositoryAccessMode")
    if not is_image(image):
        yield no_image(image, f"{ALGORITHM}.TrainingImage")
    elif mode != "Vpc" or "VpcConfig" not in request:
        message = (
            f"{shown(image)} is not in a private Amazon ECR repository. Push the image to ECR and name it as "
            f"{ECR_FORM}, or set TrainingImageConfig.TrainingRepositoryAccessMode to Vpc and give the request "
            "a VpcConfig from which the private Docker registry can be reached."
        )
        yield Problem(f"{ALGORITHM}.TrainingImage", Code.REQUIRES, message)


def builtin_algorithm_has_its_own_metrics(request: Fields) -> Iterator[Problem]:
    """MetricDefinitions are not for the image of a built-in algorithm, in script mode neither.

    Source: SageMaker's answer "You can't override the metric definitions for Amazon SageMaker algorithms.
    Please retry the request without specifying metric definitions." (tests of awslabs/mlspace).
    """
    algorithm = fields(request.get("AlgorithmSpecification"))
    image = algorithm.get("TrainingImage")
    if algorithm.get("MetricDefinitions") and is_of_builtin_algorithm(image):
        message = (
            f"{shown(image)} is the image of a built-in algorithm, which defines its metrics itself. "
            "Remove MetricDefinitions."
        )
        yield Problem(f"{ALGORITHM}.MetricDefinitions", Code.EXCLUSIVE, message)


def is_of_builtin_algorithm(image: object) -> bool | None:
    """None if an image's registry is not known."""
    from jobchute.providers.sagemaker.builtin_images import is_builtin

    repository = repository_of(image) if isinstance(image, str) else None
    return None if repository is None else is_builtin(repository)


def evaluator_images_are_in_ecr(request: Fields) -> Iterator[Problem]:
    """RuleEvaluatorImage of a debugger's or profiler's rule is in a private Amazon ECR repository.

    Source: model documentation of DebugRuleConfiguration$RuleEvaluatorImage and
    ProfilerRuleConfiguration$RuleEvaluatorImage ("Amazon Elastic Container Registry Image").
    """
    for name in EVALUATORS:
        if name not in request:
            continue
        for index, rule in items(request[name]):
            path = f"request.{name}[{index}].RuleEvaluatorImage"
            yield from outside_ecr(rule.get("RuleEvaluatorImage"), path)


def processing_image_is_in_ecr(request: Fields) -> Iterable[Problem]:
    """ImageUri is in a private Amazon ECR repository: ECR Public and other registries are refused.

    Source: SageMaker's answer "Invalid image URI […]. Please provide a valid Amazon Elastic Container Registry
    path of the Docker image to run" (aws/sagemaker-python-sdk#2605).
    """
    image = fields(request.get("AppSpecification")).get("ImageUri")
    return outside_ecr(image, "request.AppSpecification.ImageUri")
