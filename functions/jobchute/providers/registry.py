"""The one list of the APIs that Jobchute can submit to, and where the modules of each of them are.

An API's folder has `spec.py` (what is known of it, as data), `model.py` and `model_docs.py` (its request),
`rules.py` (rules across members), `charges.py` (what is billed) and `adapter.py` (the calls). The specs of all
APIs are loaded with this module; the other modules are imported when they are asked for.
"""

from collections.abc import Mapping
from importlib import import_module
from types import ModuleType

from jobchute.job import Api
from jobchute.providers.spec import ApiSpec

FOLDERS: Mapping[Api, str] = {
    Api.BRAKET_JOB: "braket.hybrid_job",
    Api.QUANTUM_TASK: "braket.quantum_task",
    Api.BEDROCK_JOB: "bedrock.invocation_job",
    Api.CUSTOMIZATION_JOB: "bedrock.customization_job",
    Api.TRAINING_JOB: "sagemaker.training_job",
    Api.PROCESSING_JOB: "sagemaker.processing_job",
    Api.TRANSFORM_JOB: "sagemaker.transform_job",
    Api.TUNING_JOB: "sagemaker.tuning_job",
    Api.FIREWORKS_JOB: "fireworks.batch_job",
    Api.FIREWORKS_INFERENCE_JOB: "fireworks.batch_inference_job",
}


def module_of(api: Api, name: str) -> ModuleType:
    """A module of an API's folder, imported now."""
    return import_module(f"jobchute.providers.{FOLDERS[api]}.{name}")


SPECS: Mapping[Api, ApiSpec] = {api: module_of(api, "spec").SPEC for api in FOLDERS}
