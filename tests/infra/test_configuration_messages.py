"""A context value that is wrong ends the synthesis with one line, which names it and says what would do."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from infra.configuration import PREFIX, Configuration, ConfigurationError
from infra.configuration_messages import WANTED
from tests.infra.test_configuration import configured
from tests.paths import ROOT

KEY = "arn:aws:kms:us-east-1:123456789012:alias/jobs"
WRONG = [
    ("stack", "my stack", "stack: 'my stack' does not do"),
    ("roles", "SageMakerRole", "roles: 'SageMakerRole' does not do"),
    ("roles", '["SageMakerRole"]', "roles[0]: 'SageMakerRole' does not do"),
    ("roles", '["arn:aws:iam::123456789012:role/a", 7]', "roles[1]: 7 does not do"),
    ("roles", "[arn:aws:iam::123456789012:role/a]", "roles: '[arn:aws:iam::123456789012:role/a]' does not do"),
    ("inputs", '["bucket"]', "inputs[0]: 'bucket' does not do"),
    ("outputs", '["s3://b/*"]', "outputs[0]: 's3://b/*' does not do"),
    ("instance_types", "ml.m5.large", "instance_types: 'ml.m5.large' does not do"),
    ("instance_types", '["m5.large"]', "instance_types[0]: 'm5.large' does not do"),
    ("instance_types", '{"ml.m5.large": 1}', "instance_types: {'ml.m5.large': 1} does not do"),
    ("devices", "local:*", "devices: 'local:*' does not do"),
    ("devices", '["sv1"]', "devices[0]: 'sv1' does not do"),
    (
        "devices",
        '["local:x", "device/quantum-simulator"]',
        "devices[1]: 'device/quantum-simulator' does not do",
    ),
    ("most_instances", "0", "most_instances: 0 does not do"),
    ("most_instances", "two", "most_instances: 'two' does not do"),
    ("longest_run_seconds", "1h", "longest_run_seconds: '1h' does not do"),
    ("required_labels", '["a b"]', "required_labels[0]: 'a b' does not do"),
    ("max_volume_gb", "-5", "max_volume_gb: '-5' does not do"),
    ("max_keep_alive_seconds", "no", "max_keep_alive_seconds: 'no' does not do"),
    ("max_jobs_per_file", "0", "max_jobs_per_file: 0 does not do"),
    ("remote_debug", "maybe", "remote_debug: 'maybe' does not do"),
    ("buckets", '["s3://uploads"]', "buckets[0]: 's3://uploads' does not do"),
    ("owners", '["ada"]', "owners: ['ada'] does not do"),
    ("owners", '{"ada": {"principal": []}}', "owners.ada.principal: there is no such member"),
    ("owners", '{"ada": {"buckets": ["unread"]}}', "owners: unread: list it in jobchute:buckets too"),
    ("queues", '["orders.fifo"]', "queues[0]: 'orders.fifo' does not do"),
    ("retention_days", "30d", "retention_days: '30d' does not do"),
    ("notify_email", "team", "notify_email: 'team' does not do"),
    ("notify_topic_arn", "ended", "notify_topic_arn: 'ended' does not do"),
    ("alarm_topic_arn", "alarms", "alarm_topic_arn: 'alarms' does not do"),
    ("pools", '{"braket:CreateJob": 6}', "pools.braket:CreateJob: 6 does not do"),
    ("pools", '{"braket:CreateJob": {"limits": 6}}', "pools.braket:CreateJob.limits: there is no such member"),
    ("pools", '{"braket:CreateJob": {"limit": -1}}', "pools.braket:CreateJob: limit is 0 to 1000, not -1"),
    (
        "pools",
        '{"braket:CreateJobs": {"limit": 1}}',
        "pools: 'braket:CreateJobs' matches no pool: did you mean b",
    ),
    (
        "pools",
        '{"sagemaker:CreateTrainingJob/m5.xlarge": {"limit": 1}}',
        "pools: 'sagemaker:CreateTrainingJob/m5",
    ),
    ("pools", '{"": {"limit": 1}}', "pools: '' matches no pool: a pool is API, API/CAPACITY"),
    (
        "pools",
        '{"braket:createJob": {"limit": 1}}',
        "pools: 'braket:createJob' matches no pool: did you mean b",
    ),
    (
        "pools",
        '{"label:=growth": {"limit": 1}}',
        "pools: 'label:=growth' matches no pool: write it as",
    ),
    ("pools", '{"braket:CreateJob": {}}', "pools: 'braket:CreateJob' says neither limit nor rate"),
    ("pools", '{"braket:CreateJob": null}', "pools.braket:CreateJob: None does not do"),
    ("pools", "braket:CreateJob=6", "pools: 'braket:CreateJob=6' does not do"),
    ("fair_by", "a b", "fair_by: 'a b' does not do"),
    ("job_role_buckets", "mine", "job_role_buckets: 'mine' does not do"),
    ("kms_key", KEY, f"kms_key: '{KEY}' does not do"),
    ("throwaway", "perhaps", "throwaway: 'perhaps' does not do"),
    ("embedded", "true", "embedded: True does not do"),
]


def error_of(**context: Any) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as error:
        configured(**context)
    return error.value


@pytest.mark.parametrize(("name", "value", "expected"), WRONG)
def test_a_wrong_value_is_one_line_with_its_name_and_a_remedy(name: str, value: str, expected: str) -> None:
    (line,) = error_of(**{name: value}).args
    assert line.startswith(f"{PREFIX}{expected}")
    assert line.endswith(f"; it takes {WANTED[name]}")
    assert "\n" not in line


def test_every_value_says_what_it_takes() -> None:
    assert WANTED.keys() == Configuration.model_fields.keys()


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("jobchute:retention", "retention_days"),
        ("jobchute:device", "devices"),
        ("jobchut:roles", "roles"),
        ("jobshute:instance_types", "instance_types"),
        ("Jobchute:devices", "devices"),
        ("jobchute.roles", "roles"),
        ("jobchute-throwaway", "throwaway"),
        ("roles", "roles"),
        ("stack", "stack"),
    ],
)
def test_a_misspelt_name_or_prefix_is_told_with_the_right_one(key: str, meant: str) -> None:
    import aws_cdk as cdk

    app = cdk.App(analytics_reporting=False, context={key: "[]"})
    with pytest.raises(ConfigurationError) as error:
        Configuration.from_context(app.node)
    (line,) = error.value.args
    assert line.startswith(f"{key}: ")
    assert f"did you mean {PREFIX}{meant}" in line


def test_names_of_others_are_left_alone() -> None:
    import aws_cdk as cdk

    names = (
        "@aws-cdk/core:x",
        "aws:cdk:bundling-stacks",
        "company:owners",
        "hosted-zone:account=1",
        "my-models",
    )
    app = cdk.App(analytics_reporting=False, context=dict.fromkeys(names, "x"))
    assert Configuration.from_context(app.node) == Configuration()


def test_a_long_value_is_cut() -> None:
    (line,) = error_of(devices="x" * 5000).args
    assert len(line) < 400


def test_synthesis_ends_with_the_lines_and_without_a_traceback(tmp_path: Path) -> None:
    context = {f"{PREFIX}devices": '["sv1"]', f"{PREFIX}retention_days": "soon", "jobchut:roles": "[]"}
    done = subprocess.run(
        [sys.executable, "-m", "infra.app"],
        cwd=ROOT,
        env=os.environ | {"CDK_CONTEXT_JSON": json.dumps(context), "CDK_OUTDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert [line.partition(": ")[0] for line in done.stderr.splitlines()] == [
        "jobchute:devices[0]",
        "jobchute:retention_days",
        "jobchut:roles",
    ]
