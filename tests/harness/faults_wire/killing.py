"""Kills Lambda worker processes of one MiniStack in mid-call, by process id, and never anything else."""

import os
import signal
import threading
import time
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")
WORKER = b"_worker.py"
LOOPBACK = "0100007F"


class Killer:
    """root: MiniStack's process id. most: so many at the most, and one in `pause` seconds."""

    def __init__(self, root: int, *, most: int, pause: float) -> None:
        self._root = root
        self._most = most
        self._pause = pause
        self._last = 0.0
        self._lock = threading.Lock()
        self.killed: list[int] = []

    def kill(self, port: int) -> bool:
        """Kill the worker that holds the loopback connection from this port. Returns whether one was killed."""
        with self._lock:
            if len(self.killed) >= self._most or time.monotonic() - self._last < self._pause:
                return False
            pid = self._worker_at(port)
            if pid is None:
                return False
            os.kill(pid, signal.SIGKILL)
            self._last = time.monotonic()
            self.killed.append(pid)
            return True

    def _worker_at(self, port: int) -> int | None:
        inode = _inode_of(port)
        if inode is None:
            return None
        return next((pid for pid in self._workers() if _holds(pid, f"socket:[{inode}]")), None)

    def _workers(self) -> list[int]:
        parents = {pid: parent for pid in _pids() if (parent := _parent_of(pid)) is not None}
        return [pid for pid in parents if _descends(pid, self._root, parents) and _is_worker(pid)]


def _pids() -> list[int]:
    return [int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit()]


def _parent_of(pid: int) -> int | None:
    with suppress(OSError):
        return int((PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[1])
    return None


def _descends(pid: int, root: int, parents: dict[int, int]) -> bool:
    above = parents.get(pid, 0)
    while above > 1 and above != root:
        above = parents.get(above, 0)
    return above == root


def _is_worker(pid: int) -> bool:
    with suppress(OSError):
        return WORKER in (PROC / str(pid) / "cmdline").read_bytes()
    return False


def _inode_of(port: int) -> str | None:
    local = f"{LOOPBACK}:{port:04X}"
    for line in (PROC / "net" / "tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[1] == local:
            return fields[9]
    return None


def _holds(pid: int, link: str) -> bool:
    with suppress(OSError):
        return any(os.readlink(entry) == link for entry in os.scandir(PROC / str(pid) / "fd"))
    return False
