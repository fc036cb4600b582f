"""Options and blocks that have another name or another place in the target: `facts/changes.json` says which."""

from __future__ import annotations

from typing import TYPE_CHECKING

from topcp_config.history import changes
from topcp_config.migrate import edits, event_weights
from topcp_config.migrate.language import known_blocks
from topcp_config.migrate.scene import Here, Scene, Step
from topcp_config.options import CONTAINER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from topcp_config.migrate.edits import Edits
    from topcp_config.migrate.spans import Span

_OPPOSITE = frozenset({"Bootstraps.runOnMC", "Bootstraps.skipOnMC"})
"""True under one name is false under the other."""


def renamed(scene: Scene, here: Here) -> Step | None:
    """Give an option or a block the name and the place that it has in the target."""
    knows = scene.target.knows(here.path)
    if knows == "yes":
        return None
    for other in other_names(here.path):
        theirs = scene.target.knows(other)
        if theirs == "yes" or (theirs == "maybe" and knows == "no"):
            return _moved(scene, here, other)
    return None


def other_names(path: str) -> Iterator[str]:
    """Yield what an option or a block is called in other releases."""
    for change in changes(path):
        if change.before and change.after:
            yield change.after if path == change.before else change.before


def note_on(path: str) -> str:
    """Return, in brackets, what is known of something that was removed."""
    note = next((change.note for change in changes(path) if change.before == path and change.after is None), None)
    return f" ({note})" if note else ""


def _moved(scene: Scene, here: Here, other: str) -> Step | None:
    mine, theirs, name = here.path.rpartition(".")[0], *other.rpartition(".")[::2]
    if mine == theirs:
        return _new_name(scene, here, name)
    if not theirs and here.pair.value.kind != "scalar":
        return _step(here, other, _lifted(scene, here, name))
    if here.path in known_blocks() or "\n" in scene.doc.raw(here.pair.value):
        return None  # only an option that stands on one line is copied to another place
    if event_weights.concerns(mine, theirs):
        return event_weights.moved(scene, here, other)
    if theirs.rpartition(".")[0] == mine and scene.target.option(other):
        return _step(here, other, _down(scene, here, theirs.rpartition(".")[2], name))
    if mine.rpartition(".")[0] == theirs and mine and scene.target.option(other):
        return _up(scene, here, other)
    return _step(here, other, _across(scene, here, theirs, name))


def _step(here: Here, other: str, made: Edits | None) -> Step | None:
    return Step(here, made, f"moved to {other}") if made else None


def _new_name(scene: Scene, here: Here, name: str) -> Step | None:
    if here.block.mapping.get(name) is not None:
        return None
    made = edits.replace(scene.doc, here.pair.key, here.name, name)
    value = here.pair.value
    if here.path not in _OPPOSITE:
        return Step(here, made, f"renamed to {name}")
    if not isinstance(value.value, bool):
        return None
    made += edits.replace(scene.doc, value, scene.doc.raw(value), str(not value.value))
    return Step(here, made, f"renamed to {name}, with the opposite value")


def _down(scene: Scene, here: Here, child: str, name: str) -> Edits | None:
    """Move an option into every item of a sub-block; an item that has it keeps its own."""
    items = here.block.children(child)
    removed = edits.remove(scene.doc, here.spot)
    if not items or removed is None:
        return None
    line = _line(scene, here, name)
    added = [edits.insert(scene.doc, item, [line]) for item in items if item.get(name) is None]
    return None if None in added else [*removed, *(edit for made in added if made for edit in made)]


def _up(scene: Scene, here: Here, other: str) -> Step | None:
    """Move an option that has the same value in every item into the block around."""
    parent = here.block.parent
    assert parent is not None  # noqa: S101 - what the caller has asked; this tells mypy so
    option = scene.source.option(here.path) or scene.target.option(other)
    name = other.rpartition(".")[2]
    blocks = [block for block in scene.blocks if block.parent is parent and block.path == here.block.path]
    found = [block.mapping.get(here.name) for block in blocks]
    values = {repr(span.value if span else option and option.default) for span in found}
    given = [Here(block, block.mapping.index(here.name)) for block, span in zip(blocks, found, strict=True) if span]
    if len(values) > 1 or parent.mapping.get(name) is not None or given[0].block is not here.block:
        return None
    removed = [edits.remove(scene.doc, item.spot) for item in given]
    added = edits.insert(scene.doc, parent.mapping, [_line(scene, here, name)], after=0)
    if added is None or None in removed:
        return None
    return _step(here, other, [*added, *(edit for made in removed if made for edit in made)])


def _across(scene: Scene, here: Here, block: str, name: str) -> Edits | None:
    """Move an option into another block of the first level."""
    if "." in block or not block:
        return None
    items = scene.top.children(block)
    removed = edits.remove(scene.doc, here.spot)
    line = _line(scene, here, name)
    if not items and block == "CommonServices" and scene.root.get(block) is None:
        added: Edits | None = edits.insert_first(scene.doc, scene.root, [f"{block}:", f"  {line}"])
    elif items and items[0].get(name) is None:
        added = edits.insert(scene.doc, items[0], [line])
    else:
        added = None
    return None if added is None or removed is None else [*added, *removed]


def _lifted(scene: Scene, here: Here, name: str) -> Edits | None:
    """Move a sub-block to the first level, where it names its container."""
    removed = edits.remove(scene.doc, here.spot)
    items = [_with_container(scene, here, mapping) for mapping in here.pair.value.mappings()]
    there = scene.root.get(name)
    if removed is None or len(items) != 1:
        return None
    if there is None:
        first, *others = items[0]
        added = edits.insert(scene.doc, scene.root, [f"{name}:", f"  - {first}", *(f"    {line}" for line in others)])
    else:
        added = edits.append(scene.doc, there, items[0])
    return None if added is None else [*removed, *added]


def _with_container(scene: Scene, here: Here, mapping: Span) -> list[str]:
    lines = [line for pair in mapping.entries for line in edits.lines_of(scene.doc, pair, alone=mapping.flow)]
    return lines if mapping.get(CONTAINER) else [f"{CONTAINER}: {here.block.container!r}", *lines]


def _line(scene: Scene, here: Here, name: str) -> str:
    return f"{name}: {scene.doc.raw(here.pair.value)}"
