"""`jobchute ui` as a process of its own, as a person starts it."""

import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from infra.local import processes

TOOL = Path(sys.executable).with_name("jobchute")
ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/[\w-]+/")
PATIENCE_SECONDS = 30


@contextmanager
def served(environment: Mapping[str, str], folder: Path) -> Iterator[str]:
    """The page's address, with its token.

    environment: what points to a deployment. folder: a new one, for its log.
    """
    folder.mkdir(parents=True)
    log = folder / "ui.log"
    own = processes.environment() | {"PYTHONUNBUFFERED": "1"} | dict(environment)
    pid = processes.start([str(TOOL), "ui", "--no-open"], log=log, environment=own)
    try:
        processes.wait_until(lambda: bool(ADDRESS.search(log.read_text())), seconds=PATIENCE_SECONDS)
        found = ADDRESS.search(log.read_text())
        assert found is not None, log.read_text()
        yield found[0]
    finally:
        processes.stop(pid)
