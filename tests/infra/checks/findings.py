"""What cdk-nag, cfn-lint and checkov say of a synthesized template, in one form."""

import json
import os
import re
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import cloudformation_include
from cdk_nag import AwsSolutionsChecks, ServerlessChecks
from cfnlint.api import lint

from tests.paths import ROOT

CHECKOV = ROOT / ".checkov-venv" / "bin" / "checkov"
CDK_PATH = "aws:cdk:path"
OVERFLOW = re.compile(r"/OverflowPolicy\d+$")
"""What a role's own policy has no room for; which statements that are depends on their number."""
Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """rule: the checker's own id. resource: the construct's path within its stack, without CDK's hashes."""

    checker: str
    rule: str
    resource: str


def by_nag(body: Body) -> set[Finding]:
    """Both packs of cdk-nag, over the template as CDK reads it back in."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "template.json"
        file.write_text(json.dumps(body))
        app = cdk.App(analytics_reporting=False)
        stack = cdk.Stack(app, "Stack")
        cloudformation_include.CfnInclude(stack, "Template", template_file=str(file))
        reports = [pack(app).validate_scope(stack) for pack in (AwsSolutionsChecks, ServerlessChecks)]
    name = partial(_resource_name, body)
    return {
        Finding("cdk-nag", _without_hashes(violation.rule_name), name(str(each.construct_path).split("/")[-1]))
        for report in reports
        for violation in report.violations
        for each in violation.violating_resources
    }


def by_cfn_lint(body: Body) -> set[Finding]:
    matches = lint(json.dumps(body), config={"regions": ["us-east-1"], "include_checks": ["W"]})
    return {
        Finding("cfn-lint", match.rule.id, _resource_name(body, str([*match.path, "", ""][1])))
        for match in matches
    }


def by_checkov(bodies: Mapping[str, Body]) -> dict[str, set[Finding]]:
    """For many templates at once: starting it takes longer than a template. Nothing is looked up or sent."""
    with tempfile.TemporaryDirectory() as folder:
        for name, body in bodies.items():
            (Path(folder) / f"{name}.json").write_text(json.dumps(body))
        options = ["--framework", "cloudformation", "secrets", "--compact", "--quiet", "--skip-download"]
        command = [str(CHECKOV), "-d", folder, *options, "--soft-fail", "-o", "json"]
        # Of so little, processes of its own take longer than the checks.
        environment = os.environ | {"CHECKOV_PARALLELIZATION_TYPE": "none"}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=True)
    answer = json.loads(done.stdout)
    found: dict[str, set[Finding]] = {name: set() for name in bodies}
    for report in answer if isinstance(answer, list) else [answer]:
        assert not report.get("summary", report)["parsing_errors"]
        for failed in report.get("results", {}).get("failed_checks", []):
            name = Path(failed["file_path"]).stem
            resource = _resource_name(bodies[name], failed["resource"].split(".")[-1])
            found[name].add(Finding("checkov", failed["check_id"], resource))
    return found


def _resource_name(body: Body, logical_id: str) -> str:
    resource = body["Resources"].get(logical_id)
    if resource is None:
        return logical_id
    _, _, path = resource.get("Metadata", {}).get(CDK_PATH, f"/{logical_id}").partition("/")
    return OVERFLOW.sub("/DefaultPolicy", str(path).removesuffix("/Resource"))


def _without_hashes(rule: str) -> str:
    return re.sub(r"<(\w+?)[0-9A-F]{8}\.Arn>", r"<\1.Arn>", rule)
