"""Rules across the fields of bedrock:CreateModelCustomizationJob."""

from collections.abc import Iterable, Iterator

from jobchute.problems import Problem
from jobchute.providers.bedrock.tag_rules import tag_keys_are_free_and_differ
from jobchute.providers.members import values_at
from jobchute.providers.unions import one_member_each
from jobchute.validation.codes import Code
from jobchute.validation.rules import Fields, RuleTable, tag_count_problems

LOGS = "trainingDataConfig.invocationLogsConfig"
UNIONS = {
    f"{LOGS}.invocationLogSource": ("s3Uri",),
    f"{LOGS}.requestMetadataFilters": ("equals", "notEquals", "andAll", "orAll"),
    "customizationConfig": ("distillationConfig", "rftConfig"),
    "customizationConfig.rftConfig.graderConfig": ("lambdaGrader",),
}
CONFIGS = {"DISTILLATION": "distillationConfig", "REINFORCEMENT_FINE_TUNING": "rftConfig"}
MAX_TAGS = 50


def unions_have_one_member(request: Fields) -> Iterable[Problem]:
    """customizationConfig, graderConfig, invocationLogSource and requestMetadataFilters have one member each.

    Source: the model's `union` trait on these structures; several filters go into andAll or orAll.
    """
    return one_member_each(request, UNIONS)


def data_or_logs(request: Fields) -> Iterable[Problem]:
    """The training data is a file or comes from invocation logs: s3Uri or invocationLogsConfig.

    Source: model documentation of TrainingDataConfig; Amazon Bedrock user guide, model distillation.
    """
    return one_member_each(request, {"trainingDataConfig": ("s3Uri", "invocationLogsConfig")})


def data_is_a_file(request: Fields) -> Iterator[Problem]:
    """Training and validation data are files, not folders.

    Source: AWS re:Post, bedrock-fine-tuning-errors ("Uri should be a file, not a directory").
    """
    for member in ("trainingDataConfig.s3Uri", "validationDataConfig.validators[].s3Uri"):
        for path, uri in values_at(request, member):
            if isinstance(uri, str) and (uri.endswith("/") or uri.count("/") < 3):
                message = (
                    "This is a folder; Bedrock reads one file. Name the file, such as s3://bucket/train.jsonl."
                )
                yield Problem(path, Code.PATTERN, message)


def kind_has_its_configuration(request: Fields) -> Iterator[Problem]:
    """DISTILLATION needs distillationConfig, and REINFORCEMENT_FINE_TUNING needs rftConfig.

    Source: Amazon Bedrock user guide, model distillation and reinforcement fine-tuning.
    """
    kind = request.get("customizationType")
    name = CONFIGS.get(kind) if isinstance(kind, str) else None
    given = request.get("customizationConfig", {})
    if name is not None and isinstance(given, dict) and name not in given:
        message = f"{kind} needs customizationConfig.{name}. Add it, or choose another customizationType."
        yield Problem(f"request.customizationConfig.{name}", Code.REQUIRES, message)


def lists_have_50_tags(request: Fields) -> Iterator[Problem]:
    """jobTags and customModelTags have at most 50 tags each, although the model allows 200.

    Source: model documentation of TooManyTagsException ("50 tags per resource").
    """
    for name in ("jobTags", "customModelTags"):
        yield from tag_count_problems(request.get(name), f"request.{name}", most=MAX_TAGS, whose="Bedrock")


RULES: RuleTable = {
    "": (unions_have_one_member, data_is_a_file, tag_keys_are_free_and_differ, lists_have_50_tags),
    "trainingDataConfig": (data_or_logs,),
    "customizationType": (kind_has_its_configuration,),
}
