"""What a job with alternatives may ask for in its attempts, and what it may cost."""

import json
from typing import Any

from jobchute.job import Api, Source
from jobchute.lifecycle.build import Built, JobBuilder
from jobchute.parsing.documents import read_documents
from jobchute.providers.pool_defaults import pool_rules
from jobchute.requests.costs import JobCosts
from jobchute.requests.document import parse_document
from jobchute.requests.submission import Submission
from jobchute.runtime import compose
from tests.fakes.clients import GivenClients
from tests.fakes.settings import GivenSettings
from tests.unit.bodies import VALID
from tests.unit.money.quantities import PRICES

REQUEST: dict[str, Any] = {
    **VALID[Api.TRAINING_JOB],
    "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
    "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
}
TYPE = "ResourceConfig.InstanceType"
LIMIT = "StoppingCondition.MaxRuntimeInSeconds"


def built(*alternatives: dict[str, Any]) -> Built:
    text = {"api": Api.TRAINING_JOB, "request": REQUEST, "alternatives": alternatives}
    (document,) = read_documents(json.dumps(text).encode(), name="x.json")
    submission = parse_document(document.value, path="x.json")
    assert isinstance(submission, Submission)
    adapters = compose(GivenClients({}), GivenSettings()).adapters
    builder = JobBuilder(adapters, pool_rules, 60, "submitter", lambda: 0.0, JobCosts(lambda: PRICES, None))
    return builder.build(submission, Source(uri="s3://b/x.json", status_key="", index=0))


def test_each_attempt_has_its_own_pool_limit_and_rates() -> None:
    plan = built({TYPE: "ml.m5.4xlarge"}, {LIMIT: 7200}).plan
    assert [each.changes for each in plan] == [
        [],
        [[["ResourceConfig", "InstanceType"], "ml.m5.4xlarge"]],
        [[["StoppingCondition", "MaxRuntimeInSeconds"], 7200]],
    ]
    own = "sagemaker:CreateTrainingJob/ml.m5.large"
    assert [each.pool for each in plan] == [own, "sagemaker:CreateTrainingJob/ml.m5.4xlarge", own]
    assert [each.time_limit - plan[0].time_limit for each in plan] == [0, 0, 3600]
    assert plan[0].rates is not None
    assert plan[0].rates == plan[2].rates != plan[1].rates


def test_the_job_costs_what_its_dearest_attempt_may() -> None:
    """One hour of an ml.m5.4xlarge with a gigabyte: 0.922 + 0.0002 dollars. The others cost less."""
    job, plan = built({TYPE: "ml.m5.4xlarge"}, {LIMIT: 7200})
    assert job.cost is not None
    assert job.cost["bound"] == 922_200
    assert job.rates == plan[0].rates
