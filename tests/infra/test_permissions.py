"""The table of permissions in docs/permissions.md, held to the template."""

from tests.infra.conftest import Template, listed
from tools import permissions


def test_the_table_of_permissions_is_what_is_deployed() -> None:
    """When this fails: make permissions."""
    assert permissions.SECTION.read() == permissions.table(permissions.synthesized())


def test_the_table_leaves_out_no_action_and_no_role(template: Template) -> None:
    resources = template.body["Resources"]
    rows: dict[str, str] = {}
    for line in permissions.table(resources).splitlines()[2:]:
        name, *cells = line.strip("| ").split(" | ")
        rows[name] = rows.get(name, "") + cells[-1]
    assert rows.keys() == {*template.functions(), "state machine"}
    for module in template.functions():
        missing = [action for action in template.actions_of(module) if f"`{action}`" not in rows[module]]
        assert not missing
    every = {action for _, statement in template.statements() for action in listed(statement["Action"])}
    assert not [action for action in every if f"`{action}`" not in "".join(rows.values())]
