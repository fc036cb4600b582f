"""Regions of EventSelection: one mapping of names to cuts until AnalysisBase 25.2.88, then an item for each.

Source: athena, EventSelectionConfig.py of 2025 and 2026. In the later form the event is filtered by the first item's
noFilter, and SAVE at the end of the cuts is not needed any more.
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from topcp_config.migrate import edits
from topcp_config.migrate.scene import Here, Scene, Step

if TYPE_CHECKING:
    from collections.abc import Sequence

    from topcp_config.migrate.document import Document
    from topcp_config.migrate.spans import Span

BLOCK = "EventSelection"
DICT, NAME, CUTS = "selectionCutsDict", "selectionName", "selectionCuts"
_FIRST_ONLY = "noFilter"
_SAVE = "SAVE"


def concerns(scene: Scene, here: Here) -> bool:
    """Tell whether an entry belongs to a form of the regions that the target does not have."""
    if here.block.path != BLOCK or here.name not in (DICT, NAME, CUTS):
        return False
    old, new = (scene.target.knows(f"{BLOCK}.{name}") for name in (DICT, CUTS))
    return (old == "no" and new == "yes") if here.name == DICT else (old == "yes" and new != "yes")


def reshaped_regions(scene: Scene, here: Here) -> Step | None:
    """Write the regions in the form of the target."""
    if here.block.mapping.flow:
        return None
    return _to_items(scene, here) if here.name == DICT else _to_mapping(scene, here)


def _to_items(scene: Scene, here: Here) -> Step | None:
    regions, block = here.pair.value, here.block
    if regions.kind != "mapping" or regions.flow or regions.anchored or not _are_texts(regions):
        return None
    lines: list[str] = []
    for index, pair in enumerate(regions.entries):
        cuts = [line for line in _cut_lines(pair.value) if line.strip() != _SAVE]
        fields = [f"{CUTS}: {_header(scene.doc, pair.value)}", *(f"  {line}".rstrip() for line in cuts)]
        fields += _others(scene.doc, block.mapping, {DICT}, is_first=not index)
        lines += edits.comments_above(scene.doc, regions, index)
        lines += [f"- {NAME}: {scene.doc.raw(pair.key)}", *(f"  {line}".rstrip() for line in fields)]
    indent = _indent_of_item(scene.doc, here)
    edit = edits.rewrite(scene.doc, block.mapping, [f"{indent}{line}" for line in lines])
    return Step(here, [edit], f"one item of {BLOCK} for each region")


def _to_mapping(scene: Scene, here: Here) -> Step | None:
    """Put all items into one block with a mapping; they must agree in all other options."""
    block = scene.root.get(BLOCK)
    items = block.mappings() if block else []
    if block is None or block.flow or block.anchored or not _agree(items) or items[0] is not here.block.mapping:
        return None
    dash = scene.doc.before(items[0].start)
    first, *others = [*_others(scene.doc, items[0], {NAME, CUTS}, is_first=True), f"{DICT}:"]
    lines = [dash + first, *(" " * len(dash) + line for line in others)]
    deeper = " " * (len(dash) + 2)
    for index, item in enumerate(items):
        name, cuts = item.get(NAME), item.get(CUTS)
        if name is None or cuts is None:
            return None
        above = edits.comments_between(scene.doc, items[index - 1], item) if index else []
        lines += [deeper + comment for comment in above]
        lines.append(f"{deeper}{scene.doc.raw(name)}: {_header(scene.doc, cuts)}")
        lines += [f"{deeper}  {line}".rstrip() for line in (*_cut_lines(cuts), _SAVE)]
    edit = edits.rewrite(scene.doc, block, lines)
    return Step(here, [edit], f"all regions in one {DICT}, each with {_SAVE}")


def _are_texts(regions: Span) -> bool:
    return bool(regions.entries) and all(isinstance(pair.value.value, str) for pair in regions.entries)


def _agree(items: Sequence[Span]) -> bool:
    rest = [{k: v for k, v in item.plain().items() if k not in (NAME, CUTS, _FIRST_ONLY)} for item in items]
    return all(other == rest[0] for other in rest) and not any(item.flow for item in items)


def _cut_lines(cuts: Span) -> list[str]:
    return textwrap.dedent(str(cuts.value)).strip("\n").splitlines()


def _header(doc: Document, cuts: Span) -> str:
    """Return `|`, with the comment that stands behind it."""
    first = doc.raw(cuts).partition("\n")[0]
    return f"|  {first[first.index('#') :].strip()}" if first[:1] in "|>" and "#" in first else "|"


def _others(doc: Document, mapping: Span, but: set[str], *, is_first: bool) -> list[str]:
    """Return the lines of the other options; comments stand in the first item only."""
    lines: list[str] = []
    for index, pair in enumerate(mapping.entries):
        name = str(pair.key.value)
        if is_first:
            lines += edits.comments_above(doc, mapping, index)
        if name not in but and (is_first or name != _FIRST_ONLY):
            lines += edits.lines_of(doc, pair) if is_first else [doc.text[pair.key.start : pair.value.end]]
    return lines


def _indent_of_item(doc: Document, here: Here) -> str:
    """Return the indentation of the dashes: that of the item, or one step below the key of a lone block."""
    before = doc.before(here.block.mapping.start)
    return before[: before.index("-")] if "-" in before else before[:2]
