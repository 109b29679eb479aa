"""A stack with owners: the functions that take requests know them, and the tool can ask for them."""

from pathlib import Path

from jobchute.requests.owners import Owner, owners_of_json
from tests.infra.conftest import Template, synthesized

OWNERS = {"ada": {"principals": ("AROAEXAMPLEADA123456",), "buckets": ("uploads",)}, "bob": {}}


def variables(template: Template, name: str) -> dict[str, str]:
    """Function → its value of a variable, for those that have it."""
    environments = {
        module: function["Environment"]["Variables"] for module, function in template.functions().items()
    }
    return {module: values[name] for module, values in environments.items() if name in values}


def test_the_functions_that_take_requests_know_the_owners(asset: Path) -> None:
    template = synthesized(asset, owners=OWNERS, buckets=("uploads",))
    told = variables(template, "JOBCHUTE_OWNERS")
    assert told.keys() == {"validate", "reconcile"}
    expected = {"ada": Owner(("AROAEXAMPLEADA123456",), ("uploads",)), "bob": Owner()}
    output = template.body["Outputs"]["Owners"]["Value"]
    assert [owners_of_json(text) for text in (*told.values(), output)] == [expected] * 3


def test_without_owners_there_is_no_word_of_them(template: Template) -> None:
    assert variables(template, "JOBCHUTE_OWNERS") == {}
    assert "Owners" not in template.body["Outputs"]
