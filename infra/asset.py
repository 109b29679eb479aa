"""Builds the Lambda asset: the handlers, the package without its tool, and the locked dependencies.

    python -m infra.asset            wheels for Lambda: arm64, the runtime's Python
    python -m infra.asset --local    wheels for this machine and the Python that runs this

CDK runs it before synthesis (`build` in cdk.json), so that synthesis itself calls no network. It does nothing
where the asset is up to date.
"""

import argparse
import hashlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FUNCTIONS = ROOT / "functions"
LOCK = ROOT / "requirements" / "lambda.txt"
BUILD = ROOT / "build"
LAMBDA = BUILD / "lambda"
LOCAL = BUILD / "lambda-local"

PYTHON_VERSION = "3.14"
PLATFORM = "aarch64-manylinux_2_28"
LEFT_OUT = frozenset({"cli", "__pycache__"})
# The services whose botocore data the functions read; the others' are most of botocore's size.
SERVICES = frozenset(
    [
        "bedrock",
        "braket",
        "dynamodb",
        "events",
        "s3",
        "sagemaker",
        "secretsmanager",
        "sqs",
        "stepfunctions",
        "sts",
    ]
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--local", action="store_true", help="for this machine instead of Lambda")
    build(is_local=parser.parse_args().local)


def build(*, is_local: bool) -> Path:
    """Make the asset's folder, or leave it where it is up to date. Returns it."""
    target = LOCAL if is_local else LAMBDA
    stamp = target.with_suffix(".stamp")
    fingerprint = _fingerprint(is_local=is_local)
    if stamp.exists() and stamp.read_text() == fingerprint:
        return target
    stamp.unlink(missing_ok=True)
    shutil.rmtree(target, ignore_errors=True)
    _install(target, is_local=is_local)
    _prune_botocore(target / "botocore" / "data")
    for path in _sources():
        destination = target / path.relative_to(FUNCTIONS)
        destination.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, destination)
    if is_local:
        _compile(target)
    stamp.write_text(fingerprint)
    return target


def _install(target: Path, *, is_local: bool) -> None:
    options = ["--target", str(target), "--require-hashes", "--no-deps", "--only-binary", ":all:", "--quiet"]
    if is_local:
        options += ["--python", sys.executable]
    else:
        options += ["--python-version", PYTHON_VERSION, "--python-platform", PLATFORM]
    subprocess.run([sys.executable, "-m", "uv", "pip", "install", *options, "-r", str(LOCK)], check=True)


def _prune_botocore(data: Path) -> None:
    for entry in data.iterdir():
        if entry.is_dir() and entry.name not in SERVICES:
            shutil.rmtree(entry)


def _compile(target: Path) -> None:
    """Byte code that stays valid in a zip file, which loses file dates: else every cold start compiles anew.

    It must be made by the very Python version that runs it, so it is done for this machine alone.
    """
    options = ["-q", "--invalidation-mode", "unchecked-hash"]
    subprocess.run([sys.executable, "-m", "compileall", *options, str(target)], check=True)


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
    digest = hashlib.sha256(f"{is_local} {PYTHON_VERSION} {PLATFORM} {sorted(SERVICES)}".encode())
    if is_local:
        digest.update(sys.version.encode())
    for path in (Path(__file__), LOCK, *_sources()):
        digest.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return digest.hexdigest()


if __name__ == "__main__":
    main()
