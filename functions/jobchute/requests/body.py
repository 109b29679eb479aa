"""Whether a provider would accept a request body, and if not, everything that is wrong with it."""

from collections.abc import Mapping
from itertools import chain, islice

from pydantic import ValidationError

from jobchute.job import Api
from jobchute.problems import Problem
from jobchute.providers.models import docs_for, model_for
from jobchute.providers.rules import rules_about
from jobchute.validation.codes import Code

ROOT = "request"
# A hostile body could have a hundred thousand problems. jobchute.problems lists fewer than this.
MAX_COUNTED = 1000
MAX_HINTS = 20


def problems_in(api: Api, request: object) -> list[Problem]:
    """Everything that is wrong with a request body; an empty list if the provider would accept it.

    api: the create call that the body is for.
    request: the body as parsed from JSON; it is not changed. Any value is allowed: nothing is raised, and the
        cost is linear in its size.

    Mistakes of shape (the provider's model) come first, then those of the rules across fields. Rules are
    skipped for fields that are too short or too small to be filled in.
    The list ends after MAX_COUNTED with a problem that says that there are more.
    """
    shape = shape_problems(api, request)
    if not shape:
        return _counted(rule_problems(api, request))
    if isinstance(request, dict) and (other := _other_api(api, request)) is not None:
        return [other]
    unfilled = {problem.path for problem in shape if problem.code in (Code.TOO_SHORT, Code.TOO_SMALL)}
    rules = (problem for problem in rule_problems(api, request) if problem.path not in unfilled)
    return _counted([*shape, *rules])


def _counted(problems: list[Problem]) -> list[Problem]:
    if len(problems) <= MAX_COUNTED:
        return problems
    more = Problem(
        ROOT, Code.MORE_PROBLEMS, f"Only the first {MAX_COUNTED:,} problems were counted; there are more."
    )
    return [*problems[:MAX_COUNTED], more]


def _other_api(api: Api, request: Mapping[str, object]) -> Problem | None:
    """One problem for a body of another API, instead of one for each of its members."""
    # Imported here: a valid body needs no other API's model, and a cold start should not pay for them.
    from jobchute.requests.recognition import apis_like, shared_members

    likely = apis_like(request)
    if not likely or api in likely:
        return None
    own, other = shared_members(api, request), shared_members(likely[0], request)
    knows_all = other == len(request) and other - own >= 2  # Braket's and Bedrock's bodies share four members
    if 2 * own > other and not knows_all:
        return None
    what = " or ".join(likely)
    rule = f"this looks like {what}, not like {api}: correct `api`, or the folder of the file"
    return Problem(ROOT, Code.OTHER_API, rule)


def shape_problems(api: Api, request: object) -> list[Problem]:
    """What is wrong by the provider's model alone."""
    model = model_for(api)
    try:
        model.adapter.validator.validate_python(request)
    except ValidationError:
        # Imported here: most bodies are valid, and a cold start should not pay for the wording of errors.
        from jobchute.validation.explain import Walk

        walk = Walk(model, docs_for(api), hints=iter(range(MAX_HINTS)))
        problems = list(islice(walk.problems(model.request, request, ROOT), MAX_COUNTED + 1))
        return problems or [
            Problem(ROOT, Code.WRONG_TYPE, "The body contains a value that JSON cannot represent.")
        ]
    return []


def rule_problems(api: Api, request: object) -> list[Problem]:
    """What is wrong by the rules across fields, as far as the shape of the body allows to check them."""
    if not isinstance(request, dict):
        return []
    found = chain.from_iterable(rule(request) for rule in rules_about(api, request))
    return list(islice(found, MAX_COUNTED + 1))
