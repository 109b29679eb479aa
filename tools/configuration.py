"""Writes the tables of docs/configuration.md: every context value, and every environment variable.

    make configuration

Context values come from infra.configuration, variables from the settings classes, and their meanings from
tools.variables. A test fails when a table is out of date.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic.fields import FieldInfo

from infra.configuration import PREFIX, Configuration
from infra.configuration_messages import WANTED
from jobchute.cli.dead_letter_queues import QueueEnvironment
from jobchute.cli.deployment import DeploymentEnvironment
from jobchute.cli.owner import OwnerEnvironment
from jobchute.cli.stack import BudgetsEnvironment, PoolsEnvironment
from jobchute.requests.allowed import SIZES
from jobchute.requests.guardrails import GuardRails
from jobchute.settings import (
    AnnounceSettings,
    DispatchSettings,
    ExpireSettings,
    ObserveSettings,
    ReconcileFunctionSettings,
    Settings,
    ValidateSettings,
)
from tools.pages import DOCS, Section
from tools.variables import OF_FUNCTIONS, OF_THE_TOOL

PAGE = DOCS / "configuration.md"
FUNCTIONS: Mapping[str, type[Settings]] = {
    "validate": ValidateSettings,
    "dispatch": DispatchSettings,
    "expire": ExpireSettings,
    "observe": ObserveSettings,
    "reconcile": ReconcileFunctionSettings,
    "announce": AnnounceSettings,
}
TOOL: tuple[type[Settings], ...] = (
    DeploymentEnvironment,
    PoolsEnvironment,
    BudgetsEnvironment,
    QueueEnvironment,
    OwnerEnvironment,
)
NOT_FOR_DEPLOYMENTS = frozenset({"embedded"})
"""Set by the embedded AWS alone."""
EXAMPLE = re.compile(r"such as (?P<example>'.*'|[^;]+)$")


def main() -> None:
    for section, text in tables().items():
        section.write(text)


def tables() -> Mapping[Section, str]:
    """Each generated part of the page, and what it should say."""
    sizes = [size.name for size in SIZES]
    names = [name for name in Configuration.model_fields if name not in {*NOT_FOR_DEPLOYMENTS, *sizes}]
    rails = [*(name for name in names if name in GuardRails._fields), *sizes]
    texts = {
        "context values": context_table(name for name in names if name not in GuardRails._fields),
        "guard rails": context_table(rails),
        "variables of the functions": functions_table(),
        "variables of the tool": tool_table(),
    }
    return {Section(PAGE, name=name, target="configuration"): text for name, text in texts.items()}


def context_table(names: Iterable[str]) -> str:
    lines = ["| context value | meaning | value | default |", "|---|---|---|---|"]
    for name in names:
        field = Configuration.model_fields[name]
        cells = (f"`{PREFIX}{name}`", meaning_of(name, field), value_of(name), default_of(field.default))
        lines.append(row(*cells))
    return "\n".join(lines)


def meaning_of(name: str, field: FieldInfo) -> str:
    """Raises ValueError for a context value without a description."""
    if not field.description:
        raise ValueError(f"{name} has no description in infra.configuration")
    return linked(field.description)


def linked(text: str) -> str:
    """Names of pages as links: a description is read in the code, too."""
    return re.sub(r"docs/([a-z-]+)\.md", r"[\1](\1.md)", text)


def value_of(name: str) -> str:
    """What it takes, with the example as code."""
    words = WANTED[name].replace(" * ", " `*` ")
    return EXAMPLE.sub(lambda found: f"such as `{found['example']}`", words)


def default_of(value: Any) -> str:
    match value:
        case None:
            return "none"
        case bool():
            return f"`{str(value).lower()}`"
        case int():
            return f"{value:,}"
        case str():
            return f"`{value}`"
        case _ if not value:
            return "none"
        case _:
            raise ValueError(f"no words for the default {value!r}")


def functions_table() -> str:
    """A row for each variable that a function of the stack reads."""
    lines = ["| variable | meaning | default | read by |", "|---|---|---|---|"]
    readers: dict[str, list[str]] = {}
    for function, settings in FUNCTIONS.items():
        for field in settings.types:
            readers.setdefault(field, []).append(function)
    for field, functions in readers.items():
        settings = FUNCTIONS[functions[0]]
        read_by = "all functions" if len(functions) == len(FUNCTIONS) else ", ".join(functions)
        lines.append(row(variable_of(field), OF_FUNCTIONS[field], variable_default(settings, field), read_by))
    return "\n".join(lines)


def tool_table() -> str:
    lines = ["| variable | meaning | default |", "|---|---|---|"]
    fields = {field: settings for settings in TOOL for field in settings.types}
    lines += [
        row(variable_of(field), OF_THE_TOOL[field], tool_default(fields[field], field)) for field in fields
    ]
    return "\n".join(lines)


def variable_of(field: str) -> str:
    return f"`JOBCHUTE_{field.upper()}`"


def variable_default(settings: type[Settings], field: str) -> str:
    return default_of(getattr(settings, field)) if hasattr(settings, field) else "required"


def tool_default(settings: type[Settings], field: str) -> str:
    """Where a variable has no default, the tool asks the stack."""
    default = getattr(settings, field)
    return default_of(default) if default else "the deployed stack's" if field != "owner" else "none"


def row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def undocumented() -> Iterator[str]:
    """Variables without a meaning, and meanings without a variable."""
    functions = {field for settings in FUNCTIONS.values() for field in settings.types}
    tool = {field for settings in TOOL for field in settings.types}
    yield from sorted(functions ^ OF_FUNCTIONS.keys())
    yield from sorted(tool ^ OF_THE_TOOL.keys())


if __name__ == "__main__":
    main()
