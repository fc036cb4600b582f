"""Blocks that AddConfigBlocks brings: each release has them from elsewhere, as its own, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from topcp_config.facts import ADD_CONFIG_BLOCKS
from topcp_config.migrate import edits
from topcp_config.migrate.language import added_function
from topcp_config.migrate.renames import note_on, other_names
from topcp_config.migrate.scene import Here, Scene, Step

if TYPE_CHECKING:
    from topcp_config.migrate.spans import Span

_OURS = "TopCPToolkit."


def listed(scene: Scene, here: Here) -> Step | None:
    """Write blocks that are keys of AddConfigBlocks as items of a list, where the target takes nothing else."""
    named = here.pair.value
    if here.path != ADD_CONFIG_BLOCKS or scene.target.facts.rules.add_config_blocks != "one-or-list":
        return None
    if named.kind != "mapping" or named.flow or named.anchored or named.get("modulePath"):
        return None
    if any(pair.value.kind != "mapping" or pair.value.flow for pair in named.entries):
        return None
    indent = scene.doc.before(named.entries[0].key.start)
    lines: list[str] = []
    for index, pair in enumerate(named.entries):
        lines += edits.comments_above(scene.doc, named, index)
        lines.append(f"- algName: {scene.doc.raw(pair.key)}")
        for position, entry in enumerate(pair.value.entries):
            lines += [f"  {line}" for line in edits.comments_above(scene.doc, pair.value, position)]
            lines += [f"  {line}" for line in edits.lines_of(scene.doc, entry)]
    edit = edits.rewrite(scene.doc, named, [indent + line for line in lines])
    return Step(here, [edit], "its blocks are items of a list now")


def not_added(scene: Scene, here: Here) -> Step | None:
    """Bring a block from where the target has it; leave its entry out if the target has the block, or none at all."""
    if here.block.path != ADD_CONFIG_BLOCKS or here.name != "functionName" or here.block.holder is not None:
        return None
    key, name = added_function(here.block.mapping), here.block.mapping.get("algName")
    facts = scene.target.facts
    if name is None or key in facts.addable or key not in scene.source.facts.addable:
        return None
    if str(name.value) in facts.roots and facts.blocks[str(name.value)].sure:
        return _without(scene, here, f"{facts.release} has {name.value} without it")
    names = {str(name.value), *other_names(str(name.value))}
    elsewhere = [other for other, block in facts.addable.items() if block.usual_name in names]
    if len(elsewhere) == 1:
        return _from_elsewhere(scene, here, name, elsewhere[0])
    if key.startswith(_OURS) and any(block.sure for block in facts.addable.values()):
        return _commented_out(scene, here, f"the TopCPToolkit of {facts.release} has no {name.value}", str(name.value))
    return None


def _without(scene: Scene, here: Here, why: str) -> Step | None:
    listing = _list(scene)
    if listing is None:
        return None
    made = edits.remove_item(scene.doc, listing, here.block.mapping)
    if len(listing.items) == 1:
        made = edits.remove(scene.doc, _whole(scene))
    return Step(here, made, f"removed this entry: {why}") if made else None


def _commented_out(scene: Scene, here: Here, why: str, name: str) -> Step | None:
    listing, why = _list(scene), f"{why}{note_on(name)}"
    if listing is None:
        return None
    made = edits.comment_out_item(scene.doc, listing, here.block.mapping, f"{why}:")
    if len(listing.items) == 1:
        made = edits.comment_out(scene.doc, _whole(scene), f"{why}:")
    return Step(here, made, "commented out", f"{why}: it is a comment now") if made else None


def _list(scene: Scene) -> Span | None:
    listing = scene.root.get(ADD_CONFIG_BLOCKS)
    return listing if listing is not None and listing.kind == "sequence" and not listing.anchored else None


def _whole(scene: Scene) -> edits.Spot:
    return edits.Spot(scene.root, scene.root.index(ADD_CONFIG_BLOCKS))


def _from_elsewhere(scene: Scene, here: Here, name: Span, key: str) -> Step | None:
    module, _, function = key.rpartition(".")
    there, new_name = here.block.mapping.get("modulePath"), scene.target.facts.addable[key].usual_name
    if there is None or new_name is None:
        return None
    made = edits.replace(scene.doc, there, str(there.value), module)
    made += edits.replace(scene.doc, here.pair.value, str(here.pair.value.value), function)
    if new_name != name.value:
        made += edits.replace(scene.doc, name, str(name.value), new_name)
    return Step(here, made, f"{name.value} is {new_name} of {key} now")
