"""What a run tells: a report for programs, beside the ntuple, and a summary for people."""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from topcp_columnar import __version__
from topcp_columnar.errors import OutputError
from topcp_columnar.plan.model import EVENT
from topcp_columnar.report_blocks import block_lines, blocks
from topcp_columnar.systematics import NOSYS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from topcp_columnar.plan.model import Branch, Plan, Remark
    from topcp_columnar.result import LevelResult, Result

# So many names stand on one line of the summary; the report has them all.
_NAMES_SHOWN = 6


def write_report(result: Result) -> None:
    """Write `<output>.report.json` beside the ntuple. Raises OutputError."""
    path = result.arguments.report
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        part.write_text(report_text(result) + "\n", encoding="utf-8")
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise OutputError(f"{path}: the report cannot be written: {error.strerror}") from error


def report_text(result: Result) -> str:
    """The report as JSON, an entry a line; it is also in the ntuple, as the text `report`."""
    return "{\n" + ",\n".join(f'"{key}": {json.dumps(value)}' for key, value in report(result).items()) + "\n}"


def report(result: Result) -> dict[str, Any]:
    """Everything about a run, as plain data: what was read, what was written, what was left out and why.

    What each level has of its own stands here for the first, and under `further_levels` for the others.
    """
    name = result.payload.name if result.payload else ""
    first, *others = (_level(level, name) for level in result.levels)
    return {
        "generator": f"topcp-columnar {__version__}",
        "inputs": [{"location": location, "events": events} for location, events in result.files],
        "payload": _payload(result),
        **first,
        "further_levels": others,
    }


def _level(level: LevelResult, payload: str) -> dict[str, Any]:
    plan = level.plan
    return {
        "release": asdict(level.release),
        "configuration": {
            "file": str(level.configuration),
            "level": level.config.level,
            "warnings": [str(problem) for problem in level.config.problems],
        },
        "blocks": list(blocks(level.config.blocks, plan)),
        "events": [{"cut": cut, "events": events} for cut, events in _event_cuts(level)],
        "systematics": [NOSYS, *plan.systematics],
        "systematics_from": {name: asdict(source) for name, source in plan.sources.items()},
        "trees": [
            {
                "name": tree.name,
                "objects": level.tally.objects[tree.name],
                "branches": [_branch(plan, branch, payload) for branch in tree.branches],
            }
            for tree in plan.trees
        ],
        "omitted": [asdict(remark) for remark in plan.omitted],
        "notes": [asdict(remark) for remark in plan.notes],
    }


def _payload(result: Result) -> dict[str, Any] | None:
    payload = result.payload
    if payload is None:
        return None
    return {key: getattr(payload, key) for key in ("name", "location", "sha256", "official")}


def _branch(plan: Plan, branch: Branch, payload: str) -> dict[str, str]:
    variable, varied_by = branch.variable, plan.sources.get(branch.systematic)
    entry = {
        "name": branch.name,
        "verdict": variable.verdict,
        "systematic": branch.systematic,
        "column": variable.column,
        "block": variable.block,
        "source": variable.source,
        "payload": payload if varied_by and varied_by.of_payload else variable.payload,
    }
    return entry | ({"why": variable.why} if variable.why else {})


def _event_cuts(level: LevelResult) -> list[tuple[str, int]]:
    labels = ["all", *(event_filter.label for event_filter in level.plan.filters)]
    return list(zip(labels, level.tally.passed, strict=True))


def summary(result: Result) -> str:
    """What is printed at the end of a run."""
    lines = [line for level in result.levels for line in _level_lines(level)]
    arguments = result.arguments
    return "\n".join([_processed(result), *lines, f"wrote {arguments.ntuple} and {arguments.report}", ""])


def _processed(result: Result) -> str:
    """The line of EventLoop that ServiceX's side looks for."""
    (first, _), *others = result.files
    more = f" and {len(others)} more" if others else ""
    return f"Package.EventLoop        INFO    Processing events 0-{result.events} in file {first}{more}"


def _level_lines(level: LevelResult) -> Iterator[str]:
    yield from _release_lines(level)
    yield from _event_lines(level)
    yield from _tree_lines(level)
    yield from _remark_lines(level)


def _release_lines(level: LevelResult) -> Iterator[str]:
    release = level.release
    yield f"configuration {level.configuration}, release {release.name}" + (
        f" ({release.note})" if release.note else ""
    )
    yield from (str(problem) for problem in level.config.problems)


def _event_lines(level: LevelResult) -> Iterator[str]:
    """The events left by each filter."""
    width = max(len(cut) for cut, _ in _event_cuts(level))
    yield "events"
    yield from (f"  {cut:<{width}} {events:>9}" for cut, events in _event_cuts(level))


def _tree_lines(level: LevelResult) -> Iterator[str]:
    for tree in level.plan.trees:
        verdicts = Counter(branch.variable.verdict for branch in tree.branches)
        counts = ", ".join(f"{verdicts[verdict]} {verdict}" for verdict in ("exact", "approx") if verdicts[verdict])
        systematics = 1 + len(level.plan.systematics)
        yield f"tree {tree.name}: {len(tree.branches)} branches ({counts}), {systematics} systematics"
        objects = level.tally.objects[tree.name]
        width = max(map(len, objects), default=0)
        yield from (f"  {name:<{width}} {count:>9} objects" for name, count in objects.items() if name != EVENT)
    yield from block_lines(level.config.blocks, level.plan)


def _remark_lines(level: LevelResult) -> Iterator[str]:
    omitted = level.plan.omitted
    if omitted:
        yield f"left out ({len(omitted)}):"
        yield from (f"  {line}" for line in _grouped(omitted))
    if level.plan.notes:
        yield "notes:"
        yield from (f"  {line}" for line in _grouped(level.plan.notes))


def _grouped(remarks: Sequence[Remark]) -> list[str]:
    """One line a reason."""
    by_reason: dict[str, list[str]] = {}
    for remark in remarks:
        by_reason.setdefault(remark.why, []).append(remark.what)
    return [f"{why}: {_shortened(what)}" for why, what in by_reason.items()]


def _shortened(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else ""
    return ", ".join(names[:_NAMES_SHOWN]) + more
