"""The request document: the envelope, the bare form, a cancellation, and a change of a job."""

import difflib
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from jobchute.job import Api
from jobchute.parsing.text import boolean_meant
from jobchute.problems import Problem
from jobchute.requests.labels import labels_in
from jobchute.requests.matrix import axes_in
from jobchute.requests.ordering import MAX_KEY, Dependency, dependencies_in, own_problems, priority_in
from jobchute.requests.submission import (
    Cancellation,
    CancellationProblems,
    Setting,
    SettingProblems,
    Submission,
)
from jobchute.requests.sweep import Sweep, key_problems

if TYPE_CHECKING:
    from jobchute.requests.objective import Objective

__all__ = [
    "MAX_KEY",
    "Cancellation",
    "CancellationProblems",
    "Dependency",
    "Instruction",
    "Setting",
    "SettingProblems",
    "Submission",
    "Sweep",
    "api_of_path",
    "parse_document",
]

ENVELOPE_KEYS = (
    "api",
    "request",
    "idempotencyKey",
    "labels",
    "dryRun",
    "matrix",
    "priority",
    "after",
    "retryOf",
    "objective",
    "maxCost",
    "usage",
    "whenOverBudget",
    "retry",
    "alternatives",
    "patience",
)
RETRY_KEYS = ("retry", "alternatives", "patience")
MONEY_KEYS = ("maxCost", "usage", "whenOverBudget")
Instruction = Submission | Sweep | Cancellation | Setting
"""What a document can ask for: a job, many jobs, the end of one, or a change of one."""

MAX_HINTS = 20
"""The number of unknown keys for which a similar key is searched, which takes long."""
MAX_NEAREST = 3
"""The number of names that are shown for an unknown key without a similar one."""
MAX_TARGET_BYTES = 1900
"""The longest target of a cancellation: with its bucket it is a key of the ledger's table (2,048 bytes)."""
CANCELLATION = 'a cancellation has one key, {"cancel": "<job id, idempotency key or file>"}'
JOB_ID = re.compile(r"jc-[0-9a-f]{64}")


def parse_document(value: object, *, path: str = "") -> Instruction | list[Problem]:
    """What a parsed document asks for, or everything that is wrong with its envelope.

    path: the object's key; under `requests/<service>/<operation>/` a bare body is allowed.
    """
    if not isinstance(value, dict):
        return [Problem("", "NOT_AN_OBJECT", f"a document must be an object, not {_kind(value)}")]
    if "cancel" in value:
        return _cancellation(value)
    if "set" in value:
        from jobchute.requests.setting import setting_in

        return setting_in(value)
    if "api" not in value and "request" not in value:
        api = api_of_path(path)
        if api is not None:
            return Submission(api=api, request=value)
        mistyped = difflib.get_close_matches(
            "cancel", [key[:100] for key in value][:MAX_HINTS], n=1, cutoff=0.8
        )
        if mistyped:
            rule = f"unknown key; did you mean cancel? {CANCELLATION}"
            return CancellationProblems([Problem(mistyped[0], "UNKNOWN_KEY", rule)])
    if "request" not in value:
        alone = _body_alone(value)
        if alone is not None:
            return [alone]
    return _submission(value)


def api_of_path(path: str) -> Api | None:
    """`requests/sagemaker/create-training-job/x.json` names an API; so does `…/CreateTrainingJob/…`."""
    match path.split("/"):
        case ["requests", service, operation, _, *_]:
            name = f"{service}:{operation.replace('-', '')}".lower()
            return next((api for api in Api if api.lower() == name), None)
        case _:
            return None


def _body_alone(value: dict[str, Any]) -> Problem | None:
    """One problem for a provider's body without an envelope, instead of one for each of its members."""
    members = [key for key in value if key not in ENVELOPE_KEYS]
    if not members:
        return None
    # Imported here: a valid document has an envelope, and a cold start should not pay for the models.
    from jobchute.requests.recognition import apis_like

    apis = apis_like(members)
    if not apis:
        return None
    what = " or ".join(apis)
    if "api" in value:
        rule = f"this has members of {what} beside `api`: put them under `request`"
        return Problem("request", "MISSING", rule)
    places = " or ".join(folder_of(api) for api in apis)
    rule = f"this looks like {what}: wrap it under `request` with `api`, put it below {places}, or give --api"
    return Problem("request", "MISSING", rule)


def folder_of(api: Api) -> str:
    """The folder for bare bodies of an API: `requests/sagemaker/create-training-job/`."""
    service, _, operation = api.partition(":")
    return f"requests/{service}/{re.sub('(?<!^)(?=[A-Z])', '-', operation).lower()}/"


def _cancellation(value: dict[str, Any]) -> Cancellation | CancellationProblems:
    problems = CancellationProblems(
        Problem(key[:100], "UNKNOWN_KEY", f"remove this key: {CANCELLATION}")
        for key in value
        if key != "cancel"
    )
    target = value["cancel"]
    if not isinstance(target, str) or not target:
        what = "this is empty" if target == "" else f"cancel must be a string, not {_kind(target)}"
        rule = f"{what}: name a job by its id or idempotency key, or a file as requests/PATH"
        problems.append(Problem("cancel", "WRONG_TYPE", rule))
    elif len(target.encode(errors="replace")) > MAX_TARGET_BYTES:
        rule = f"a job id, an idempotency key or a file's name has at most {MAX_TARGET_BYTES:,} bytes"
        problems.append(Problem("cancel", "TOO_LONG", rule))
    return problems or Cancellation(target)


def _submission(value: dict[str, Any]) -> Submission | Sweep | list[Problem]:
    hints = iter(range(MAX_HINTS))
    problems = [_unknown(key, hints) for key in value if key not in ENVELOPE_KEYS]
    api = _api(value, problems)
    request = value.get("request")
    if "request" not in value:
        problems.append(Problem("request", "MISSING", "give the provider's request body under `request`"))
    elif not isinstance(request, dict):
        problems.append(Problem("request", "WRONG_TYPE", f"request must be an object, not {_kind(request)}"))
    key = _idempotency_key(value, problems)
    labels = labels_in(value, problems)
    dry_run = value.get("dryRun", False)
    if not isinstance(dry_run, bool):
        problems.append(Problem("dryRun", "WRONG_TYPE", _boolean_rule("dryRun", dry_run)))
    priority = priority_in(value, problems)
    after = dependencies_in(value, problems)
    retry_of = _retry_of(value, problems)
    objective = _objective(value, problems)
    money = _money(value, problems)
    retries = _retries(value, request, api, problems)
    axes = axes_in(value, request, problems) if isinstance(request, dict) else ()
    if key is not None and "matrix" not in value:
        problems += own_problems(key, after)
    if problems or api is None or not isinstance(request, dict):
        return problems
    submission = Submission(
        api=api,
        request=request,
        idempotency_key=key,
        labels=labels,
        dry_run=dry_run,
        priority=priority,
        after=after,
        retry_of=retry_of,
        objective=objective,
        **retries,
        **money,
    )
    if not axes:
        return submission
    return key_problems(submission) or Sweep(submission, axes)


def _api(value: dict[str, Any], problems: list[Problem]) -> Api | None:
    name = value.get("api")
    known = ", ".join(Api)
    if "api" not in value:
        problems.append(Problem("api", "MISSING", f"name the API of the request: {known}"))
    elif not isinstance(name, str) or name not in list(Api):
        near = difflib.get_close_matches(str(name)[:100], list(Api), n=1, cutoff=0.4)
        hint = f"did you mean {near[0]}? " if near else ""
        problems.append(Problem("api", "NOT_ALLOWED_VALUE", f"{hint}api must be one of {known}"))
    else:
        return Api(name)
    return None


def _idempotency_key(value: dict[str, Any], problems: list[Problem]) -> str | None:
    key = value.get("idempotencyKey")
    if key is None or (isinstance(key, str) and 1 <= len(key) <= MAX_KEY):
        return key
    rule = f"idempotencyKey must be a string of 1 to {MAX_KEY} characters"
    code = "WRONG_TYPE" if not isinstance(key, str) else "TOO_LONG" if key else "TOO_SHORT"
    problems.append(Problem("idempotencyKey", code, rule))
    return None


def _retry_of(value: dict[str, Any], problems: list[Problem]) -> str | None:
    job_id = value.get("retryOf")
    if job_id is None or (isinstance(job_id, str) and JOB_ID.fullmatch(job_id)):
        return job_id
    rule = "retryOf must be the id of the job that this one runs again: jc- and 64 hex digits"
    problems.append(Problem("retryOf", "PATTERN" if isinstance(job_id, str) else "WRONG_TYPE", rule))
    return None


def _objective(value: dict[str, Any], problems: list[Problem]) -> "Objective | None":
    """What the jobs of a file are compared by; most documents say nothing."""
    if "objective" not in value:
        return None
    from jobchute.requests.objective import objective_in

    return objective_in(value, problems)


def _money(value: dict[str, Any], problems: list[Problem]) -> dict[str, Any]:
    """What the document says of its cost, by the fields of Submission; most say nothing."""
    if value.keys().isdisjoint(MONEY_KEYS):
        return {}
    from jobchute.requests.money import money_in

    return money_in(value, problems)


def _retries(
    value: dict[str, Any], request: object, api: Api | None, problems: list[Problem]
) -> dict[str, Any]:
    """What the document says of further attempts, by the fields of Submission; most say nothing."""
    if value.keys().isdisjoint(RETRY_KEYS):
        return {}
    from jobchute.requests.alternatives import alternatives_in, patience_in, policy_with
    from jobchute.requests.retry import policy_in

    body = request if isinstance(request, dict) else {}
    alternatives = alternatives_in(value, body, api, problems)
    policy = policy_in(value, problems, alternatives=len(alternatives))
    if alternatives:
        policy = policy_with(policy, alternatives, patience_in(value, problems), problems)
    return {"retry": policy, "alternatives": alternatives}


def _unknown(key: str, hints: Iterator[int]) -> Problem:
    has_hint = next(hints, None) is not None
    near = difflib.get_close_matches(key[:100], ENVELOPE_KEYS, n=MAX_NEAREST, cutoff=0) if has_hint else []
    is_slip = difflib.get_close_matches(key[:100], near[:1])
    hint = f"did you mean {near[0]}?" if is_slip else f"the nearest are {', '.join(near)}"
    hint = hint if near else f"a document has {', '.join(ENVELOPE_KEYS)}"
    return Problem(key[:100], "UNKNOWN_KEY", f"unknown key; {hint}")


def _boolean_rule(name: str, value: object) -> str:
    meant = boolean_meant(value)
    hint = f"; write {meant} without quotes" if meant else ""
    return f"{name} must be true or false, not {_kind(value)}{hint}"


def _kind(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "a string"
        case list():
            return "a list"
        case _:
            return "an object"
