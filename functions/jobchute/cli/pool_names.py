"""Which names a rule of pools can have: a rule that matches no pool would be kept and never hold. Pure."""

import difflib
import re
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import get_args

from jobchute.job import Api
from jobchute.pools.limits import LABEL
from jobchute.providers.capacity import MAX_CAPACITY_BYTES
from jobchute.providers.registry import SPECS, module_of
from jobchute.requests.labels import LABEL_VALUE, is_label_name

FORMS = "a pool is API, API/CAPACITY (* for any) or label:NAME=VALUE"


def problem_with(name: str) -> str | None:
    """Why a rule of this name would match no pool, with the nearest name that does; None if it can."""
    if name.startswith(LABEL):
        return _problem_with_label(name.removeprefix(LABEL))
    api, slash, capacity = name.partition("/")
    if api not in list(Api):
        near = [f"{each}{slash}{capacity}" for each in _nearest(api, list(Api))]
        return f"{name!r} matches no pool: {_suggestion(near)}"
    if slash and not capacity:
        return f"{name!r} matches no pool: did you mean {api} or {api}/*?"
    return _problem_with_capacity(Api(api), capacity) if slash else None


def _problem_with_label(text: str) -> str | None:
    label, _, value = text.partition("=")
    if is_label_name(label) and value and LABEL_VALUE.fullmatch(value):
        return None
    return f"{LABEL + text!r} matches no pool: write it as label:NAME=VALUE, with what labels take"


def _problem_with_capacity(api: Api, capacity: str) -> str | None:
    name = f"{api}/{capacity}"
    if capacity != capacity.strip() or not capacity.isprintable():
        return f"{name!r} matches no pool: write it without white space around it"
    if len(capacity.encode()) > MAX_CAPACITY_BYTES:
        return f"{name!r} matches no pool: a capacity has at most {MAX_CAPACITY_BYTES} bytes"
    known = _listed(api)
    if known:
        pattern = capacity.replace("[", "[[]")
        if any(fnmatchcase(each, pattern) for each in known):
            return None
        meant = [each for each in known if each == f"ml.{capacity}"] or _nearest(capacity, known)
        near = [f"{api}/{each}" for each in meant]
        return f"'{api}/{capacity}' matches no pool, as {api} has no such instance type: {_suggestion(near)}"
    spec = SPECS[api].capacity
    if spec.pattern and not re.fullmatch(spec.pattern, capacity):
        return f"{name!r} matches no pool: {spec.rule}, as in {api}/{spec.example}"
    return None


def _listed(api: Api) -> Sequence[str]:
    """What the provider's model lists; empty if it lists nothing."""
    listed = SPECS[api].capacity.listed
    return get_args(getattr(module_of(api, "model"), listed)) if listed else ()


def _nearest(text: str, known: Sequence[str]) -> list[str]:
    by_lower_case = {each.lower(): each for each in known}
    return [by_lower_case[each] for each in difflib.get_close_matches(text.lower(), by_lower_case, n=1)]


def _suggestion(near: Sequence[str]) -> str:
    return f"did you mean {near[0]}?" if near else FORMS
