"""The page of `jobchute ui` over the embedded AWS, as one of its processes: `down` ends it with the others."""

import re
import sys
from collections.abc import Mapping
from pathlib import Path

from infra.local import processes
from infra.local.host import StartProcess

TOOL = Path(sys.executable).with_name("jobchute")
ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/[\w-]+/")
PATIENCE_SECONDS = 60


def start_page(
    log: Path, environment: Mapping[str, str], *, start: StartProcess = processes.start
) -> tuple[int, str]:
    """Its process id and its address, which holds a token. log: a new one. Raises SystemExit with its words."""
    log.unlink(missing_ok=True)
    pid = start([str(TOOL), "ui", "--no-open"], log=log, environment=environment)

    def has_begun_or_ended() -> bool:
        return address_in(log) is not None or not processes.is_alive(pid)

    processes.wait_until(has_begun_or_ended, seconds=PATIENCE_SECONDS)
    address = address_in(log)
    if address is None:
        raise SystemExit(f"the page has not started; its log is {log}")
    return pid, address


def address_in(log: Path) -> str | None:
    """What the process has told."""
    found = ADDRESS.search(log.read_text(errors="replace")) if log.exists() else None
    return None if found is None else found[0]
