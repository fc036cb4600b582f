"""From what was measured to figures, and to a table for people."""

from __future__ import annotations

import platform
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import uproot
from coffea_selection import LEFT_OUT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PACKAGES = ("numpy", "numba", "uproot", "awkward", "coffea", "zstandard")
PER_EVENT = ("engine", "coffea", "decompression")  # the other peers do not go through the big file
Measured = tuple[str, str, list[dict[str, float]]]


def figures(source: Path, selected: dict[str, int], measured: Sequence[Measured]) -> dict[str, Any]:
    """All there is to tell, as plain data.

    selected  how many objects pass, in coffea as in the engine
    measured  of each peer: its name, what it does, and seconds, cpu_seconds and peak_rss_mb of each run
    """
    with uproot.open(source) as file:
        tree = file["CollectionTree"]
        events, branches = int(tree.num_entries), len(tree.branches)
    rows = [_row(peer, what, runs, events if peer in PER_EVENT else None) for peer, what, runs in measured]
    return {
        "machine": f"{_processor()}, {platform.system()} {platform.release()}, Python {platform.python_version()}",
        "versions": {package: version(package) for package in PACKAGES},
        "input": {"file": str(source), "events": events, "branches": branches, "bytes": source.stat().st_size},
        "selected": selected,
        "rows": rows,
        "ratios": list(_ratios(rows)),
    }


def _row(peer: str, what: str, runs: list[dict[str, float]], events: int | None) -> dict[str, Any]:
    seconds, cpu_seconds = ([run[clock] for run in runs] for clock in ("seconds", "cpu_seconds"))
    row = {"peer": peer, "what": what, "peak_rss_mb": max(run["peak_rss_mb"] for run in runs)}
    row |= {"seconds": _spread(seconds), "cpu_seconds": _spread(cpu_seconds)}
    if events is not None:
        row["events_per_s"] = _spread([events / s for s in seconds])
        row["events_per_cpu_s"] = _spread([events / s for s in cpu_seconds])
    return row


def _spread(values: list[float]) -> dict[str, float]:
    return {"min": min(values), "median": median(values), "max": max(values)}


def _ratios(rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The engine's speed over that of the others which do the same: of the medians."""
    engine = {row["what"]: row for row in rows if row["peer"] == "engine"}
    for row in rows:
        if row["peer"] in ("coffea", "decompression"):
            by_clock, by_cpu = (
                engine[row["what"]][speed]["median"] / row[speed]["median"]
                for speed in ("events_per_s", "events_per_cpu_s")
            )
            yield {"engine over": row["peer"], "what": row["what"], "ratio": by_clock, "cpu_ratio": by_cpu}


def _processor() -> str:
    """Its name as Linux knows it."""
    listed = Path("/proc/cpuinfo")
    lines = listed.read_text().splitlines() if listed.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def table(result: dict[str, Any]) -> str:
    """The figures in words and columns."""
    made, selected = result["input"], result["selected"]
    versions = ", ".join(f"{package} {number}" for package, number in result["versions"].items())
    objects = ", ".join(f"{name} {count}" for name, count in selected.items())
    return "\n".join(
        [
            result["machine"],
            versions,
            f"input: {made['events']} events, {made['branches']} branches, {made['bytes'] / 1e6:.1f} MB",
            f"selected by both: {objects}",
            "coffea cannot do, and the engine leaves out where it shares the work:",
            *(f"  {line}" for line in LEFT_OUT),
            "",
            f"{'one core, warm':<40} {'events/s':>9} {'min':>9} {'max':>9} {'per CPU s':>10} {'peak MB':>8}",
            *(_speed_line(row) for row in result["rows"] if "events_per_s" in row),
            "",
            *(_ratio_line(ratio) for ratio in result["ratios"]),
            *_warning(result["rows"]),
            *(_seconds_line(row) for row in result["rows"] if "events_per_s" not in row),
        ]
    )


def _speed_line(row: dict[str, Any]) -> str:
    speed, label = row["events_per_s"], f"{row['peer']}, {row['what']}"
    numbers = (speed["median"], speed["min"], speed["max"])
    by_cpu = row["events_per_cpu_s"]["median"]
    return f"{label:<40} {''.join(f'{n:>9.0f} ' for n in numbers)}{by_cpu:>10.0f} {row['peak_rss_mb']:>8.0f}"


def _ratio_line(ratio: dict[str, Any]) -> str:
    label = f"engine over {ratio['engine over']}, {ratio['what']}"
    return f"{label:<50} {ratio['ratio']:.2f} (of CPU seconds {ratio['cpu_ratio']:.2f})"


def _warning(rows: list[dict[str, Any]]) -> Iterator[str]:
    """Where other programs took the processor away for more than a tenth of the time."""
    waited = max(row["seconds"]["median"] / row["cpu_seconds"]["median"] for row in rows if "events_per_s" in row)
    if waited > 1.1:
        yield f"the machine was busy: runs took up to {waited:.1f} times their CPU seconds; measure on a quiet one"


def _seconds_line(row: dict[str, Any]) -> str:
    seconds = row["seconds"]
    return f"{row['peer']}, {row['what']:<40} {seconds['median']:.3f} s ({seconds['min']:.3f} to {seconds['max']:.3f})"
