"""The document that changes a job that waits: `{"set": "jc-…", "priority": 7, "labels": {"a": "b"}}`."""

from typing import Any

from jobchute.problems import Problem
from jobchute.requests.labels import labels_in
from jobchute.requests.ordering import MAX_KEY, priority_in
from jobchute.requests.submission import Setting, SettingProblems

KEYS = ("set", "priority", "labels")
SHAPE = '{"set": "<job id or idempotency key>", "priority": 7, "labels": {"<name>": "<value>"}}'


def setting_in(value: dict[str, Any]) -> Setting | SettingProblems:
    """What the document changes, or everything that is wrong with it."""
    problems = SettingProblems(
        Problem(key[:100], "UNKNOWN_KEY", f"remove this key: a change of a job is {SHAPE}")
        for key in value
        if key not in KEYS
    )
    target = value["set"]
    if not isinstance(target, str):
        rule = f"name a job by its id or idempotency key: a change of a job is {SHAPE}"
        problems.append(Problem("set", "WRONG_TYPE", rule))
    elif not 1 <= len(target) <= MAX_KEY:
        rule = f"a job id or idempotency key has 1 to {MAX_KEY} characters"
        problems.append(Problem("set", "TOO_LONG" if target else "TOO_SHORT", rule))
    priority = priority_in(value, problems) if "priority" in value else None
    labels = labels_in(value, problems)
    if priority is None and not labels and not problems:
        problems.append(Problem("", "MISSING", f"give the `priority` or `labels` to set: {SHAPE}"))
    return problems or Setting(target, priority, labels)
