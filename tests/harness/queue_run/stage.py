"""An embedded AWS of its own, with the rules of one pool."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import boto3

from infra.local import embedded
from jobchute.job import Api
from jobchute.ledger.pool_settings import PoolSettingsRow
from jobchute.pools.limits import Limits

RULES_ARE_READ_WITHIN = 31
"""Seconds: how long a function may go by the rules that it read before (runtime.RULES_ARE_FRESH_SECONDS)."""


@contextmanager
def deployed(api: Api, limits: Limits) -> Iterator[embedded.Deployment]:
    """This process is pointed there, and every function goes by the limits. It is ended after use."""
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder)
        try:
            deployment = embedded.up(state)
            deployment.enter()
            PoolSettingsRow(boto3.client("dynamodb"), deployment.table).put_overrides({api: limits})
            time.sleep(RULES_ARE_READ_WITHIN)
            yield deployment
        finally:
            embedded.down(state)
