"""The keyboard of a terminal, read key by key."""

import os
import select
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

QUIT = frozenset("qQ\x03\x04")
"""q, and what Ctrl-C and Ctrl-D send where the terminal makes no signal of them."""

Wait = Callable[[float], bool]
"""Waits so many seconds. Returns whether a key was pressed that ends the view."""


@contextmanager
def keyboard() -> Iterator[Wait]:
    """Within, keys are read without Enter and are not shown. Without a terminal, it only waits."""
    try:
        import termios
        import tty
    except ImportError:
        yield _only_wait
        return
    if not sys.stdin.isatty():
        yield _only_wait
        return
    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    tty.setcbreak(descriptor)
    try:
        yield lambda seconds: _is_quit(descriptor, seconds)
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


def _is_quit(descriptor: int, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        readable, _, _ = select.select([descriptor], [], [], left)
        if readable:
            keys = os.read(descriptor, 64)
            if not keys or QUIT & {*keys.decode(errors="replace")}:
                return True
    return False


def _only_wait(seconds: float) -> bool:
    time.sleep(seconds)
    return False
