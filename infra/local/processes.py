"""Background processes: started on free ports, logged, bounded in time, ended by their process id."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

PRIVATE = 0o077
"""The umask of what is started here."""

MAX_LIFE_SECONDS = 12 * 3600
"""The longest life of a process that is started here and never stopped (coreutils' timeout ends it)."""

INHERITED = (
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "LANG",
    "LANGUAGE",
    "TZ",
    "TMPDIR",
    "XDG_CACHE_HOME",
    "LD_LIBRARY_PATH",
)
"""What a process needs of the shell's environment: places of programs, folders and libraries, and the language.

`LC_*` comes with them. Nothing in it can point to another stack, or to a proxy between these processes.
"""

_started: dict[int, subprocess.Popen[bytes]] = {}
"""Children of this process: only their parent can tell a dead one from one that lives."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def environment() -> dict[str, str]:
    """What every process that is started here may know of the shell that started it."""
    return {name: value for name, value in os.environ.items() if name in INHERITED or name.startswith("LC_")}


def make_private(folder: Path) -> None:
    """Make a folder that its user alone can enter, or make one such that is there already."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)


def start(command: Sequence[str], *, log: Path, environment: Mapping[str, str]) -> int:
    """Start a process in a session of its own, its output in a log file. Returns its process id.

    Other users can read neither the log nor the files that it makes.
    """
    log.touch(mode=0o600)
    with log.open("ab") as output:
        process = subprocess.Popen(
            ["timeout", "--kill-after=10", str(MAX_LIFE_SECONDS), *command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=dict(environment),
            start_new_session=True,
            umask=PRIVATE,
        )
    _started[process.pid] = process
    return process.pid


def is_alive(pid: int) -> bool:
    own = _started.get(pid)
    if own is not None:
        return own.poll() is None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def stop(pid: int, *, patience: float = 10.0) -> None:
    """End a process and all it started: its session's group gets TERM, and KILL when patience is over."""
    for signal_ in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(pid, signal_)
        except ProcessLookupError:
            return
        if wait_until(lambda: not is_alive(pid), seconds=patience):
            break


def wait_until(condition: Callable[[], bool], *, seconds: float, interval: float = 0.1) -> bool:
    """Whether the condition came true in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(interval)
    return condition()
