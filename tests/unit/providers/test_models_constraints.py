"""Every constraint of the eight AWS models is refused where it is broken, and its twin accepted."""

from collections import Counter
from functools import cache

import pytest
from botocore.model import ListShape, MapShape, Shape, StructureShape

from jobchute.job import Api
from jobchute.problems import Problem
from jobchute.requests.body import problems_in
from tests.unit.providers.constraint_cases import AWS_APIS, READ_ONLY, REASONS, Case, cases
from tests.unit.providers.shape_values import enum_of, input_shape


@pytest.mark.parametrize("api", AWS_APIS)
def test_every_twin_is_accepted(api: Api) -> None:
    refused = {
        f"{case.constraint} at {case.path}": problems
        for case in cases(api)
        if case.twin is not None and (problems := problems_in(api, case.twin))
    }
    assert refused == {}


@pytest.mark.parametrize("api", AWS_APIS)
def test_every_broken_constraint_is_refused_at_its_path(api: Api) -> None:
    missed = {}
    for case, problems in refusals(api):
        if (case.path, case.code) not in {(p.path, p.code) for p in problems}:
            missed[f"{case.constraint} at {case.path}"] = problems
    assert missed == {}


@pytest.mark.parametrize("api", AWS_APIS)
def test_a_broken_document_is_broken_at_that_path_alone(api: Api) -> None:
    """But for what a rule across fields derives from the value that was changed."""
    elsewhere = {}
    for case, problems in refusals(api):
        others = [problem for problem in problems if not on_one_line(problem.path, case.path)]
        if others:
            elsewhere[f"{case.constraint} at {case.path}"] = others
    assert elsewhere == {}


@cache
def refusals(api: Api) -> list[tuple[Case, list[Problem]]]:
    """Every broken document of an API with what is found wrong with it."""
    return [(case, problems_in(api, case.broken)) for case in cases(api) if case.broken is not None]


def on_one_line(path: str, other: str) -> bool:
    return path.startswith(other) or other.startswith(path)


def test_nothing_is_left_out_without_a_reason(capsys: pytest.CaptureFixture[str]) -> None:
    everything = [case for api in AWS_APIS for case in cases(api)]
    assert all(case.broken is not None or case.reason in REASONS for case in everything)
    count = Counter((case.api, "left out" if case.broken is None else "broken") for case in everything)
    reasons = Counter(case.reason for case in everything if case.broken is None)
    with capsys.disabled():
        print("\nconstraints, each with a broken document and its twin:")  # noqa: T201
        for api in AWS_APIS:
            print(f"  {api}: {count[api, 'broken']}, and {count[api, 'left out']} that cannot be broken")  # noqa: T201
        for reason, number in reasons.items():
            print(f"  {number} x {REASONS[reason]}")  # noqa: T201
    assert sum(number for (_, kind), number in count.items() if kind == "broken") > 1900


def test_every_constraint_in_the_models_has_its_case() -> None:
    """The walk above against a plain count of the traits, so that it cannot lose a branch unseen."""
    for api in AWS_APIS:
        wanted: Counter[str] = Counter()

        def count(shape: Shape, wanted: Counter[str] = wanted) -> None:
            if enum_of(shape):
                wanted["enum"] += len(enum_of(shape))
            else:
                wanted.update(name for name in ("min", "max", "pattern") if name in shape.metadata)
            match shape:
                case StructureShape():
                    wanted["required"] += len(shape.required_members)
                    for name, member in shape.members.items():
                        if name not in READ_ONLY:
                            count(member)
                case ListShape():
                    count(shape.member)
                case MapShape():
                    count(shape.key)
                    count(shape.value)

        count(input_shape(api))
        kinds = {
            "least": "min",
            "greatest": "max",
            "pattern": "pattern",
            "enum": "enum",
            "required": "required",
        }
        found = Counter(
            kinds[case.constraint.removeprefix("key: ").split(" ")[0]]
            for case in cases(api)
            if case.constraint.removeprefix("key: ").split(" ")[0] in kinds
            and case.constraint[-6:] != "to the end"[-6:]
        )
        assert found == wanted, api
