"""The report's plots, as SVG."""

from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt

WAYS = {"ours": "Jobchute", "floor": "floor", "usual": "packaged the usual way"}
mpl.use("svg")
# The same data makes the same file.
mpl.rcParams["svg.hashsalt"] = "jobchute"
WITHOUT_DATE = {"Date": None}


def draw(tables: dict[str, Any], folder: Path) -> None:
    """Draw what there is a table of."""
    if "cold_start" in tables:
        _cold_starts(tables["cold_start"], folder / "cold-start.svg")
    if len(tables.get("throughput", [])) > 1:
        _growth(tables["throughput"], folder / "throughput.svg")
    if "quotas" in tables:
        _quotas(tables["quotas"], folder / "quotas.svg")


def _cold_starts(rows: list[dict[str, Any]], path: Path) -> None:
    figure, axes = plt.subplots(figsize=(8, 4))
    names = [f"{row['function']}\n{row['provider'] or ''}" for row in rows]
    for number, (way, label) in enumerate(WAYS.items()):
        places = [index + (number - 1) * 0.27 for index in range(len(rows))]
        axes.bar(places, [1000 * row[way]["processor"] for row in rows], 0.27, label=label)
    axes.set_xticks(range(len(rows)), names, fontsize=8)
    axes.set_ylabel("ms of processor time")
    axes.legend()
    _save(figure, path)


def _growth(bursts: list[dict[str, Any]], path: Path) -> None:
    figure, axes = plt.subplots(figsize=(6, 4))
    by_size = sorted(bursts, key=lambda burst: burst["files"])
    sizes = [burst["files"] for burst in by_size]
    axes.plot(sizes, [1 / burst["ours"] for burst in by_size], "o-", label="Jobchute")
    axes.plot(sizes, [1 / burst["empty"] for burst in by_size], "s--", label="empty functions")
    axes.set_xscale("log")
    axes.set_ylim(bottom=0)
    axes.set_xlabel("files in the burst")
    axes.set_ylabel("seconds a file")
    axes.legend()
    _save(figure, path)


def _quotas(loads: list[dict[str, Any]], path: Path) -> None:
    figure, axes = plt.subplots(figsize=(8, 4.5))
    names = list(dict.fromkeys(load["quota"]["name"] for load in loads))
    for jobs in sorted({load["jobs_an_hour"] for load in loads}):
        used = [load["used"] for load in loads if load["jobs_an_hour"] == jobs]
        axes.plot(used, names, "o", label=f"{jobs:,} jobs an hour")
    axes.axvline(1, color="black", linewidth=1)
    axes.set_xscale("log")
    axes.set_xlabel("part of the quota that is used")
    axes.invert_yaxis()
    axes.legend(fontsize=8)
    _save(figure, path)


def _save(figure: Any, path: Path) -> None:
    figure.tight_layout()
    figure.savefig(path, format="svg", metadata=WITHOUT_DATE)
    plt.close(figure)
