"""Which names a rule of pools can have: a rule that matches no pool would be kept and never hold. Pure."""

import difflib
import re
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import get_args

from jobchute.job import Api
from jobchute.pools.limits import LABEL
from jobchute.providers.capacity import MAX_CAPACITY_BYTES
from jobchute.requests.labels import LABEL_VALUE, is_label_name

DEVICE = "arn:aws:braket:::device/quantum-simulator/amazon/sv1"
DEVICE_ARN = re.compile(r"arn:aws[a-z-]*:braket:[a-z0-9-]*:[0-9]*:device/(qpu|quantum-simulator)/[^/]+/.+")
MODEL = re.compile(r"[A-Za-z0-9:/._*-]+")
"""The characters of modelId in the request model, and `*`."""
FORMS = "a pool is API, API/CAPACITY (* for any) or label:NAME=VALUE"


def problem_with(name: str) -> str | None:
    """Why a rule of this name would match no pool, with the nearest name that does; None where it can."""
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
    known = _instance_types(api)
    if known:
        pattern = capacity.replace("[", "[[]")
        if any(fnmatchcase(each, pattern) for each in known):
            return None
        meant = [each for each in known if each == f"ml.{capacity}"] or _nearest(capacity, known)
        near = [f"{api}/{each}" for each in meant]
        return f"'{api}/{capacity}' matches no pool, as {api} has no such instance type: {_suggestion(near)}"
    if api is Api.BRAKET_JOB and not _can_be_device(capacity):
        return f"{name!r} matches no pool: a device is an ARN or local:…, as in {api}/{DEVICE}"
    if api is Api.BEDROCK_JOB and not MODEL.fullmatch(capacity):
        return f"{name!r} matches no pool: a model is an id or an ARN, as in {api}/anthropic.claude-v2"
    return None


def _can_be_device(capacity: str) -> bool:
    if capacity.startswith(("local:", "*")):
        return True
    return capacity.startswith("arn:") if "*" in capacity else bool(DEVICE_ARN.fullmatch(capacity))


def _instance_types(api: Api) -> Sequence[str]:
    """What the provider's model lists; empty where it lists nothing."""
    match api:
        case Api.TRAINING_JOB:
            from jobchute.providers.sagemaker.training_job.model import TrainingInstanceType

            return get_args(TrainingInstanceType)
        case Api.PROCESSING_JOB:
            from jobchute.providers.sagemaker.processing_job.model import ProcessingInstanceType

            return get_args(ProcessingInstanceType)
        case _:
            return ()


def _nearest(text: str, known: Sequence[str]) -> list[str]:
    by_lower_case = {each.lower(): each for each in known}
    return [by_lower_case[each] for each in difflib.get_close_matches(text.lower(), by_lower_case, n=1)]


def _suggestion(near: Sequence[str]) -> str:
    return f"did you mean {near[0]}?" if near else FORMS
