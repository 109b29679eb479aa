"""Writes the tables that have a row for each API: the rules across fields, and the defaults of pools.

    make apis

The rules are those of each API's folder, described by their docstrings; the defaults are the specs'. A test
fails when a table is out of date.
"""

import re
from collections.abc import Iterator, Mapping

from jobchute.job import Api
from jobchute.providers.registry import SPECS
from jobchute.providers.rules import rules_for
from jobchute.providers.spec import ApiSpec
from jobchute.validation.rules import Rule
from tools.pages import DOCS, Section

RULES = Section(DOCS / "validation-rules.md", name="rules across fields", target="apis")
POOLS = Section(DOCS / "queues.md", name="defaults of pools", target="apis")
RULE_TABLE = ("| API | rule | what it asks for | source |", "|---|---|---|---|")
POOL_TABLE = ("| pool | limit | rate |", "|---|---|---|")


def main() -> None:
    for section, text in tables().items():
        section.write(text)


def tables() -> Mapping[Section, str]:
    """Each generated table, and what it should say."""
    rules = (_rule_row(api, rule) for api in Api for rule in rules_for(api))
    pools = (row for spec in SPECS.values() for row in _pool_rows(spec))
    return {RULES: "\n".join([*RULE_TABLE, *rules]), POOLS: "\n".join([*POOL_TABLE, *pools])}


def _rule_row(api: Api, rule: Rule) -> str:
    words = re.sub(r"\s+", " ", rule.__doc__ or "").strip()
    asks, _, source = words.partition(" Source: ")
    return f"| {api} | `{rule.__name__}` | {asks} | {source} |"


def _pool_rows(spec: ApiSpec) -> Iterator[str]:
    pool = spec.pool
    if pool.in_flight is not None:
        yield f"| `{spec.api}` | {pool.in_flight} | {pool.rate:g} |"
    if pool.in_flight_each is not None:
        yield f"| `{spec.api}/*` | {pool.in_flight_each} | that of the API: {pool.rate:g} |"


if __name__ == "__main__":
    main()
