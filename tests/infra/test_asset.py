"""What is packaged: small, compiled for the runtime, and no more of it imported than a function needs."""

import _imp
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra import asset
from infra.asset import FUNCTIONS, PYTHON_VERSION
from jobchute.job import Api
from tests.harness.bench.cold_start import ENVIRONMENT, READY

MAX_ZIPPED_BYTES = 8_000_000
IMPORTS = Path(__file__).with_name("imports.mjs")
HANDLERS = sorted(path.stem for path in FUNCTIONS.glob("*.py"))

# Modules that importing a function and making its part of the composition root loads: those of others, the
# interpreter's included and, for the function that validates, pydantic's; and our own: each API adds two.
MAX_MODULES = {"validate": (424, 125)}
MAX_MODULES_OF_OTHERS = (374, 70)
NOWHERE = ("boto3", "s3transfer", "moto", "typer", "rich", "jsonschema", "aws_xray_sdk", "asyncio", "yaml")
NOT_WITHOUT_VALIDATION = ("pydantic", "pydantic_core", "annotated_types")
IMPORT = """
import json, sys
sys.path.insert(0, {asset!r})
import {handler}
{handler}.runtime.current().{part}
print(json.dumps(sorted(sys.modules)))
"""
# CPython 3.14 (Include/internal/pycore_magic_number.h).
MAGIC = (3627).to_bytes(2, "little") + b"\r\n"
UNCHECKED_HASH = 0b01


@pytest.fixture(scope="module")
def packaged() -> Path:
    return asset.build(is_local=False)


@pytest.fixture(scope="module")
def local() -> Path:
    return asset.build(is_local=True)


def _modules(asset: Path, handler: str) -> list[str]:
    code = IMPORT.format(asset=str(asset), handler=handler, part=READY[handler][0])
    command = [sys.executable, "-I", "-S", "-B", "-c", code]
    answer = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=True)
    modules: list[str] = json.loads(answer.stdout)
    return modules


def test_every_handler_has_its_part() -> None:
    assert sorted(READY) == HANDLERS


@pytest.mark.parametrize("handler", HANDLERS)
def test_a_function_imports_what_it_needs_and_no_more(handler: str, local: Path) -> None:
    modules = _modules(local, handler)
    forbidden = NOWHERE if handler == "validate" else NOWHERE + NOT_WITHOUT_VALIDATION
    assert not {module for module in modules if module.split(".")[0] in forbidden}
    assert not [module for module in modules if module.startswith("jobchute.cli")]
    own = [module for module in modules if module.startswith("jobchute")]
    max_foreign, max_own = MAX_MODULES.get(handler, MAX_MODULES_OF_OTHERS)
    assert len(modules) - len(own) <= max_foreign
    assert len(own) <= max_own + 2 * len(Api)


def test_the_asset_fits(packaged: Path, tmp_path: Path) -> None:
    """Lambda unpacks up to 250 MB; what is uploaded at a deployment is the zip file."""
    path = tmp_path / "asset.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(packaged.rglob("*")):
            archive.write(file, file.relative_to(packaged))
    assert path.stat().st_size <= MAX_ZIPPED_BYTES


def _compiled(folder: Path) -> Iterator[tuple[Path, Path]]:
    """Each module's source and where its byte code is to be."""
    tag = f"cpython-{PYTHON_VERSION.replace('.', '')}"
    for source in folder.rglob("*.py"):
        yield source, source.parent / "__pycache__" / f"{source.stem}.{tag}.pyc"


def test_all_byte_code_is_the_runtimes_own_and_never_checked(packaged: Path) -> None:
    assert PYTHON_VERSION == "3.14"
    count = 0
    for source, compiled in _compiled(packaged):
        header = compiled.read_bytes()[:16]
        assert header[:4] == MAGIC, source
        assert int.from_bytes(header[4:8], "little") == UNCHECKED_HASH, source
        count += 1
    assert count == len(list(packaged.rglob("*.pyc"))) > 300


def test_the_byte_code_is_of_the_sources_beside_it(packaged: Path) -> None:
    """The hash in a header is keyed with the version's magic number."""
    key = int.from_bytes(MAGIC, "little")
    for source, compiled in _compiled(packaged):
        assert compiled.read_bytes()[8:16] == _imp.source_hash(key, source.read_bytes()), source


@pytest.mark.slow
def test_the_runtime_s_python_imports_the_pure_packages(packaged: Path) -> None:
    """All but what validates requests, by pydantic_core; each other function up to its part's making."""
    modules = (path.relative_to(packaged) for path in (packaged / "jobchute").rglob("*.py"))
    imports = [
        f"import {str(path.with_suffix('')).replace('/', '.').removesuffix('.__init__')}" for path in modules
    ]
    ready = [f"import {handler}; {handler}.runtime.current().{part}" for handler, (part, _) in READY.items()]
    asked = json.dumps({"environment": ENVIRONMENT, "statements": imports + ready})
    command = [asset.node(), str(IMPORTS), str(packaged), asked]
    answer = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert answer["version"].rpartition(".")[0] == PYTHON_VERSION
    assert answer["cached"]
    raised = answer["raised"]
    assert {each: text for each, text in raised.items() if "pydantic_core._pydantic_core" not in text} == {}
    assert [each for each in ready if each in raised] == [ready[list(READY).index("validate")]]


def test_the_asset_holds_neither_the_tool_nor_what_it_needs(packaged: Path) -> None:
    there = {path.name for path in packaged.iterdir()}
    assert not there & {"boto3", "s3transfer", "typer", "rich", "tests", "infra"}
    assert not (packaged / "jobchute" / "cli").exists()
    assert {f"{handler}.py" for handler in HANDLERS} <= there


def test_native_modules_are_for_the_runtime(packaged: Path) -> None:
    natives = [path.name for path in packaged.rglob("*.so")]
    assert natives
    assert all("cpython-314-aarch64-linux-gnu" in name for name in natives)
