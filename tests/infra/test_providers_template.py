"""What is deployed for each provider: its events' rules, its permissions and its settings."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from moto.events.models import EventPattern

from infra.endpoints import SERVICES
from jobchute.job import Api
from jobchute.providers.registry import SPECS
from jobchute.providers.spec import EventSource, Grant, Iam
from jobchute.runtime import compose
from jobchute.status.documents import STATUS_FOLDERS
from tests.apis import VALUES
from tests.fakes.clients import GivenClients
from tests.fakes.settings import GivenSettings
from tests.infra import conftest
from tests.infra.checks.safeguards import LISTS
from tests.infra.conftest import ROLES, Template, listed
from tests.paths import SAMPLES

SUBMITTERS = ("dispatch", "reconcile")
WITH_EVENTS = {api: spec.events for api, spec in SPECS.items() if spec.events}
WITH_IAM = {api: spec.iam for api, spec in SPECS.items() if spec.iam}


def _grants(iam: Iam) -> list[Grant]:
    """All but those of what a request names beside the job, which repeat the create call."""
    return [iam.create, iam.tag, iam.read, *iam.find, iam.list, iam.cancel]


def _actions(*grants: Grant) -> set[str]:
    return {action for grant in grants for action in grant.actions}


def _rule_of(template: Template, source: EventSource) -> dict[str, Any]:
    rule: dict[str, Any]
    (rule,) = (
        each["Properties"]
        for each in template.of("AWS::Events::Rule").values()
        if source.detail_type in each["Properties"].get("EventPattern", {}).get("detail-type", [])
    )
    return rule


class TestEvents:
    @pytest.mark.parametrize("api", WITH_EVENTS)
    def test_a_rule_sends_its_state_changes_to_the_queue(self, template: Template, api: Api) -> None:
        source = WITH_EVENTS[api]
        rule = _rule_of(template, source)
        assert rule["EventPattern"]["source"] == [source.source]
        assert rule["State"] == "ENABLED"
        assert all("DeadLetterConfig" in target for target in rule["Targets"])

    @pytest.mark.parametrize("api", WITH_EVENTS)
    def test_a_rule_leaves_out_statuses_that_move_no_job(self, template: Template, api: Api) -> None:
        source = WITH_EVENTS[api]
        matcher = EventPattern.load(json.dumps(_rule_of(template, source)["EventPattern"]))

        def is_heard(detail: Mapping[str, str]) -> bool:
            event: Any = {"source": source.source, "detail-type": source.detail_type, "detail": detail}
            return matcher.matches_event(event)

        assert not any(is_heard({source.status_field: status}) for status in source.unheard)
        assert all(is_heard({source.status_field: status}) for status in ("Completed", "a new one"))
        assert is_heard({})

    def test_no_rule_waits_for_anything_else(self, template: Template) -> None:
        patterns = [
            rule["Properties"].get("EventPattern") for rule in template.of("AWS::Events::Rule").values()
        ]
        listened = {name for pattern in patterns if pattern for name in pattern["detail-type"]}
        assert listened == {source.detail_type for source in WITH_EVENTS.values()}

    def test_the_sweep_is_on_a_schedule(self, template: Template) -> None:
        (rule,) = (
            each["Properties"]
            for each in template.of("AWS::Events::Rule").values()
            if "ScheduleExpression" in each["Properties"]
        )
        assert rule["ScheduleExpression"] == "rate(1 minute)"
        (target,) = rule["Targets"]
        assert template.module_of(target["Arn"]["Fn::GetAtt"][0]) == "reconcile"

    def test_the_embedded_aws_listens_to_the_simulator_besides(self, embedded: Template) -> None:
        sources = [
            rule["Properties"]["EventPattern"]["source"]
            for rule in embedded.of("AWS::Events::Rule").values()
            if "EventPattern" in rule["Properties"]
        ]
        assert sorted(sources) == [[f"aws.{name}", f"jobchute.simulator.{name}"] for name in sorted(SERVICES)]


class TestSpecs:
    """The lists of APIs, held together."""

    def test_every_api_has_a_spec_an_adapter_and_a_sample(self) -> None:
        from jobchute.requests.document import api_of_path

        adapters = compose(GivenClients({}), GivenSettings()).adapters
        sampled = {api_of_path(f"requests/{path.relative_to(SAMPLES)}") for path in SAMPLES.glob("*/*/*.json")}
        assert set(Api) == set(VALUES) == set(SPECS) == set(adapters) == sampled

    @pytest.mark.parametrize("api", WITH_IAM)
    def test_submitters_may_create_and_tag(self, open_to_all: Template, api: Api) -> None:
        iam = WITH_IAM[api]
        assert _actions(iam.create) == {str(api)}
        assert all("Tag" in action for action in iam.tag.actions)
        for module in SUBMITTERS:
            needed = _actions(iam.create, iam.tag, *iam.find, iam.cancel)
            assert needed <= open_to_all.actions_of(module).keys()

    @pytest.mark.parametrize("module", SUBMITTERS)
    def test_a_training_plan_may_be_named_under_any_guard_rail(self, asset: Path, module: str) -> None:
        """IAM asks about the plan apart, with no condition keys (service authorization reference)."""
        rails = conftest.synthesized(asset, instance_types=("ml.p5.*",), longest_run_seconds=3600)
        creating = [
            each
            for name, each in rails.statements()
            if name.startswith(module.capitalize()) and each["Action"] == "sagemaker:CreateTrainingJob"
        ]
        conditions = {
            re.findall(r":([a-z-]+)/\*", json.dumps(each["Resource"]))[0]: "Condition" in each
            for each in creating
        }
        assert conditions == {"training-job": True, "training-plan": False}

    @pytest.mark.parametrize("module", SUBMITTERS)
    def test_a_batch_job_may_name_every_kind_of_model(self, template: Template, module: str) -> None:
        """Those that its pattern takes: models of both kinds, profiles of both kinds."""
        where = json.dumps(template.actions_of(module)["bedrock:CreateModelInvocationJob"])
        kinds = {*re.findall(r":([a-z-]+)/\*", where)} - {"model-invocation-job"}
        assert kinds == {
            "foundation-model",
            "custom-model",
            "inference-profile",
            "application-inference-profile",
        }

    @pytest.mark.parametrize("module", ["validate", "observe", "expire", "announce"])
    def test_nobody_else_may_create(self, template: Template, module: str) -> None:
        created = _actions(*(iam.create for iam in WITH_IAM.values()))
        assert not created & template.actions_of(module).keys()
        assert "iam:PassRole" not in template.actions_of(module)

    @pytest.mark.parametrize("api", WITH_IAM)
    def test_those_that_watch_may_read_and_stop(self, template: Template, api: Api) -> None:
        iam = WITH_IAM[api]
        assert _actions(iam.read, iam.cancel) <= template.actions_of("expire").keys()
        assert _actions(iam.read) <= template.actions_of("observe").keys()
        assert _actions(iam.cancel) <= template.actions_of("validate").keys()
        assert _actions(iam.read, iam.list) <= template.actions_of("reconcile").keys()

    def test_every_action_exists(self) -> None:
        """IAM takes a misspelt action without a word."""
        import botocore.session

        session = botocore.session.Session()
        for api, iam in WITH_IAM.items():
            service = SPECS[api].service
            assert service is not None
            operations = set(session.get_service_model(service).operation_names)
            for action in _actions(*_grants(iam)):
                prefix, name = action.split(":")
                assert prefix == service, api
                assert name in operations, action

    def test_the_packaged_botocore_knows_every_granted_operation(self) -> None:
        from infra.botocore_data import OPERATIONS

        for iam in WITH_IAM.values():
            # Creating a job with tags needs the permission for tagging; it is not called.
            for action in _actions(*_grants(iam)) - _actions(iam.tag):
                service, name = action.split(":")
                assert name in OPERATIONS[service], action


class TestGrants:
    # X-Ray and log delivery know no resources; those of Braket's CreateJob are unclear in the reference.
    ON_EVERYTHING = re.compile(
        r"xray:\w+|logs:(Create|Delete|Get|List|Update)LogDelivery|logs:ListLogDeliveries"
        r"|logs:(Put|Describe)ResourcePolic(y|ies)|logs:DescribeLogGroups|braket:(CreateJob|TagResource)"
        r"|dynamodb:ListStreams"
    )

    def test_actions_are_named_one_by_one(self, template: Template, configured: Template) -> None:
        for synthesized in (template, configured):
            for logical_id, statement in synthesized.statements():
                assert statement["Effect"] == "Allow"
                assert not [each for each in listed(statement["Action"]) if "*" in each], logical_id

    def test_what_is_allowed_on_everything_is_known(self, template: Template, configured: Template) -> None:
        for synthesized in (template, configured):
            for logical_id, statement in synthesized.statements():
                if "*" in listed(statement["Resource"]):
                    others = {*listed(statement["Action"])} - LISTS
                    unknown = [each for each in others if not self.ON_EVERYTHING.fullmatch(each)]
                    assert not unknown, logical_id

    def test_no_role_is_passed_without_configuration(self, template: Template) -> None:
        assert "iam:PassRole" not in json.dumps(template.body)

    def test_a_role_is_passed_to_its_provider_alone(self, configured: Template) -> None:
        passed = [each for _, each in configured.statements() if "iam:PassRole" in listed(each["Action"])]
        services = {iam.passed_to for iam in WITH_IAM.values() if iam.passed_to}
        assert len(passed) == len(SUBMITTERS) * len(services)
        for statement in passed:
            assert listed(statement["Action"]) == ["iam:PassRole"]
            assert listed(statement["Resource"]) == list(ROLES)
            assert set(statement["Condition"]["StringEquals"]) == {"iam:PassedToService"}
            assert statement["Condition"]["StringEquals"]["iam:PassedToService"] in services

    def test_a_task_token_is_answered_by_announce_alone(self, template: Template) -> None:
        for module in template.functions():
            answers = "states:SendTaskSuccess" in template.actions_of(module)
            assert answers == (module == "announce")
        assert template.actions_of("announce")["states:SendTaskSuccess"] != ["*"]

    def test_an_execution_is_started_by_those_that_may(self, template: Template) -> None:
        starters = {
            module for module in template.functions() if "states:StartExecution" in template.actions_of(module)
        }
        # Whoever ends a job lets in the next.
        assert starters == set(template.functions())

    def test_the_table_is_written_by_those_that_move_jobs(self, template: Template) -> None:
        writers = {
            module for module in template.functions() if "dynamodb:UpdateItem" in template.actions_of(module)
        }
        assert writers == set(template.functions())
        assert "dynamodb:PutItem" in template.actions_of("validate")
        queries = {
            module: json.dumps(template.actions_of(module).get("dynamodb:Query", []))
            for module in template.functions()
        }
        assert "byProviderId" in queries["observe"]
        assert "byDue" in queries["reconcile"]
        assert "bySource" in queries["validate"]

    def test_only_the_intake_puts_messages_on_its_own_queue(self, template: Template) -> None:
        for module in template.functions():
            queues = json.dumps(template.actions_of(module).get("sqs:SendMessage", []))
            assert ("IntakeMessagesQueue" in queues) == (module == "validate")

    def test_status_documents_are_written_and_requests_never(self, template: Template) -> None:
        for module in template.functions():
            where = json.dumps(template.actions_of(module).get("s3:PutObject", []))
            for folder in STATUS_FOLDERS:
                assert (f"/{folder}*" in where) == (module in ("validate", "announce", "reconcile"))
            assert "/requests" not in where
