"""What the embedded AWS asks of its machine: processes, the asset, and answers over HTTP."""

import json
import os
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from infra import asset
from infra.local import processes

FIREWORKS_ACCOUNT = {"accountId": "embedded", "apiKey": "embedded-key"}


class StartProcess(Protocol):
    def __call__(self, command: Sequence[str], /, *, log: Path, environment: Mapping[str, str]) -> int:
        """Returns the process id."""
        ...


def build_asset() -> None:
    asset.build(is_local=True)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2, context=_tls(url)) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def put_fireworks_account(secret_arn: str) -> None:
    import boto3

    secret = json.dumps(FIREWORKS_ACCOUNT)
    boto3.client("secretsmanager").put_secret_value(SecretId=secret_arn, SecretString=secret)


class Host(NamedTuple):
    """start: starts a process. answers: whether a URL does. build: makes the functions' asset.

    put_account: writes the Fireworks account into a secret.
    """

    start: StartProcess = processes.start
    answers: Callable[[str], bool] = answers
    build: Callable[[], object] = build_asset
    put_account: Callable[[str], object] = put_fireworks_account


def _tls(url: str) -> ssl.SSLContext | None:
    """Python reads SSL_CERT_FILE when a context is made, not for every connection."""
    return ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"]) if url.startswith("https:") else None
