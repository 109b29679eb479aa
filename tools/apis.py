"""Writes the parts of the documentation that list all APIs.

    make apis

They come from the specs, from the sample requests, and from the docstrings of the rules in each API's folder. A
test fails when one of them is out of date.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence

from jobchute.job import Api
from jobchute.providers.registry import SPECS
from jobchute.providers.rules import rules_for
from jobchute.providers.spec import DAY, ApiSpec
from jobchute.requests.allowed import SIZES
from jobchute.requests.document import folder_of
from jobchute.requests.request_names import REQUESTS
from jobchute.validation.rules import Rule
from tools.pages import DOCS, Section

RULES = Section(DOCS / "validation-rules.md", name="rules across fields", target="apis")
POOLS = Section(DOCS / "queues.md", name="defaults of pools", target="apis")
APIS = Section(DOCS / "requests.md", name="APIs", target="apis")
COMMANDS = Section(DOCS / "requests.md", name="commands for schemas", target="apis")
SETTINGS = Section(DOCS / "requests.md", name="settings for schemas", target="apis")
MEMBERS = Section(DOCS / "guard-rails.md", name="members", target="apis")
EVENTS = DOCS.parent / "events"
API_TABLE = ("| `api` | `request` is | sample |", "|---|---|---|")
MEMBER_TABLE = ("| API | guard rail | members |", "|---|---|---|")
RAILS = {
    "roles": "roles",
    "inputs": "inputs",
    "outputs": "outputs",
    "instance_types": "instance types",
    "devices": "devices",
    "counts": "instances",
    "images": "images",
    "models": "models",
    "destinations": "destinations",
    "subnets": "subnets",
    "security_groups": "security groups",
    "remote_debug": "remote debugging",
}
"""What the page calls the guard rail of each field of jobchute.providers.spec.Members."""
RULE_TABLE = ("| API | rule | what it asks for | source |", "|---|---|---|---|")
POOL_TABLE = ("| pool | limit | rate |", "|---|---|---|")


def main() -> None:
    for section, text in tables().items():
        section.write(text)


def tables() -> Mapping[Section, str]:
    """Each generated table, and what it should say."""
    rules = (_rule_row(api, rule) for api in Api for rule in rules_for(api))
    pools = (row for spec in SPECS.values() for row in _pool_rows(spec))
    members = (row for spec in SPECS.values() for row in _member_rows(spec))
    return {
        APIS: "\n".join([*API_TABLE, *map(_api_row, SPECS.values())]),
        COMMANDS: _commands(),
        SETTINGS: _settings(),
        MEMBERS: "\n".join([*MEMBER_TABLE, *members]),
        RULES: "\n".join([*RULE_TABLE, *rules]),
        POOLS: "\n".join([*POOL_TABLE, *pools]),
    }


def _api_row(spec: ApiSpec) -> str:
    folder = folder_of(spec.api)
    sample = min((EVENTS / folder).glob("*.json")).name
    called = spec.api.partition(":")[2]
    return f"| `{spec.api}` | [{called}]({spec.documentation}) | [{sample}](../events/{folder}{sample}) |"


def _commands() -> str:
    bare = (f"jobchute schema {api} --bare > {_schema(api)}" for api in Api)
    return "\n".join(["```sh", "jobchute schema > jobchute.schema.json", *bare, "```"])


def _settings() -> str:
    whole = {
        "fileMatch": ["requests/**/*.json", "!requests/**/create-*/**/*.json"],
        "url": "./jobchute.schema.json",
    }
    bare = ({"fileMatch": [f"requests/**/{_path(api)}/**/*.json"], "url": f"./{_schema(api)}"} for api in Api)
    entries = ",\n".join(f"    {json.dumps(entry)}" for entry in (whole, *bare))
    return f'```json\n{{\n  "json.schemas": [\n{entries}\n  ]\n}}\n```'


def _schema(api: Api) -> str:
    return f"{_path(api).rpartition('/')[2]}.schema.json"


def _path(api: Api) -> str:
    """`sagemaker/create-training-job`."""
    return folder_of(api).removeprefix(REQUESTS).rstrip("/")


def _member_rows(spec: ApiSpec) -> Iterator[str]:
    for field, rail in RAILS.items():
        value = getattr(spec.members, field)
        paths = [*filter(None, (value,) if isinstance(value, str) else value)]
        if field == "counts":
            paths += [f"{group}[].{count}" for group, count in (spec.members.groups or {}).items()]
        yield from _member_row(spec, rail, paths)
    for size in SIZES:
        yield from _member_row(spec, size.kind, spec.members.sizes.get(size.name, ()))
    path = "none" if spec.run_time.path is None else f"`{spec.run_time.path}`"
    yield f"| `{spec.api}` | run time | {path}; {_days(spec.run_time.default)} by default |"


def _member_row(spec: ApiSpec, rail: str, paths: Sequence[str]) -> Iterator[str]:
    if paths:
        yield f"| `{spec.api}` | {rail} | {', '.join(f'`{path}`' for path in paths)} |"


def _days(seconds: int) -> str:
    if seconds < DAY:
        return f"{seconds // 3600} hours"
    days = seconds // DAY
    return "1 day" if days == 1 else f"{days} days"


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
