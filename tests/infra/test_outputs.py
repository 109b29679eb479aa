"""docs/configuration.md lists every output of the stack, and no other."""

import re
from pathlib import Path

from tests.infra.configurations import EVERYTHING, JOB_BUCKETS
from tests.infra.conftest import synthesized
from tests.paths import DOCS

OWNERS = {"ada": {"principals": ["AROAEXAMPLEADA123456"], "buckets": ["uploads"]}}


def test_every_output_is_listed(asset: Path) -> None:
    template = synthesized(asset, **EVERYTHING, owners=OWNERS, job_role_buckets=JOB_BUCKETS)
    table = (DOCS / "configuration.md").read_text().partition("| output | value |")[2]
    listed = {name for row in table.splitlines() for name in re.findall(r"`(\w+)`", row.split(" | ")[0])}
    assert listed == {*template.body["Outputs"]}
