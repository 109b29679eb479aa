"""PyYAML without libyaml reads the same documents with the same faults."""

import json
import os
import subprocess
import sys
from typing import Any

from tests.paths import ROOT
from tests.unit.parsing.test_reading import codes, read

WITHOUT_LIBYAML = """
import json, sys
sys.modules["yaml._yaml"] = None
from tests.unit.parsing.test_without_libyaml import outcomes
print(json.dumps(outcomes(json.load(sys.stdin))))
"""


def outcomes(texts: list[str]) -> list[Any]:
    found = [read(text, "a.yaml") for text in texts]
    return [[codes(documents), [document.value for document in documents]] for documents in found]


def test_without_libyaml_the_outcome_is_the_same() -> None:
    texts = [
        "# c\na: 1\n---\nb: [{c: 'd'}, 2.5]\ne: |\n  f\n",
        "a: &x [012, *x]\n? [b]\n: 1",
        "a: 1\na: 2\n1: .nan",
        "a: [",
        "a: {b: !!str c}",
        "--- ''",
    ]
    slow = subprocess.run(
        [sys.executable, "-c", WITHOUT_LIBYAML],
        input=json.dumps(texts),
        capture_output=True,
        check=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'functions'}{os.pathsep}{ROOT}"},
        text=True,
        timeout=60,
    )
    assert json.loads(slow.stdout) == json.loads(json.dumps(outcomes(texts)))
