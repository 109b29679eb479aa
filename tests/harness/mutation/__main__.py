"""python -m tests.harness.mutation [MODULE …] [--most N] [--seconds N] [--survivors]

Puts small mistakes into the hand-written validation modules, one at a time, and counts those that the module's
tests find. Each mutant runs in a process forked from one that has everything else imported already; the sources
are not touched. Where a module has more mutants than --most, those are taken at even distances.
"""

# ruff: noqa: T201

import argparse
import ast
import contextlib
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from tests.harness.mutation.mutants import Mutant, mutants_of

ROOT = Path(__file__).resolve().parents[3]
RULES = ["providers/test_rules_messages.py", "providers/test_rules.py"]
RAILS = [f"requests/test_guardrails{name}.py" for name in ("", "_matching", "_tags", "_members")]
IMAGES = [*RULES, "providers/test_images.py"]
MESSAGES = "parsing/test_reading_messages.py"
READING = ["parsing/test_reading_positions.py", "parsing/test_reading.py", MESSAGES]
MODEL = "providers.fireworks.batch_job.model"
"""The one module that the compiled models are made of: its mutants cannot use those that were made before."""
TESTS: dict[str, list[str]] = {
    "validation.rules": RULES,
    "providers.braket.hybrid_job.rules": RULES,
    "providers.bedrock.invocation_job.rules": RULES,
    "providers.fireworks.batch_job.rules": RULES,
    "providers.sagemaker.training_job.rules": RULES,
    "providers.sagemaker.training_job.capacity_rules": RULES,
    "providers.sagemaker.processing_job.rules": RULES,
    "providers.image_rules": RULES,
    "requests.guardrails": RAILS,
    "requests.allowed": RAILS,
    "requests.tags": RAILS,
    "providers.members": RAILS,
    "providers.image_names": IMAGES,
    "providers.sagemaker.storage_rules": IMAGES,
    "requests.location": ["requests/test_location.py"],
    "requests.document": ["requests/test_document_messages.py", "requests/test_document.py"],
    "parsing.documents": READING,
    "parsing.strict_json": READING,
    "parsing.strict_yaml": READING,
    "aws.s3_notifications": ["aws/test_s3_notifications.py", MESSAGES],
    MODEL: ["providers/test_fireworks_other_api.py", "providers/test_models_fireworks.py"],
}
"""The modules below `jobchute`, each with its tests below `tests/unit`."""
# What costs time to import or to compile and knows none of the modules above.
PRELOADED = ["pytest", "hypothesis", "hypothesis.strategies", "yaml", "pydantic", "botocore.session", "boto3"]


@dataclass(frozen=True, slots=True)
class Score:
    killed: int
    survivors: list[Mutant]
    seconds: float

    @property
    def total(self) -> int:
        return self.killed + len(self.survivors)

    def line(self, name: str) -> str:
        rate = 100 * self.killed / self.total if self.total else 100
        return f"{name:48}{self.killed:6} of{self.total:6}  {rate:5.1f} %  {self.seconds:6.0f} s"


class Swapped(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Serves one module from a changed source."""

    def __init__(self, name: str, source: str) -> None:
        self.name, self.source = name, source

    def find_spec(
        self,
        fullname: str,
        path: object,  # noqa: ARG002
        target: object = None,  # noqa: ARG002
    ) -> importlib.machinery.ModuleSpec | None:
        return importlib.util.spec_from_loader(fullname, self) if fullname == self.name else None

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self.source, f"<mutant of {self.name}>", "exec"), module.__dict__)


def source_of(module: str) -> Path:
    return ROOT / "functions" / "jobchute" / f"{module.replace('.', '/')}.py"


def suites_of(module: str) -> list[Path]:
    return [ROOT / "tests" / "unit" / test for test in TESTS[module]]


def score(module: str, most: int, limit: float, deadline: float) -> Score:
    """How many mutants of a module its tests find. limit: seconds for one, which counts as found then."""
    begin = time.monotonic()
    tree = ast.parse(source_of(module).read_text())
    if not passes(module, ast.unparse(tree), limit * 3):
        raise SystemExit(f"the tests of {module} fail without any mistake in it")
    survivors, killed = [], 0
    for mutant in spread(mutants_of(tree), most):
        if time.monotonic() > deadline:
            break
        if passes(module, mutant.source(tree), limit):
            survivors.append(mutant)
        else:
            killed += 1
    return Score(killed, survivors, time.monotonic() - begin)


def spread(mutants: Sequence[Mutant], most: int) -> list[Mutant]:
    if len(mutants) <= most:
        return list(mutants)
    return [mutants[index * len(mutants) // most] for index in range(most)]


def passes(module: str, source: str, limit: float) -> bool:
    """Whether the module's tests pass with this source, in a process of their own, within so many seconds."""
    child = os.fork()
    if not child:
        os._exit(_run(module, source))
    deadline = time.monotonic() + limit
    while time.monotonic() < deadline:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return status == 0
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


def _run(module: str, source: str) -> int:
    import pytest

    if module == MODEL:
        for name in [name for name in sys.modules if name.startswith("jobchute")]:
            del sys.modules[name]
    sys.meta_path.insert(0, Swapped(f"jobchute.{module}", source))
    with (
        open(os.devnull, "w") as nowhere,
        contextlib.redirect_stdout(nowhere),
        contextlib.redirect_stderr(nowhere),
    ):
        options = ["-x", "-q", "--no-header", "-p", "no:cacheprovider", "--tb=no", "--assert=plain"]
        try:
            return int(pytest.main([*options, *map(str, suites_of(module))]))
        except BaseException:  # noqa: BLE001 - whatever a mutant raises, it was found
            return 1


def preload() -> None:
    os.chdir(ROOT)
    sys.path[:0] = [str(ROOT / "functions"), str(ROOT)]
    sys.dont_write_bytecode = True
    for name in PRELOADED:
        importlib.import_module(name)
    from jobchute.job import Api
    from jobchute.providers.models import docs_for, model_for
    from jobchute.validation import explain

    for api in Api:
        explain.members_of(model_for(api).request)
        docs_for(api)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument(
        "modules", nargs="*", help=f"of {', '.join(TESTS)}; all of them by default", metavar="MODULE"
    )
    parser.add_argument("--most", type=int, default=40, help="mutants a module (default: 40; 0: all)")
    parser.add_argument("--limit", type=float, default=30, help="seconds for one mutant (default: 30)")
    parser.add_argument("--seconds", type=float, default=1800, help="for all together (default: 1800)")
    parser.add_argument("--survivors", action="store_true", help="list the mutants that were not found")
    given = parser.parse_args()
    preload()
    deadline, killed, total = time.monotonic() + given.seconds, 0, 0
    for module in given.modules or TESTS:
        result = score(module, given.most or sys.maxsize, given.limit, deadline)
        killed, total = killed + result.killed, total + result.total
        print(result.line(module), flush=True)
        for mutant in result.survivors if given.survivors else []:
            print(f"    {module}.py:{mutant.line}: {mutant.what}", flush=True)
    print(f"{'all':48}{killed:6} of{total:6}  {100 * killed / max(total, 1):5.1f} %")
    sys.exit(0 if killed >= 0.9 * total else 1)


if __name__ == "__main__":
    main()
