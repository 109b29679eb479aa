"""A document's `alternatives` and `patience`: what to ask for instead where there is no capacity."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from jobchute.attempts import MAX_ALTERNATIVES, Policy
from jobchute.job import OWN_TOKENS, Api
from jobchute.problems import Problem
from jobchute.providers.names import digest
from jobchute.providers.registry import SPECS
from jobchute.requests.matrix import MAX_AXES, Steps, overlap_of, replaced, steps_of
from jobchute.requests.retry import seconds_in
from jobchute.requests.submission import Submission

DEFAULT_PATIENCE = 900
MIN_PATIENCE = 60
REPEATED = "this alternative asks for what the request or another one asks for: remove it"


class Change(NamedTuple):
    """One value of an alternative. path: as the document spells it. steps: the keys and positions on it."""

    path: str
    steps: Steps
    value: Any


Alternative = tuple[Change, ...]
Check = Callable[[Submission], Sequence[Problem]]


def alternatives_in(
    value: Mapping[str, Any], request: Mapping[str, Any], api: Api | None, problems: list[Problem]
) -> tuple[Alternative, ...]:
    """In the order in which they are tried; none if the document has none or one is broken."""
    if "alternatives" not in value:
        if "patience" in value:
            rule = "patience is the time before the next alternative, and there are none: remove it"
            problems.append(Problem("patience", "EXCLUSIVE", rule))
        return ()
    entries = value["alternatives"]
    rule = f"alternatives must be a list of 1 to {MAX_ALTERNATIVES} objects of paths and values"
    if not isinstance(entries, list):
        problems.append(Problem("alternatives", "WRONG_TYPE", rule))
        return ()
    if not 1 <= len(entries) <= MAX_ALTERNATIVES:
        problems.append(Problem("alternatives", "TOO_MANY" if entries else "TOO_FEW", rule))
        return ()
    found: list[Problem] = []
    read = [_alternative(entry, f"alternatives[{n}]", request, api, found) for n, entry in enumerate(entries)]
    found = found or _repeated(read, request)
    problems += found
    return () if found else tuple(read)


def patience_in(value: Mapping[str, Any], problems: list[Problem]) -> int:
    """Seconds."""
    before = len(problems)
    seconds = seconds_in(value.get("patience", DEFAULT_PATIENCE), "patience", problems)
    if len(problems) == before and seconds < MIN_PATIENCE:
        rule = f"patience must be at least {MIN_PATIENCE} seconds: a job needs some time to begin"
        problems.append(Problem("patience", "TOO_SMALL", rule))
    return seconds


def policy_with(
    policy: Policy | None, alternatives: Sequence[Alternative], patience: int, problems: list[Problem]
) -> Policy:
    """The policy of a document with alternatives: without `retry`, each of them is tried once."""
    least = 1 + len(alternatives)
    own: dict[str, Any] = {
        "patience": patience,
        "alternatives": len(alternatives),
        "digest": digest([[[*each.steps, each.value] for each in one] for one in alternatives]),
    }
    if policy is None:
        return Policy(least, after=0)._replace(**own)
    if policy.attempts < least:
        rule = f"with {len(alternatives)} alternatives, attempts must be at least {least}, or be left out"
        problems.append(Problem("retry.attempts", "TOO_SMALL", rule))
    return policy._replace(**own)


def changed(request: Mapping[str, Any], alternative: Alternative) -> dict[str, Any]:
    """The request as an alternative has it."""
    new = dict(request)
    for change in alternative:
        new = replaced(new, change.steps, change.value)
    return new


def variants_of(submission: Submission) -> Iterator[Submission]:
    """The document with each of its alternatives in place of its request."""
    for alternative in submission.alternatives:
        yield submission._replace(request=changed(submission.request, alternative), alternatives=())


def problems_in_alternatives(submission: Submission, check: Check) -> list[Problem]:
    """What is wrong with the alternatives of a document whose request is valid: each is held against all that
    the request is.
    """
    found, known = [], [submission.request]
    for number, variant in enumerate(variants_of(submission)):
        if variant.request in known:
            # Of a document with a matrix: what a combination asks for is known only now.
            found.append(Problem(f"alternatives[{number}]", "DUPLICATE", REPEATED))
        known.append(variant.request)
        for problem in check(variant):
            path = problem.path.removeprefix("request.") if problem.path != "request" else ""
            at = f"alternatives[{number}]{f'.{path}' if path else ''}"
            found.append(Problem(at, problem.code, problem.message))
    return found


def _alternative(
    entry: object, at: str, request: Mapping[str, Any], api: Api | None, problems: list[Problem]
) -> Alternative:
    rule = f"an alternative must be an object of 1 to {MAX_AXES} paths and values"
    if not isinstance(entry, dict) or not 1 <= len(entry) <= MAX_AXES:
        code = "WRONG_TYPE" if not isinstance(entry, dict) else "TOO_MANY" if entry else "TOO_FEW"
        problems.append(Problem(at, code, rule))
        return ()
    changes = []
    for path, value in entry.items():
        here = f"{at}.{path[:100]}"
        steps = steps_of(path, request, here, problems)
        if api is not None and steps[:1] in {(SPECS[api].name.member,), *((name,) for name in OWN_TOKENS)}:
            rule = "each attempt has a name and a token of its own: leave this out"
            problems.append(Problem(here, "NOT_ALLOWED_VALUE", rule))
        changes.append(Change(path, steps, value))
    for first, second in overlap_of([change.steps for change in changes]):
        rule = f"it sets the same value as {changes[first].path[:100]}, or a part of it; keep one"
        problems.append(Problem(f"{at}.{changes[second].path[:100]}", "EXCLUSIVE", rule))
    return tuple(changes)


def _repeated(alternatives: Sequence[Alternative], request: Mapping[str, Any]) -> list[Problem]:
    found, known = [], [dict(request)]
    for number, alternative in enumerate(alternatives):
        new = changed(request, alternative)
        if new in known:
            found.append(Problem(f"alternatives[{number}]", "DUPLICATE", REPEATED))
        known.append(new)
    return found
