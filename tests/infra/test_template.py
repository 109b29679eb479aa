"""What is deployed: held against the lists in the code that it must not drift from."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from moto.events.models import EventPattern

from infra.function import RUNTIME
from infra.stack import TIMEOUT
from jobchute import runtime
from jobchute.job import Api
from jobchute.ledger import INDEXES, KEYS_ONLY, NUMERIC_KEYS, TIME_TO_LIVE
from jobchute.pace import Pace
from jobchute.providers import BACKENDS
from jobchute.providers.adapter import EventSource
from jobchute.requests.guardrails import GuardRails
from jobchute.rows import JOB
from jobchute.settings import (
    AnnounceSettings,
    DispatchSettings,
    ExpireSettings,
    FireworksSettings,
    ObserveSettings,
    ReconcileSettings,
    Settings,
    ValidateSettings,
)
from tests.infra.conftest import PROVIDER_URL, ROLES, Template, listed

FUNCTIONS = Path(__file__).parents[2] / "functions"
SETTINGS: dict[str, type[Settings]] = {
    "validate": ValidateSettings,
    "dispatch": DispatchSettings,
    "expire": ExpireSettings,
    "observe": ObserveSettings,
    "reconcile": ReconcileSettings,
    "announce": AnnounceSettings,
}
STATEFUL = {
    "LedgerTable9343E4AA": "AWS::DynamoDB::Table",
    "IntakeBucketDF3620F2": "AWS::S3::Bucket",
    "IntakeAccessLogsDBEC2A16": "AWS::S3::Bucket",
    "FireworksAccount0BFDB24A": "AWS::SecretsManager::Secret",
}
BUCKET = "IntakeBucketDF3620F2"
SUBMITTERS = ("dispatch", "reconcile")
WITH_EVENTS = {api: backend.events for api, backend in BACKENDS.items() if backend.events}


class TestFunctions:
    def test_every_handler_is_deployed_and_nothing_else(self, template: Template) -> None:
        handlers = {path.stem for path in FUNCTIONS.glob("*.py")}
        assert set(template.functions()) == handlers == set(SETTINGS)
        assert len(template.of("AWS::Lambda::Function")) == len(handlers)

    @pytest.mark.parametrize("module", SETTINGS)
    def test_its_module_has_a_handler(self, module: str) -> None:
        assert re.search(r"^def handler\(", (FUNCTIONS / f"{module}.py").read_text(), re.MULTILINE)

    @pytest.mark.parametrize("module", SETTINGS)
    def test_its_environment_is_what_its_settings_read(
        self, template: Template, configured: Template, embedded: Template, module: str
    ) -> None:
        variables = SETTINGS[module].variables()
        required = {name for name, is_required in variables.items() if is_required}
        for synthesized in (template, configured, embedded):
            given = synthesized.functions()[module]["Environment"]["Variables"]
            ours = {name for name in given if name.startswith("JOBCHUTE_")}
            assert required <= ours <= variables.keys()
            others = {name for name in given if not name.startswith(("JOBCHUTE_", "AWS_ENDPOINT_URL_"))}
            assert others == {"POWERTOOLS_LOG_LEVEL", "POWERTOOLS_SERVICE_NAME"}
            assert given["POWERTOOLS_SERVICE_NAME"] == module

    def test_every_setting_that_the_embedded_aws_shortens_is_read_by_somebody(self, embedded: Template) -> None:
        from infra.local.deployment import SECONDS

        wanted = {f"JOBCHUTE_{name.upper()}_SECONDS": str(value) for name, value in SECONDS.items()}
        given = embedded.functions()["dispatch"]["Environment"]["Variables"]
        assert wanted.items() <= given.items()

    def test_the_settings_take_the_values_that_are_given(
        self, configured: Template, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for module, settings in SETTINGS.items():
            given = configured.functions()[module]["Environment"]["Variables"]
            with monkeypatch.context() as environment:
                for name, value in given.items():
                    environment.setenv(name, value if isinstance(value, str) else "arn:of:something")
                parsed = settings.from_environment()
            if isinstance(parsed, ValidateSettings):
                assert parsed.guard_rails == GuardRails(roles=ROLES)
                assert parsed.retention_seconds == 30 * 24 * 3600

    def test_all_run_on_arm_with_the_newest_python(self, template: Template) -> None:
        for properties in template.functions().values():
            assert properties["Architectures"] == ["arm64"]
            assert properties["Runtime"] == RUNTIME.name == "python3.14"

    def test_all_have_a_log_group_that_forgets(self, template: Template) -> None:
        groups = template.of("AWS::Logs::LogGroup")
        assert all(group["Properties"]["RetentionInDays"] for group in groups.values())
        for properties in template.functions().values():
            assert properties["LoggingConfig"]["LogGroup"]["Ref"] in groups

    def test_none_shares_a_role(self, template: Template) -> None:
        roles = [properties["Role"]["Fn::GetAtt"][0] for properties in template.functions().values()]
        assert len(set(roles)) == len(roles)

    def test_none_outlives_the_lease_of_its_attempt(self, template: Template, embedded: Template) -> None:
        for synthesized in (template, embedded):
            for properties in synthesized.functions().values():
                given = properties["Environment"]["Variables"]
                lease = int(given.get("JOBCHUTE_LEASE_SECONDS", Pace(jitter=lambda most: most).lease))
                assert properties["Timeout"] == TIMEOUT.to_seconds() < lease

    @pytest.mark.parametrize("config", [runtime.PROVIDER_CONFIG, runtime.CONFIG], ids=["providers", "aws"])
    def test_a_call_that_hangs_leaves_its_function_time_to_write_that_down(self, config: Any) -> None:
        tries = config.retries["total_max_attempts"]
        assert tries * (config.connect_timeout + config.read_timeout) < TIMEOUT.to_seconds()


class TestTable:
    @pytest.fixture
    def table(self, template: Template) -> dict[str, Any]:
        (resource,) = template.of("AWS::DynamoDB::Table").values()
        properties: dict[str, Any] = resource["Properties"]
        return properties

    def test_its_keys_and_indexes_are_the_ledger_s(self, table: dict[str, Any]) -> None:
        assert schema(table) == ("pk", "sk")
        indexes = {index["IndexName"]: schema(index) for index in table["GlobalSecondaryIndexes"]}
        assert indexes == INDEXES
        kinds = {
            index["IndexName"]: index["Projection"]["ProjectionType"]
            for index in table["GlobalSecondaryIndexes"]
        }
        assert kinds == {name: "KEYS_ONLY" if name in KEYS_ONLY else "ALL" for name in INDEXES}

    def test_its_numeric_keys_are_the_ledger_s(self, table: dict[str, Any]) -> None:
        kinds = {each["AttributeName"]: each["AttributeType"] for each in table["AttributeDefinitions"]}
        assert {name for name, kind in kinds.items() if kind == "N"} == NUMERIC_KEYS
        assert kinds.keys() == {"pk", "sk", *(key for pair in INDEXES.values() for key in pair if key)}

    def test_time_to_live_stream_and_recovery_are_on(self, table: dict[str, Any]) -> None:
        assert table["TimeToLiveSpecification"] == {"AttributeName": TIME_TO_LIVE, "Enabled": True}
        assert table["StreamSpecification"]["StreamViewType"] == "NEW_AND_OLD_IMAGES"
        assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
        assert table["BillingMode"] == "PAY_PER_REQUEST"
        assert table["DeletionProtectionEnabled"] is True


def schema(keys: dict[str, Any]) -> tuple[str, str | None]:
    by_type = {key["KeyType"]: key["AttributeName"] for key in keys["KeySchema"]}
    return by_type["HASH"], by_type.get("RANGE")


class TestStateful:
    def test_logical_ids_stay_or_the_data_are_lost(self, template: Template) -> None:
        kinds = set(STATEFUL.values())
        stateful = {
            logical_id: resource["Type"]
            for logical_id, resource in template.body["Resources"].items()
            if resource["Type"] in kinds
        }
        assert stateful == STATEFUL

    def test_data_outlive_the_stack_unless_it_is_a_throwaway(
        self, template: Template, embedded: Template
    ) -> None:
        for logical_id in STATEFUL:
            kept, thrown = (each.body["Resources"][logical_id] for each in (template, embedded))
            assert (kept["DeletionPolicy"], kept["UpdateReplacePolicy"]) == ("Retain", "Retain")
            assert thrown["DeletionPolicy"] == "Delete"

    def test_no_resource_has_a_physical_name_but_the_state_machine_which_has_its_stack_s(
        self, template: Template
    ) -> None:
        names = re.compile(r'"(TableName|BucketName|QueueName|FunctionName|RoleName)": "')
        assert not names.search(json.dumps(template.body["Resources"]))
        (machine,) = template.of("AWS::StepFunctions::StateMachine").values()
        assert machine["Properties"]["StateMachineName"] == "Jobchute-Jobs"

    def test_the_state_machine_is_the_same_one_or_its_open_executions_end(self, template: Template) -> None:
        assert [*template.of("AWS::StepFunctions::StateMachine")] == ["TrackingStateMachineE35A8669"]


class TestQueues:
    def test_a_message_is_invisible_for_six_times_its_function_s_time_out(self, template: Template) -> None:
        read = self.mappings(template)
        assert set(read) == {"validate", "observe"}
        for module, mapping in read.items():
            queue = template.body["Resources"][mapping["EventSourceArn"]["Fn::GetAtt"][0]]["Properties"]
            assert queue["VisibilityTimeout"] >= 6 * template.functions()[module]["Timeout"]

    def test_throttling_alone_fills_no_dead_letter_queue(self, template: Template) -> None:
        for mapping in self.mappings(template).values():
            queue = template.body["Resources"][mapping["EventSourceArn"]["Fn::GetAtt"][0]]["Properties"]
            assert queue["RedrivePolicy"]["maxReceiveCount"] >= 5
            dead = queue["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
            letters = template.body["Resources"][dead]["Properties"]
            assert letters["MessageRetentionPeriod"] == 14 * 24 * 3600 >= queue["MessageRetentionPeriod"]

    def test_a_batch_reports_the_items_that_failed(self, template: Template) -> None:
        mappings = template.of("AWS::Lambda::EventSourceMapping").values()
        assert len(mappings) == 3
        for mapping in mappings:
            assert mapping["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]

    def test_a_batch_from_a_queue_is_of_ten(self, template: Template) -> None:
        for mapping in self.mappings(template).values():
            assert mapping["BatchSize"] == 10
            assert 2 <= mapping["ScalingConfig"]["MaximumConcurrency"] <= 1000

    def test_the_stream_is_read_from_its_beginning_and_what_fails_is_kept(self, template: Template) -> None:
        (mapping,) = (
            each["Properties"]
            for each in template.of("AWS::Lambda::EventSourceMapping").values()
            if "StartingPosition" in each["Properties"]
        )
        assert mapping["StartingPosition"] == "TRIM_HORIZON"
        (only,) = mapping["FilterCriteria"]["Filters"]
        assert json.loads(only["Pattern"]) == {
            "eventName": ["INSERT", "MODIFY"],
            "dynamodb": {"Keys": {"sk": {"S": [JOB]}}},
        }
        assert mapping["DestinationConfig"]["OnFailure"]["Destination"]["Fn::GetAtt"][0] in template.of(
            "AWS::SQS::Queue"
        )
        assert template.module_of(mapping["FunctionName"]["Ref"]) == "announce"

    def test_every_queue_that_waits_for_a_person_has_an_alarm(self, template: Template) -> None:
        queues = template.of("AWS::SQS::Queue")
        read = {mapping["EventSourceArn"]["Fn::GetAtt"][0] for mapping in self.mappings(template).values()}
        watched = {
            dimension["Value"]["Fn::GetAtt"][0]
            for alarm in template.of("AWS::CloudWatch::Alarm").values()
            for dimension in alarm["Properties"].get("Dimensions", [])
            if dimension["Name"] == "QueueName"
        }
        targets = {
            queue["Properties"]["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
            for logical_id, queue in queues.items()
            if logical_id in read
        }
        assert targets <= watched
        assert watched <= queues.keys()

    def test_every_queue_and_bucket_refuses_plain_http(self, template: Template) -> None:
        for kind in ("AWS::SQS::QueuePolicy", "AWS::S3::BucketPolicy"):
            for policy in template.of(kind).values():
                statements = policy["Properties"]["PolicyDocument"]["Statement"]
                denied = [each for each in statements if each["Effect"] == "Deny"]
                assert denied[0]["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}

    def mappings(self, template: Template) -> dict[str, dict[str, Any]]:
        return {
            template.module_of(mapping["Properties"]["FunctionName"]["Ref"]): mapping["Properties"]
            for mapping in template.of("AWS::Lambda::EventSourceMapping").values()
            if "StartingPosition" not in mapping["Properties"]
        }


class TestIntake:
    def test_the_bucket_keeps_versions_and_tells_the_queue_of_requests_alone(self, template: Template) -> None:
        bucket = template.body["Resources"][BUCKET]
        properties = bucket["Properties"]
        (told,) = properties["NotificationConfiguration"]["QueueConfigurations"]
        assert properties["VersioningConfiguration"] == {"Status": "Enabled"}
        assert told["Event"] == "s3:ObjectCreated:*"
        assert told["Filter"]["S3Key"]["Rules"] == [{"Name": "prefix", "Value": "requests/"}]
        assert all(properties["PublicAccessBlockConfiguration"].values())

    def test_the_queue_lets_s3_in_before_the_bucket_is_made(self, template: Template) -> None:
        bucket = template.body["Resources"][BUCKET]
        policies = template.of("AWS::SQS::QueuePolicy")
        needed = [each for each in bucket["DependsOn"] if each in policies]
        statements = policies[needed[0]]["Properties"]["PolicyDocument"]["Statement"]
        (allowed,) = [each for each in statements if each.get("Principal") == {"Service": "s3.amazonaws.com"}]
        assert allowed["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}

    def test_another_bucket_may_be_read_when_it_is_configured(
        self, template: Template, configured: Template
    ) -> None:
        assert "uploads" not in json.dumps(template.actions_of("validate"))
        assert "uploads/*" in json.dumps(configured.actions_of("validate")["s3:GetObjectVersion"])


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
    def test_a_rule_leaves_out_the_statuses_that_are_known_to_be_no_news(
        self, template: Template, api: Api
    ) -> None:
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
        assert sorted(sources) == [
            [f"aws.{name}", f"jobchute.simulator.{name}"] for name in ("bedrock", "braket", "sagemaker")
        ]


class TestBackends:
    """The lists of APIs, held together."""

    def test_every_api_has_a_backend_an_adapter_and_a_sample(self) -> None:
        from jobchute.requests.document import api_of_path

        settings = FireworksSettings(table="t", fireworks_secret_arn="arn", state_machine_arn="arn")
        samples = FUNCTIONS.parent / "events" / "requests"
        sampled = {api_of_path(f"requests/{path.relative_to(samples)}") for path in samples.glob("*/*/*.json")}
        assert set(Api) == set(BACKENDS) == set(runtime.adapters(settings)) == sampled

    @pytest.mark.parametrize("api", [api for api in Api if BACKENDS[api].service])
    def test_its_create_call_and_tagging_are_allowed_to_those_that_submit(
        self, template: Template, api: Api
    ) -> None:
        backend = BACKENDS[api]
        assert str(api) in backend.create
        assert any("Tag" in action for action in backend.create)
        for module in SUBMITTERS:
            allowed = template.actions_of(module)
            assert {*backend.create, *backend.find, *backend.list, *backend.cancel} <= allowed.keys()

    @pytest.mark.parametrize("module", ["validate", "observe", "expire", "announce"])
    def test_nobody_else_may_create(self, template: Template, module: str) -> None:
        created = {action for backend in BACKENDS.values() for action in backend.create}
        assert not created & template.actions_of(module).keys()
        assert "iam:PassRole" not in template.actions_of(module)

    @pytest.mark.parametrize("api", [api for api in Api if BACKENDS[api].service])
    def test_those_that_watch_may_read_and_stop(self, template: Template, api: Api) -> None:
        backend = BACKENDS[api]
        assert {*backend.read, *backend.cancel} <= template.actions_of("expire").keys()
        assert {*backend.read} <= template.actions_of("observe").keys()
        assert {*backend.cancel} <= template.actions_of("validate").keys()

    def test_every_action_exists(self) -> None:
        """IAM takes a misspelt action without a word."""
        import botocore.session

        session = botocore.session.Session()
        for api, backend in BACKENDS.items():
            if backend.service is None:
                continue
            operations = set(session.get_service_model(backend.service).operation_names)
            for action in (*backend.create, *backend.read, *backend.find, *backend.list, *backend.cancel):
                prefix, name = action.split(":")
                assert prefix == backend.service, api
                assert name in operations, action

    def test_the_packaged_botocore_knows_every_granted_operation(self) -> None:
        from infra.botocore_data import OPERATIONS

        # Creating a job with tags needs these permissions too; nobody calls them.
        along = {"TagResource", "AddTags"}
        for backend in BACKENDS.values():
            for action in (*backend.create, *backend.read, *backend.list, *backend.cancel):
                service, name = action.split(":")
                assert name in OPERATIONS[service] | along, action


class TestGrants:
    # X-Ray, log delivery and List calls know no resources; CreateJob's are unclear in the reference.
    ON_EVERYTHING = re.compile(
        r"xray:\w+|logs:(Create|Delete|Get|List|Update)LogDelivery|logs:ListLogDeliveries"
        r"|logs:(Put|Describe)ResourcePolic(y|ies)|logs:DescribeLogGroups|braket:(SearchJobs|CreateJob|TagResource)"
        r"|bedrock:ListModelInvocationJobs|dynamodb:ListStreams"
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
                    unknown = [
                        each for each in listed(statement["Action"]) if not self.ON_EVERYTHING.fullmatch(each)
                    ]
                    assert not unknown, logical_id

    def test_no_role_is_passed_without_configuration(self, template: Template) -> None:
        assert "iam:PassRole" not in json.dumps(template.body)

    def test_a_role_is_passed_to_its_provider_alone(self, configured: Template) -> None:
        passed = [each for _, each in configured.statements() if "iam:PassRole" in listed(each["Action"])]
        services = {backend.passed_to for backend in BACKENDS.values() if backend.passed_to}
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
            assert ("/status/*" in where) == (module in ("validate", "announce", "reconcile"))
            assert "/requests" not in where


class TestRealAccount:
    def test_no_function_of_a_custom_resource(self, template: Template, configured: Template) -> None:
        for synthesized in (template, configured):
            kinds = {resource["Type"] for resource in synthesized.body["Resources"].values()}
            assert not [kind for kind in kinds if kind.startswith("Custom::") or "CustomResource" in kind]
            assert set(synthesized.functions()) == set(SETTINGS)

    def test_nothing_local(self, template: Template, configured: Template) -> None:
        for synthesized in (template, configured):
            text = json.dumps(synthesized.body).lower()
            for word in ("127.0.0.1", "localhost", "simulator", "ministack", "endpoint_url", "000000000000"):
                assert word not in text

    def test_the_simulator_is_in_the_embedded_one_alone(self, embedded: Template) -> None:
        for properties in embedded.functions().values():
            variables = properties["Environment"]["Variables"]
            assert variables["AWS_ENDPOINT_URL_SAGEMAKER"] == PROVIDER_URL

    def test_the_outputs_are_what_the_tool_asks_for(self, template: Template) -> None:
        assert template.body["Outputs"].keys() >= {
            *("BucketName", "QueueUrl", "TableName"),
            *("StateMachineArn", "BusName", "FireworksSecretArn"),
        }

    def test_no_secret_value_is_in_the_template(self, template: Template) -> None:
        (secret,) = template.of("AWS::SecretsManager::Secret").values()
        assert "SecretString" not in secret["Properties"]
