"""Builds the Lambda asset: the handlers, the package without its tool, and the locked dependencies.

    python -m infra.asset            wheels for Lambda: arm64, the runtime's Python
    python -m infra.asset --local    wheels for this machine and the Python that runs this

CDK runs it before synthesis (`build` in cdk.json), so that synthesis itself calls no network. It does nothing
where the asset is up to date.
"""

import argparse
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from infra import botocore_data

ROOT = Path(__file__).resolve().parent.parent
FUNCTIONS = ROOT / "functions"
LOCK = ROOT / "requirements" / "lambda.txt"
BUILD = ROOT / "build"
LAMBDA = BUILD / "lambda"
LOCAL = BUILD / "lambda-local"

PYTHON_VERSION = "3.14"
PLATFORM = "aarch64-manylinux_2_28"
# No function needs the tool, its first requests, or what the roles of jobs may do.
LEFT_OUT = frozenset({"cli", "job_role.py", "first_request.yaml", "__pycache__"})
# Parts of the packages that nothing here imports, a quarter of the asset.
UNUSED = (
    "aws_lambda_powertools/event_handler",
    "aws_lambda_powertools/metrics/provider/datadog",
    "aws_lambda_powertools/utilities/*/",
    "pydantic/v1",
    "pydantic/mypy.py",
    "dateutil/zoneinfo",
)
USED = frozenset({"typing", "jmespath_utils"})
COMPILER = ROOT / "infra" / "byte_code.mjs"
WHERE_LAMBDA_UNPACKS = "/var/task"
MAKERS = (Path(__file__), Path(botocore_data.__file__), COMPILER, ROOT / "package-lock.json", LOCK)
"""What the asset is made by, besides its sources: it is made anew when one of them has changed."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--local", action="store_true", help="for this machine instead of Lambda")
    build(is_local=parser.parse_args().local)


def build(*, is_local: bool) -> Path:
    """Make the asset's folder, or leave it where it is up to date. Returns it. Of several at once one does."""
    target = LOCAL if is_local else LAMBDA
    BUILD.mkdir(exist_ok=True)
    with target.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _make(target, is_local=is_local)
    return target


def _make(target: Path, *, is_local: bool) -> None:
    stamp = target.with_suffix(".stamp")
    fingerprint = _fingerprint(is_local=is_local)
    if stamp.exists() and stamp.read_text() == fingerprint:
        return
    stamp.unlink(missing_ok=True)
    shutil.rmtree(target, ignore_errors=True)
    _install(target, is_local=is_local)
    botocore_data.prune(target / "botocore" / "data")
    _remove_unused(target)
    for path in _sources():
        destination = target / path.relative_to(FUNCTIONS)
        destination.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, destination)
    _compile(target, is_local=is_local)
    stamp.write_text(fingerprint)


def _install(target: Path, *, is_local: bool) -> None:
    options = ["--target", str(target), "--require-hashes", "--no-deps", "--only-binary", ":all:", "--quiet"]
    if is_local:
        options += ["--python", sys.executable]
    else:
        options += ["--python-version", PYTHON_VERSION, "--python-platform", PLATFORM]
    subprocess.run([sys.executable, "-m", "uv", "pip", "install", *options, "-r", str(LOCK)], check=True)


def _remove_unused(target: Path) -> None:
    for pattern in UNUSED:
        for path in target.glob(pattern):
            if path.is_file():
                path.unlink()
            elif path.name not in USED:
                shutil.rmtree(path)
    # Lists of installed files, which only an installer reads: botocore's names its models, pruned ones too.
    for record in target.glob("*.dist-info/RECORD"):
        record.unlink()


def _compile(target: Path, *, is_local: bool) -> None:
    """Byte code that stays valid in a zip file, which loses file dates: else every cold start compiles anew.

    It must be made by the very Python version that runs it. Lambda's is seldom the one of this machine, so
    pyodide's is taken, a CPython of that version on Node. Raises CalledProcessError for a module that does not
    compile, and where pyodide is of another version.
    """
    if is_local:
        options = ["-q", "--invalidation-mode", "unchecked-hash"]
        command = [sys.executable, "-m", "compileall", *options, str(target)]
    else:
        command = [node(), str(COMPILER), str(target), PYTHON_VERSION, WHERE_LAMBDA_UNPACKS]
    subprocess.run(command, check=True)


def node() -> str:
    """The virtual environment's, else the PATH's. Raises SystemExit where it cannot compile."""
    own = Path(sys.executable).parent
    found = shutil.which("node", path=f"{own}{os.pathsep}{os.environ.get('PATH', '')}")
    if found is None or not (ROOT / "node_modules" / "pyodide").exists():
        raise SystemExit("node or its module pyodide is missing, which compile the asset: run `make install`")
    return found


def _sources() -> Iterator[Path]:
    for path in sorted(FUNCTIONS.rglob("*")):
        parts = path.relative_to(FUNCTIONS).parts
        if (
            path.is_file()
            and not LEFT_OUT.intersection(parts)
            and not any(p.endswith(".egg-info") for p in parts)
        ):
            yield path


def _fingerprint(*, is_local: bool) -> str:
    digest = hashlib.sha256(f"{is_local} {PYTHON_VERSION} {PLATFORM}".encode())
    if is_local:
        digest.update(sys.version.encode())
    for path in (*MAKERS, *_sources()):
        digest.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return digest.hexdigest()


if __name__ == "__main__":
    main()
