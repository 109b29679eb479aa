"""Rules across the fields of fireworks:CreateBatchInferenceJob."""

from collections.abc import Iterator

from jobchute.problems import Problem
from jobchute.validation.codes import Code
from jobchute.validation.rules import Fields, RuleTable, fields, missing, object_in


def model_and_data_or_a_job_to_continue(request: Fields) -> Iterator[Problem]:
    """model and inputDatasetId are required unless continuedFromJobName is given.

    Source: API reference of model, inputDatasetId and continuedFromJobName.
    """
    if not request.get("continuedFromJobName"):
        message = "{} is required, unless continuedFromJobName names a job to continue."
        yield from missing(request, ("model", "inputDatasetId"), "request", message)


def extra_body_is_a_json_object(request: Fields) -> Iterator[Problem]:
    """extraBody is the text of a JSON object.

    Source: API reference of extraBody.
    """
    text = fields(request.get("inferenceParameters")).get("extraBody")
    if isinstance(text, str) and text and object_in(text) is None:
        message = """extraBody must be the text of a JSON object, such as '{"stop": ["END"]}'."""
        yield Problem("request.inferenceParameters.extraBody", Code.PATTERN, message)


RULES: RuleTable = {
    "": (model_and_data_or_a_job_to_continue,),
    "inferenceParameters": (extra_body_is_a_json_object,),
}
