"""From what was measured to figures, and to a table for people."""

from __future__ import annotations

import platform
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import uproot

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine import Row

PACKAGES = {
    "topcp-columnar": ("numpy", "numba"),
    "coffea": ("coffea",),
    "rdataframe": ("root",),
    "uproot": ("uproot", "awkward", "correctionlib"),
    "decompress": ("zstandard",),
}
# What the rows of bench.json call the peers that go through the big file.
NAMES = {
    "engine": "topcp-columnar",
    "two_workers": "topcp-columnar, workers 2",
    "coffea": "coffea",
    "rdataframe": "rdataframe",
    "plain_uproot": "uproot",
    "decompression": "decompress",
}


def figures(source: Path, selected: dict[str, dict[str, int]], measured: Sequence[Row]) -> dict[str, Any]:
    """All there is to tell, as plain data.

    selected  of each work that all share, how many events and objects pass
    """
    with uproot.open(source) as file:
        tree = file["CollectionTree"]
        events, branches = int(tree.num_entries), len(tree.branches)
    rows = [_row(row) for row in measured]
    return {
        "machine": f"{_processor()}, {platform.system()} {platform.release()}, Python {platform.python_version()}",
        "versions": {package: version(package) for packages in PACKAGES.values() for package in packages},
        "input": {"file": str(source), "events": events, "branches": branches, "bytes": source.stat().st_size},
        "selected": selected,
        "rows": rows,
        "ratios": list(_ratios(rows)),
    }


def _row(row: Row) -> dict[str, Any]:
    """`branches` is how many are written; of the decompression, which writes none, how many are read."""
    seconds, cpu_seconds = ([run[clock] for run in row.runs] for clock in ("seconds", "cpu_seconds"))
    floor = row.peer == "decompression"
    made = {
        "peer": NAMES.get(row.peer, row.peer),
        "work": row.work.name,
        "variations": row.work.variations,
        "branches": len(row.work.inputs) if floor else row.work.outputs,
        "peak_rss_mb": max(run["peak_rss_mb"] for run in row.runs),
        "seconds": _spread(seconds),
        "cpu_seconds": _spread(cpu_seconds),
        "parts": {part: median(run["parts"][part] for run in row.runs) for part in row.runs[0]["parts"]},
    }
    if row.peer in NAMES:
        made["events_per_s"] = _spread([row.events / s for s in seconds])
        made["events_per_cpu_s"] = _spread([row.events / s for s in cpu_seconds])
    return made


def _spread(values: list[float]) -> dict[str, float]:
    return {"min": min(values), "median": median(values), "max": max(values)}


def _ratios(rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The engine's speed over that of the others which do the same: of the medians."""
    engine = {row["work"]: row for row in rows if row["peer"] == NAMES["engine"]}
    for row in rows:
        if "events_per_s" in row and row["peer"] != NAMES["engine"]:
            by_clock, by_cpu = (
                engine[row["work"]][speed]["median"] / row[speed]["median"]
                for speed in ("events_per_s", "events_per_cpu_s")
            )
            yield {"over": row["peer"], "work": row["work"], "ratio": by_clock, "cpu_ratio": by_cpu}


def bench_rows(result: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of bench.json: of the work that all peers share, and the medians alone."""
    return [
        {
            "peer": row["peer"],
            "variations": row["variations"],
            "branches": row["branches"],
            "events_per_s": round(row["events_per_s"]["median"], 1),
            "peak_rss_mb": round(row["peak_rss_mb"], 1),
        }
        for row in result["rows"]
        if row["work"] in result["selected"] and "events_per_s" in row
    ]


def _processor() -> str:
    """Its name as Linux knows it."""
    listed = Path("/proc/cpuinfo")
    lines = listed.read_text().splitlines() if listed.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def table(result: dict[str, Any]) -> str:
    """The figures in words and columns."""
    made = result["input"]
    versions = ", ".join(f"{package} {number}" for package, number in result["versions"].items())
    head = f"{'events/s':>9} {'min':>9} {'max':>9} {'per CPU s':>10} {'peak MB':>8} {'ours is':>8}"
    ratios = {(ratio["over"], ratio["work"]): ratio["cpu_ratio"] for ratio in result["ratios"]}
    return "\n".join(
        [
            result["machine"],
            versions,
            f"input: {made['events']} events, {made['branches']} branches, {made['bytes'] / 1e6:.1f} MB",
            *_selected_lines(result["selected"]),
            "",
            f"{'one core (two workers: two), warm':<56} {head}",
            *(_speed_line(row, ratios) for row in result["rows"] if "events_per_s" in row),
            "(ours is: events per CPU second of topcp-columnar over those of the peer)",
            "",
            *_part_lines(result["rows"]),
            *_warning(result["rows"]),
            *(_seconds_line(row) for row in result["rows"] if "events_per_s" not in row),
        ]
    )


def _selected_lines(selected: dict[str, dict[str, int]]) -> Iterator[str]:
    for work, counts in selected.items():
        yield f"pass in all peers, {work}: " + ", ".join(f"{name} {count}" for name, count in counts.items())


def _speed_line(row: dict[str, Any], ratios: dict[tuple[str, str], float]) -> str:
    speed, label = row["events_per_s"], f"{row['peer']}, {row['work']}, {row['branches']} branches"
    numbers = (speed["median"], speed["min"], speed["max"])
    by_cpu = row["events_per_cpu_s"]["median"]
    ratio = ratios.get((row["peer"], row["work"]))
    ours = f"{ratio:>7.2f}x" if ratio else ""
    return f"{label:<56} {''.join(f'{n:>9.0f} ' for n in numbers)}{by_cpu:>10.0f} {row['peak_rss_mb']:>8.0f} {ours}"


def _part_lines(rows: list[dict[str, Any]]) -> Iterator[str]:
    for row in rows:
        if row["parts"]:
            seconds = row["seconds"]["median"]
            rest = seconds - sum(row["parts"].values())
            parts = ", ".join(f"{part} {spent:.2f} s" for part, spent in row["parts"].items())
            yield f"of {seconds:.2f} s of {row['peer']}, {row['work']}: {parts}, start and end {rest:.2f} s"


def _warning(rows: list[dict[str, Any]]) -> Iterator[str]:
    """Where other programs took the processor away for more than a tenth of the time."""
    waited = max(row["seconds"]["median"] / row["cpu_seconds"]["median"] for row in rows if "events_per_s" in row)
    if waited > 1.1:
        yield f"the machine was busy: runs took up to {waited:.1f} times their CPU seconds; measure on a quiet one"


def _seconds_line(row: dict[str, Any]) -> str:
    what = {"opening": "opening the real file", "preview": "100 events of it, from the command to the ntuple"}
    seconds = row["seconds"]
    return f"{what[row['peer']]}: {seconds['median']:.3f} s ({seconds['min']:.3f} to {seconds['max']:.3f})"
