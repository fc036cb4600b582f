"""What became of each block of the configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from topcp_columnar.plan.part import place

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from topcp_config import Block

    from topcp_columnar.plan.model import Branch, Plan, Remark

_LEFT_OUT = "left out"
_SELECTION = "selectionName"


def blocks(given: Sequence[Block], plan: Plan) -> Iterator[dict[str, Any]]:
    """Of each block, and each within it: its place, its verdict, sources and payloads, and how many branches it has.

    verdict  `left out`: nothing of it is computed; `approx`: a branch of it is; else `exact`, also of blocks that
             make selections alone, whose flags are branches of Output
    """
    branches: dict[str, list[Branch]] = {}
    for branch in (branch for tree in plan.trees for branch in tree.branches):
        branches.setdefault(branch.variable.block, []).append(branch)
    for block in given:
        yield from _entries(block, plan, branches, _why_left_out(block, plan.omitted))


def _entries(block: Block, plan: Plan, branches: dict[str, list[Branch]], why: str) -> Iterator[dict[str, Any]]:
    own = branches.get(block.path, [])
    left_out = [remark.why for remark in plan.omitted if remark.block == block.path]
    if not own and left_out and _SELECTION not in block.given:
        why = why or left_out[0]
    entry = {
        "block": block.path,
        "place": place(block),
        "verdict": _LEFT_OUT if why else "approx" if any(b.variable.verdict == "approx" for b in own) else "exact",
        "branches": len(own),
        "left_out": len(left_out),
        "sources": sorted({b.variable.source for b in own}),
        "payloads": sorted({b.variable.payload for b in own} - {""}),
    }
    yield entry | ({"why": why} if why else {})
    for child in block.children:
        of_child = f"{block.path} is left out" if why else _why_left_out(child, plan.omitted)
        yield from _entries(child, plan, branches, of_child)


def _why_left_out(block: Block, omitted: Sequence[Remark]) -> str:
    """Why nothing of a block is computed; empty if something is."""
    whole = (r.why for r in omitted if r.block == block.path and (r.what == block.path or _is_option(r.what, block)))
    return next(whole, "")


def _is_option(what: str, block: Block) -> bool:
    return what.removeprefix(f"{block.path}.") in block.options and what.startswith(f"{block.path}.")


def block_lines(given: Sequence[Block], plan: Plan) -> Iterator[str]:
    """A table for people."""
    entries = list(blocks(given, plan))
    width = max((len(entry["block"]) for entry in entries), default=0)
    yield "blocks"
    for entry in entries:
        yield f"  {entry['block']:<{width}} {entry['verdict']:<8} {entry.get('why') or _counted(entry)}".rstrip()


def _counted(entry: dict[str, Any]) -> str:
    counts = {"branches": entry["branches"], "left out": entry["left_out"]}
    return ", ".join(f"{count} {what}" for what, count in counts.items() if count)
