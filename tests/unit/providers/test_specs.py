"""The list of APIs, and what has to hold for every spec."""

import re

import pytest

from jobchute.job import OWN_TOKENS, Api
from jobchute.providers.models import model_for
from jobchute.providers.registry import FOLDERS, SPECS
from jobchute.validation.explain import members_of

ARN = re.compile(r"arn:\{partition\}:[a-z-]+:(\{region\}|\*):(\{account\})?:[a-z-]+/\*")


def test_the_list_is_complete() -> None:
    assert list(SPECS) == list(FOLDERS) == list(Api)
    assert all(spec.api is api for api, spec in SPECS.items())


@pytest.mark.parametrize("api", Api)
def test_what_an_api_fills_in_is_in_its_model(api: Api) -> None:
    spec = SPECS[api]
    named = {spec.name.member, spec.token, spec.tags.member if spec.tags else ""} - {""}
    assert named <= set(members_of(model_for(api).request))


def test_no_token_of_a_request_counts_for_a_job_s_identity() -> None:
    assert {spec.token for spec in SPECS.values()} - {""} == set(OWN_TOKENS)


@pytest.mark.parametrize("api", Api)
def test_an_aws_service_has_grants_and_others_have_none(api: Api) -> None:
    spec = SPECS[api]
    assert (spec.service is None) == (spec.iam is None)
    assert spec.service is None or api.startswith(f"{spec.service}:")


@pytest.mark.parametrize("api", [api for api in Api if SPECS[api].iam])
def test_no_grant_takes_a_region_or_an_account_for_granted(api: Api) -> None:
    iam = SPECS[api].iam
    assert iam is not None
    grants = (iam.create, iam.tag, iam.read, *iam.find, iam.list, iam.cancel, iam.create_on)
    resources = {resource for grant in grants if grant is not None for resource in grant.resources}
    assert [each for each in resources - {"*"} if not ARN.fullmatch(each)] == []
