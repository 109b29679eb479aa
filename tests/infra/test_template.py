"""What is deployed: held against the lists in the code that it must not drift from."""

import json
import re
from typing import Any

import pytest

from infra.function import RUNTIME
from infra.resources import TIMEOUT
from jobchute.ledger.table import INCLUDED, INDEXES, NUMERIC_KEYS, TIME_TO_LIVE
from jobchute.lifecycle.timing import Timing
from jobchute.requests.guardrails import GuardRails
from jobchute.requests.location import Location
from jobchute.runtime.clients import CONFIG, PROVIDER_CONFIG, PROVIDER_READ_CONFIG
from jobchute.settings import (
    AnnounceSettings,
    DispatchSettings,
    ExpireSettings,
    ObserveSettings,
    ReconcileFunctionSettings,
    Settings,
    ValidateSettings,
)
from tests.infra.conftest import PROVIDER_URL, ROLES, Template
from tests.paths import FUNCTIONS

SETTINGS: dict[str, type[Settings]] = {
    "validate": ValidateSettings,
    "dispatch": DispatchSettings,
    "expire": ExpireSettings,
    "observe": ObserveSettings,
    "reconcile": ReconcileFunctionSettings,
    "announce": AnnounceSettings,
}
STATEFUL = {
    "LedgerTable9343E4AA": "AWS::DynamoDB::Table",
    "IntakeBucketDF3620F2": "AWS::S3::Bucket",
    "IntakeAccessLogsDBEC2A16": "AWS::S3::Bucket",
    "FireworksAccount0BFDB24A": "AWS::SecretsManager::Secret",
}


def deployed(value: Any) -> str:
    """A variable's value, with the names of pseudo parameters for their values."""
    match value:
        case str():
            return value
        case {"Ref": str() as name}:
            return name.replace("::", "-")
        case {"Fn::Join": [str() as separator, list() as parts]}:
            return separator.join(map(deployed, parts))
        case _:
            return "arn:of:something"


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

    def test_every_setting_shortened_on_the_embedded_aws_is_read(self, embedded: Template) -> None:
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
                    environment.setenv(name, deployed(value))
                parsed = settings.from_environment()
            if isinstance(parsed, ValidateSettings):
                assert parsed.guard_rails == GuardRails(roles=ROLES)
                assert parsed.retention_seconds == 30 * 24 * 3600
                assert parsed.place == Location(region="AWS-Region", account="AWS-AccountId")

    def test_the_embedded_aws_checks_no_region_and_no_account(
        self, template: Template, embedded: Template
    ) -> None:
        assert "JOBCHUTE_PLACE" in template.functions()["validate"]["Environment"]["Variables"]
        assert "JOBCHUTE_PLACE" not in embedded.functions()["validate"]["Environment"]["Variables"]

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
                lease = int(given.get("JOBCHUTE_LEASE_SECONDS", Timing(jitter=lambda most: most).lease))
                assert properties["Timeout"] == TIMEOUT.to_seconds() < lease

    @pytest.mark.parametrize(
        "config",
        [PROVIDER_CONFIG, PROVIDER_READ_CONFIG, CONFIG],
        ids=["creates", "reads", "aws"],
    )
    def test_a_hanging_call_leaves_time_to_write_that_down(self, config: Any) -> None:
        tries = config.retries["total_max_attempts"]
        assert tries * (config.connect_timeout + config.read_timeout) < TIMEOUT.to_seconds()

    def test_lambda_lets_the_one_that_sends_to_its_own_queue_do_so(
        self, template: Template, embedded: Template
    ) -> None:
        """Else it stops a large file after some 16 steps (recursive loop detection); it watches all others."""
        for synthesized in (template, embedded):
            allowed = {name: each.get("RecursiveLoop") for name, each in synthesized.functions().items()}
            assert allowed.pop("validate") == "Allow"
            assert {*allowed.values()} == {None}


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

    def test_an_index_holds_keys_and_what_the_ledger_names(self, table: dict[str, Any]) -> None:
        held = {index["IndexName"]: index["Projection"] for index in table["GlobalSecondaryIndexes"]}
        for name, projection in held.items():
            assert projection["ProjectionType"] == ("INCLUDE" if name in INCLUDED else "KEYS_ONLY")
            assert tuple(projection.get("NonKeyAttributes", ())) == INCLUDED.get(name, ())

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
            assert kept["DeletionPolicy"] in ("Retain", "RetainExceptOnCreate")
            assert kept["UpdateReplacePolicy"] == "Retain"
            assert thrown["DeletionPolicy"] == "Delete"

    def test_a_failed_first_deployment_leaves_the_table_alone(self, template: Template) -> None:
        """The table's protection from deletion would make the rollback fail, too."""
        policies = {
            logical_id: template.body["Resources"][logical_id]["DeletionPolicy"] for logical_id in STATEFUL
        }
        table = next(name for name, kind in STATEFUL.items() if kind == "AWS::DynamoDB::Table")
        assert template.body["Resources"][table]["Properties"]["DeletionProtectionEnabled"] is True
        assert policies.pop(table) == "Retain"
        assert {*policies.values()} == {"RetainExceptOnCreate"}

    def test_only_the_state_machine_has_a_physical_name(self, template: Template) -> None:
        names = re.compile(r'"(TableName|BucketName|QueueName|FunctionName|RoleName)": "')
        assert not names.search(json.dumps(template.body["Resources"]))
        (machine,) = template.of("AWS::StepFunctions::StateMachine").values()
        assert machine["Properties"]["StateMachineName"] == "Jobchute-Jobs"

    def test_the_state_machine_is_replaced_by_no_update(self, template: Template) -> None:
        assert [*template.of("AWS::StepFunctions::StateMachine")] == ["TrackingStateMachineE35A8669"]


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
