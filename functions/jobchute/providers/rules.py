"""What each API's folder says about a request beyond the model: the rules across members, and warnings.

The modules of an API are imported when the first of its requests is validated.
"""

from collections.abc import Iterable, Iterator
from functools import cache

from jobchute.job import Api, Document
from jobchute.problems import Problem
from jobchute.providers.registry import SPECS, module_of
from jobchute.validation.rules import Fields, Rule, RuleTable


@cache
def table_of(api: Api) -> tuple[tuple[tuple[str, ...], tuple[Rule, ...]], ...]:
    """The rules of one API by the path of what they are about, imported on first use.

    Rules about the whole request have an empty path.
    """
    table: RuleTable = module_of(api, "rules").RULES
    return tuple((tuple(name.split(".")) if name else (), rules) for name, rules in table.items())


@cache
def rules_for(api: Api) -> tuple[Rule, ...]:
    """All rules of one API."""
    return tuple(rule for _, rules in table_of(api) for rule in rules)


def rules_about(api: Api, request: Fields) -> list[Rule]:
    """Those rules of one API that are about something in this request."""
    found: list[Rule] = []
    for path, rules in table_of(api):
        value: object = request
        for name in path:
            if not isinstance(value, dict) or name not in value:
                break
            value = value[name]
        else:
            found += rules
    return found


def warnings_in(api: Api, request: Document) -> Iterator[Problem]:
    """What may go wrong with a valid request, though it need not."""
    name = SPECS[api].warnings
    if name:
        found: Iterable[Problem] = module_of(api, name).warnings_in(request)
        yield from found
