"""The facts that a sweep's page shows, over moto."""

import itertools
from collections import Counter
from typing import Any

import pytest

from jobchute.cli.deployment import Deployment
from jobchute.cli.facts.sweep import MAX_JOBS, SweepView, sweep_facts
from jobchute.errors import UnknownJobError
from jobchute.job import Job, State
from tests.aws_calls import counted_calls
from tests.builders import a_job, a_source

FILE = "s3://jobs/requests/churn-sweep.yaml"
AUC = "validation:auc"
OBJECTIVE = {"metric": AUC, "goal": "maximize"}
SECRET = "canary-of-a-secret-value"


def a_swept_job(number: int, **changes: Any) -> Job:
    failed = number % 4 == 3
    metrics = {} if failed else {AUC: number / 10, "train:loss": 1 - number / 10}
    given: dict[str, Any] = {
        "state": State.FAILED if failed else State.SUCCEEDED,
        "source": a_source(uri=FILE, combination=number),
        "result": {"version": 1, "metrics": metrics},
        "labels": {"team": "growth"},
    }
    return a_job(f"churn-{number}", **{**given, **changes})


def stored(deployment: Deployment, job: Job, **members: Any) -> None:
    body = {"TrainingJobName": job.name, **members}
    deployment.ledger.requests.keep(job.job_id, job.digest, body, job.created_at)
    deployment.ledger.add(job)


@pytest.fixture
def sweep(deployment: Deployment) -> Deployment:
    for number, (depth, eta) in enumerate(itertools.product(("2", "10"), ("0.1", "0.2", "adam"))):
        job = a_swept_job(number, objective=OBJECTIVE)
        stored(deployment, job, HyperParameters={"max_depth": depth, "eta": eta})
    return deployment


def names(deployment: Deployment, **view: Any) -> list[str]:
    return [row.job.name for row in sweep_facts(deployment, FILE, SweepView(**view)).rows]


def test_the_best_by_the_objective_comes_first(sweep: Deployment) -> None:
    facts = sweep_facts(sweep, FILE, SweepView())
    assert [row.job.name for row in facts.rows] == [
        "churn-5",
        "churn-4",
        "churn-2",
        "churn-1",
        "churn-0",
        "churn-3",
    ]
    assert facts.best is not None
    assert facts.best.job.name == "churn-5"
    assert facts.values == {"HyperParameters.max_depth": "max_depth", "HyperParameters.eta": "eta"}
    assert facts.metrics == [AUC, "train:loss"]
    assert facts.counts == {State.SUCCEEDED: 5, State.FAILED: 1}
    assert (facts.has_more, facts.has_hidden) == (False, False)


def test_another_metric_may_be_chosen(sweep: Deployment) -> None:
    facts = sweep_facts(sweep, FILE, SweepView(metric="train:loss", goal="minimize"))
    assert facts.objective == ("train:loss", "minimize")
    assert facts.metrics[0] == "train:loss"
    assert sweep_facts(sweep, FILE, SweepView(metric="no such")).objective == (AUC, "maximize")
    assert sweep_facts(sweep, FILE, SweepView(metric=AUC, goal="sideways")).objective == (AUC, "maximize")


def test_a_column_sorts_as_numbers_with_missing_values_last(sweep: Deployment) -> None:
    assert names(sweep, sort="value:HyperParameters.max_depth")[:3] == ["churn-2", "churn-1", "churn-0"]
    assert names(sweep, sort="value:HyperParameters.eta")[-2:] == ["churn-5", "churn-2"]
    assert names(sweep, sort=f"metric:{AUC}")[0] == "churn-0"
    assert names(sweep, sort=f"metric:{AUC}", descending=True)[0] == "churn-5"
    assert names(sweep, sort=f"metric:{AUC}", descending=True)[-1] == "churn-3"
    assert names(sweep, sort="name", descending=True)[0] == "churn-5"
    assert len(names(sweep, sort="no such column")) == 6


class TestSecrets:
    def test_of_unlike_documents_only_numbers_are_compared(self, deployment: Deployment) -> None:
        for number in range(3):
            job = a_swept_job(number, source=a_source(uri=f"sqs://{number}"))
            hyperparameters = {"eta": f"0.{number}", "key": f"{SECRET}-{number}", "same": "1"}
            environment = {"TOKEN": f"{SECRET}-{number}", "PIN": str(number)}
            stored(deployment, job, HyperParameters=hyperparameters, Environment=environment)
        facts = sweep_facts(deployment, "team=growth", SweepView())
        assert [*facts.values] == ["HyperParameters.eta"]
        assert SECRET not in repr(facts)
        assert facts.has_hidden

    def test_a_secret_member_of_one_job_alone_is_left_out(self, deployment: Deployment) -> None:
        members: list[dict[str, Any]] = [
            {"Environment": {"TOKEN": SECRET}, "VpcConfig": {"args": [SECRET]}},
            {},
        ]
        for number, given in enumerate(members):
            job = a_swept_job(number, source=a_source(uri=f"sqs://{number}"))
            stored(deployment, job, HyperParameters={"eta": f"0.{number}"}, **given)
        assert [*sweep_facts(deployment, "team=growth", SweepView()).values] == [
            "HyperParameters.eta",
            "VpcConfig",
        ]

    def test_one_document_of_a_file_is_no_matrix(self, deployment: Deployment) -> None:
        for number in range(2):
            stored(
                deployment,
                a_swept_job(number, source=a_source(uri=FILE, index=number)),
                HyperParameters={"key": f"{SECRET}-{number}"},
            )
        assert SECRET not in repr(sweep_facts(deployment, FILE, SweepView()))


def test_a_target_without_jobs_is_unknown(deployment: Deployment) -> None:
    deployment.ledger.add(a_job(state=State.REJECTED, api=None, source=a_source(uri=FILE)))
    for target in (FILE, "team=other", "nothing"):
        with pytest.raises(UnknownJobError):
            sweep_facts(deployment, target, SweepView())


@pytest.mark.slow
def test_a_page_has_a_bounded_number_of_jobs(deployment: Deployment) -> None:
    for number in range(MAX_JOBS + 20):
        deployment.ledger.add(a_swept_job(number))
    with counted_calls() as calls:
        facts = sweep_facts(deployment, FILE, SweepView())
    assert len(facts.rows) == MAX_JOBS
    assert facts.has_more
    assert calls.keys() == {"Query", "BatchGetItem"}
    assert calls == Counter(Query=2, BatchGetItem=12)
