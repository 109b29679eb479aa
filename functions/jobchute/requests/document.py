"""The request document: the envelope, the bare form, and a cancellation."""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from jobchute.job import Api
from jobchute.requests.ordering import (
    DEFAULT_PRIORITY,
    LONGEST_KEY,
    Dependency,
    dependencies_in,
    priority_in,
)
from jobchute.requests.problems import Problem

__all__ = ["LONGEST_KEY", "Cancellation", "Dependency", "Submission", "api_of_path", "parse_document"]

ENVELOPE_KEYS = ("api", "request", "idempotencyKey", "labels", "dryRun", "priority", "after", "retryOf")
MOST_LABELS = 20

JOB_ID = re.compile(r"jc-[0-9a-f]{64}")
LABEL_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")
# What the tags of all five providers take (AWS tags, Kubernetes annotations).
LABEL_VALUE = re.compile(r"[A-Za-z0-9 _.:/=+@-]{0,256}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A well-formed document that asks for a job. Its request is still to be held against the API's model.

    priority: 0 to 9, the higher the sooner. after: the jobs whose ends this one waits for, all of them.
    """

    api: Api
    request: Mapping[str, Any]
    idempotency_key: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    dry_run: bool = False
    priority: int = DEFAULT_PRIORITY
    after: tuple[Dependency, ...] = ()
    retry_of: str | None = None


@dataclass(frozen=True, slots=True)
class Cancellation:
    """A document that asks for a job's end. target: a job id or an idempotency key."""

    target: str


def parse_document(value: object, *, path: str = "") -> Submission | Cancellation | list[Problem]:
    """What a parsed document asks for, or everything that is wrong with its envelope.

    path: the object's key; under `requests/<service>/<operation>/` a body may stand alone.
    """
    if not isinstance(value, dict):
        return [Problem("", "NOT_AN_OBJECT", f"a document is an object, not {_kind(value)}")]
    if "cancel" in value:
        return _cancellation(value)
    if "api" not in value and "request" not in value:
        api = api_of_path(path)
        if api is not None:
            return Submission(api=api, request=value)
    return _submission(value)


def api_of_path(path: str) -> Api | None:
    """`requests/sagemaker/create-training-job/x.json` names an API; so does `…/CreateTrainingJob/…`."""
    match path.split("/"):
        case ["requests", service, operation, _, *_]:
            name = f"{service}:{operation.replace('-', '')}".lower()
            return next((api for api in Api if api.lower() == name), None)
        case _:
            return None


def _cancellation(value: dict[str, Any]) -> Cancellation | list[Problem]:
    problems = [
        Problem(key, "UNKNOWN_KEY", 'a cancellation is {"cancel": "<job id or idempotency key>"} and no more')
        for key in value
        if key != "cancel"
    ]
    target = value["cancel"]
    if not isinstance(target, str) or not target:
        problems.append(Problem("cancel", "WRONG_TYPE", "give the job id or idempotency key as a string"))
    return problems or Cancellation(target)


def _submission(value: dict[str, Any]) -> Submission | list[Problem]:
    problems = [_unknown(key) for key in value if key not in ENVELOPE_KEYS]
    api = _api(value, problems)
    request = value.get("request")
    if "request" not in value:
        problems.append(Problem("request", "MISSING", "give the provider's request body under `request`"))
    elif not isinstance(request, dict):
        problems.append(Problem("request", "WRONG_TYPE", f"request is an object, not {_kind(request)}"))
    key = _idempotency_key(value, problems)
    labels = _labels(value, problems)
    dry_run = value.get("dryRun", False)
    if not isinstance(dry_run, bool):
        problems.append(Problem("dryRun", "WRONG_TYPE", f"dryRun is true or false, not {_kind(dry_run)}"))
    priority = priority_in(value, problems)
    after = dependencies_in(value, problems)
    retry_of = _retry_of(value, problems)
    if problems or api is None or not isinstance(request, dict):
        return problems
    return Submission(
        api=api,
        request=request,
        idempotency_key=key,
        labels=labels,
        dry_run=dry_run,
        priority=priority,
        after=after,
        retry_of=retry_of,
    )


def _api(value: dict[str, Any], problems: list[Problem]) -> Api | None:
    name = value.get("api")
    known = ", ".join(Api)
    if "api" not in value:
        problems.append(Problem("api", "MISSING", f"say which API the request is for: {known}"))
    elif not isinstance(name, str) or name not in list(Api):
        near = difflib.get_close_matches(str(name)[:100], list(Api), n=1, cutoff=0.4)
        hint = f"did you mean {near[0]}? " if near else ""
        problems.append(Problem("api", "NOT_ALLOWED_VALUE", f"{hint}api is one of {known}"))
    else:
        return Api(name)
    return None


def _idempotency_key(value: dict[str, Any], problems: list[Problem]) -> str | None:
    key = value.get("idempotencyKey")
    if key is None or (isinstance(key, str) and 1 <= len(key) <= LONGEST_KEY):
        return key
    rule = f"idempotencyKey is a string of 1 to {LONGEST_KEY} characters"
    code = "WRONG_TYPE" if not isinstance(key, str) else "TOO_LONG" if key else "TOO_SHORT"
    problems.append(Problem("idempotencyKey", code, rule))
    return None


def _retry_of(value: dict[str, Any], problems: list[Problem]) -> str | None:
    job_id = value.get("retryOf")
    if job_id is None or (isinstance(job_id, str) and JOB_ID.fullmatch(job_id)):
        return job_id
    rule = "retryOf is the id of the job that this one runs again: jc- and 64 hex digits"
    problems.append(Problem("retryOf", "PATTERN" if isinstance(job_id, str) else "WRONG_TYPE", rule))
    return None


def _labels(value: dict[str, Any], problems: list[Problem]) -> dict[str, str]:
    labels = value.get("labels", {})
    if not isinstance(labels, dict):
        problems.append(Problem("labels", "WRONG_TYPE", "labels are an object of names and string values"))
        return {}
    if len(labels) > MOST_LABELS:
        problems.append(Problem("labels", "TOO_LONG", f"at most {MOST_LABELS} labels, not {len(labels)}"))
    for name, text in labels.items():
        if not LABEL_NAME.fullmatch(name) or name.lower().startswith("aws"):
            rule = "1 to 63 letters, digits, '.', '_', '-'; a letter or digit at both ends; not 'aws' first"
            problems.append(Problem(f"labels.{name[:63]}", "PATTERN", f"a label's name is {rule}"))
        if not isinstance(text, str) or not LABEL_VALUE.fullmatch(text):
            rule = "a string of at most 256 letters, digits, spaces and _ . : / = + @ -"
            problems.append(Problem(f"labels.{name[:63]}", "PATTERN", f"a label's value is {rule}"))
    return labels


def _unknown(key: str) -> Problem:
    near = difflib.get_close_matches(key[:100], ENVELOPE_KEYS, n=1)
    hint = f"did you mean {near[0]}?" if near else f"a document has {', '.join(ENVELOPE_KEYS)}"
    return Problem(key[:100], "UNKNOWN_KEY", f"the document has no such key; {hint}")


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
