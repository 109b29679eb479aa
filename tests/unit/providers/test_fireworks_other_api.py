"""Fireworks' hand-written model: what belongs to its other batch API, and that its lists name real members."""

import pytest

from jobchute.job import Api
from jobchute.providers.models import docs_for, model_for
from jobchute.requests.body import problems_in
from jobchute.validation.explain import members_of, unwrapped

REQUEST = {"nodePoolId": "pool", "shellExecutor": {"command": "python train.py"}}
# docs.fireworks.ai, the request body of batchInferenceJobs.
OTHER_MEMBERS = [
    *("model", "inputDatasetId", "outputDatasetId", "inferenceParameters", "systemPrompt"),
    *("precision", "jobProgress", "continuedFromJobName", "batchInferenceJobId"),
]


@pytest.mark.parametrize("name", OTHER_MEMBERS)
def test_a_member_of_the_other_batch_api_is_explained(name: str) -> None:
    (problem,) = problems_in(Api.FIREWORKS_JOB, {**REQUEST, name: "x"})
    assert (problem.path, problem.code) == (f"request.{name}", "OTHER_API")
    assert (
        "It belongs to Fireworks' batchInferenceJobs (prompts from a data set, run through a model). "
        "fireworks:CreateBatchJob runs a program of yours on a node pool: name the pool in nodePoolId and the "
        "program in pythonExecutor, shellExecutor or notebookExecutor. "
        "For prompts, name fireworks:CreateBatchInferenceJob as the api."
    ) in problem.message


def test_the_lists_beside_the_model_name_members_that_there_are() -> None:
    model = model_for(Api.FIREWORKS_JOB)
    structures = {"BatchJob": model.request}
    structures |= {
        kind.__name__: kind
        for kind, _ in map(unwrapped, members_of(model.request).values())
        if hasattr(kind, "__required_keys__")
    }
    names = {f"{name}.{member}" for name, structure in structures.items() for member in members_of(structure)}
    assert model.sensitive == {"BatchJob.envVars", "PythonExecutor.args", "ShellExecutor.command"}
    assert model.sensitive <= names
    assert set(model.elsewhere) == set(OTHER_MEMBERS)
    assert set(model.elsewhere).isdisjoint(members_of(model.request))
    assert model.read_only.isdisjoint(names)
    assert model.unions == frozenset()
    assert {name.partition(".")[0] for name in docs_for(Api.FIREWORKS_JOB)} <= set(structures)
