"""The README's table of permissions, held to the template."""

from tests.infra.conftest import Template, listed
from tools import permissions


def test_the_readme_s_table_is_what_is_deployed() -> None:
    """When this fails: make permissions."""
    _, _, rest = permissions.README.read_text().partition(permissions.BEGIN)
    written, end, _ = rest.partition(permissions.END)
    assert end
    assert written.strip() == permissions.table(permissions.synthesized())


def test_the_table_leaves_out_no_action_and_no_role(template: Template) -> None:
    resources = template.body["Resources"]
    rows = {line.split(" | ")[0].strip("| "): line for line in permissions.table(resources).splitlines()[2:]}
    assert rows.keys() == {*template.functions(), "state machine"}
    for module in template.functions():
        missing = [action for action in template.actions_of(module) if f"`{action}`" not in rows[module]]
        assert not missing
    every = {action for _, statement in template.statements() for action in listed(statement["Action"])}
    assert not [action for action in every if f"`{action}`" not in "".join(rows.values())]
