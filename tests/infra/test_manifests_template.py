"""A stack that reads manifests of ended jobs: three functions may, and only these objects."""

import json
from pathlib import Path

from tests.infra.conftest import Template, synthesized

MANIFEST = "manifest.json.out"
READERS = {"expire", "observe", "reconcile"}


def test_the_functions_that_see_ends_read_manifests_alone(asset: Path) -> None:
    template = synthesized(asset, manifest_buckets=("results",))
    for module, function in template.functions().items():
        told = function["Environment"]["Variables"].get("JOBCHUTE_MANIFEST_BUCKETS")
        of_results = [
            json.dumps(resource)
            for resources in template.actions_of(module).values()
            for resource in resources
            if ":s3:::results" in json.dumps(resource)
        ]
        assert told == ("results" if module in READERS else None)
        assert len(of_results) == (1 if module in READERS else 0)
        assert all(f":s3:::results/*/{MANIFEST}" in resource for resource in of_results)
        if module in READERS:
            assert any(MANIFEST in json.dumps(each) for each in template.actions_of(module)["s3:GetObject"])


def test_without_it_there_is_no_word_of_manifests(template: Template) -> None:
    text = json.dumps(template.body)
    assert "MANIFEST_BUCKETS" not in text
    assert MANIFEST not in text
