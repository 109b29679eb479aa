"""Which API a body is for, by the names of its members."""

from collections.abc import Collection

from jobchute.job import Api
from jobchute.providers.models import model_for
from jobchute.validation.explain import members_of


def apis_like(members: Collection[str]) -> list[Api]:
    """The APIs that have the most of these members, and at least half of them; none if there is no such API."""
    shared = {api: shared_members(api, members) for api in Api}
    most = max(shared.values())
    if 2 * most < len(members):
        return []
    return [api for api, count in shared.items() if count == most]


def shared_members(api: Api, members: Collection[str]) -> int:
    """How many of the names are members of the API's request."""
    return len(members_of(model_for(api).request).keys() & set(members))
