"""The same handlers as a folder packaged the usual way: boto3, its data, the tracer, stale byte code."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from infra.asset import BUILD, FUNCTIONS, LEFT_OUT, ROOT

USUAL = BUILD / "bench-usual"
LOCK = ROOT / "requirements" / "dev.txt"
PACKAGES = ("aws-lambda-powertools[tracer]", "boto3", "pydantic", "pyyaml", "urllib3")
# What zip writers that reset dates leave: 1980 is the oldest that a zip file can say.
DATE_OF_ZIP = 315_532_800


def build() -> Path:
    """Make the folder, or leave it where it is up to date. Returns it."""
    stamp = USUAL.with_suffix(".stamp")
    sources = [path for path in sorted(FUNCTIONS.rglob("*.py")) if LEFT_OUT.isdisjoint(path.parts)]
    contents = b"".join(path.read_bytes() for path in (Path(__file__), LOCK, *sources))
    fingerprint = hashlib.sha256(sys.version.encode() + contents).hexdigest()
    if stamp.exists() and stamp.read_text() == fingerprint:
        return USUAL
    shutil.rmtree(USUAL, ignore_errors=True)
    # Copies, since dates are changed below: a linked file is the package cache's own.
    options = [
        "--target",
        str(USUAL),
        "--quiet",
        "--link-mode",
        "copy",
        "--python",
        sys.executable,
        "-c",
        str(LOCK),
    ]
    subprocess.run(
        [sys.executable, "-m", "uv", "pip", "install", *options, "-c", str(LOCK), *PACKAGES], check=True
    )
    for path in sources:
        destination = USUAL / path.relative_to(FUNCTIONS)
        destination.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, destination)
    subprocess.run([sys.executable, "-m", "compileall", "-q", str(USUAL)], check=True)
    for path in USUAL.rglob("*.py"):
        path.chmod(0o644)
        os.utime(path, (DATE_OF_ZIP, DATE_OF_ZIP))
    stamp.write_text(fingerprint)
    return USUAL
