"""The account's quotas for the jobs of each pool, against the pool's limit."""

import re
import shlex
from collections.abc import Iterator, Mapping
from functools import cache

from jobchute.cli.doctor.findings import Finding, bad, good
from jobchute.cli.pool_rules import deployed_pools
from jobchute.cli.stack import location_of, stack_name
from jobchute.job import Api
from jobchute.pools.limits import api_of
from jobchute.providers.registry import SPECS
from jobchute.runtime import client


def quotas(name: str | None) -> Iterator[Finding]:
    """Of each pool that was used lately, if its API's spec knows the name of the quota."""
    if location_of(stack_name(name)) is None:
        yield good("quotas", "the embedded AWS has no quotas: not checked")
        return
    pools = deployed_pools(name)
    read = cache(quotas_of)
    checked = 0
    for row in pools.rows.all():
        pattern = _quota_name(row.pool)
        api = api_of(row.pool)
        if pattern is None or api is None:
            continue
        checked += 1
        limit = pools.rules.limit_beside_pauses(row.pool)
        yield _compared(row.pool, limit, pattern, read(str(SPECS[Api(api)].service)))
    if not checked:
        yield good("quotas", "no pool was used lately whose quota has a known name: not checked")


def quotas_of(service: str) -> dict[str, float]:
    """The quotas of a service that apply in this account and region, by name."""
    pages = client("service-quotas").get_paginator("list_service_quotas").paginate(ServiceCode=service)
    return {quota["QuotaName"]: quota["Value"] for page in pages for quota in page["Quotas"]}


def _quota_name(pool: str) -> re.Pattern[str] | None:
    """None if it is not known: of a label's pool, or of a pool of several capacities."""
    api, _, capacity = pool.partition("/")
    quota = SPECS[Api(api)].quota if api_of(pool) else ""
    if not quota or ("{capacity}" in quota and not capacity):
        return None
    return re.compile(quota.replace("{capacity}", re.escape(capacity)), re.IGNORECASE)


def _compared(pool: str, limit: int, name: re.Pattern[str], quotas: Mapping[str, float]) -> Finding:
    check = f"quota of {pool}"
    found = {quota: value for quota, value in quotas.items() if name.fullmatch(quota)}
    if not found:
        return good(check, "Service Quotas lists none of its name: not checked")
    quota, value = max(found.items(), key=lambda item: item[1])
    if value >= limit:
        return good(check, f"{quota!r} is {value:g}, the pool's limit {limit}")
    advice = f"request an increase in the Service Quotas console, or: {_lower(pool, value)}"
    what = "no job of it can start" if value == 0 else "further jobs are refused, and wait"
    return bad(check, f"{quota!r} is {value:g}, less than the pool's limit of {limit}: {what}", advice)


def _lower(pool: str, value: float) -> str:
    return f"jobchute pools set {shlex.quote(pool)} --limit {value:g}"
