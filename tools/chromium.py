"""A headless Chromium that `make install` puts below node_modules, with fonts and libraries of its own.

It is built for Linux on x86-64. On other systems, set CHROMIUM to the path of an installed Chromium or Chrome.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from playwright.sync_api import Browser, Playwright

ROOT = Path(__file__).resolve().parents[1]
UNPACKED = ROOT / "node_modules" / ".chromium"
FONTS = ROOT / "tools" / "fonts.conf"
ARGUMENTS = (
    "--no-zygote",
    "--disable-gpu",
    # Containers often have a small /dev/shm.
    "--disable-dev-shm-usage",
    # Text has the same width on every machine.
    "--font-render-hinting=none",
)


def launched(playwright: Playwright) -> Browser:
    """A started browser, which the caller closes. Raises FileNotFoundError if there is none.

    It has no sandbox, which needs privileges that containers do not have: show it pages of this project alone.
    """
    path = executable(os.environ)
    own = own_environment(UNPACKED) if path.is_relative_to(UNPACKED) else {}
    return playwright.chromium.launch(
        executable_path=path, chromium_sandbox=False, args=list(ARGUMENTS), env={**os.environ, **own}
    )


def executable(environment: Mapping[str, str]) -> Path:
    """The browser's path. Raises FileNotFoundError if there is nothing."""
    path = Path(environment.get("CHROMIUM") or UNPACKED / "chromium")
    if not path.exists():
        raise FileNotFoundError(f"there is no browser at {path}: run make install, or set CHROMIUM to another")
    return path


def own_environment(unpacked: Path) -> dict[str, str]:
    """The variables that make Chromium use its own libraries and fonts."""
    return {
        "LD_LIBRARY_PATH": str(unpacked / "al2023" / "lib"),
        "FONTCONFIG_FILE": str(FONTS),
        "XDG_CACHE_HOME": str(unpacked / "cache"),
    }
