"""Scale factors of flavour tagging: an option of FlavourTagging until AnalysisBase 25.2.40, then FlavourTaggingEventSF.

Source: TopCPToolkit, docs/settings/ftag.md of 2.14.0 and 2.19.0; athena, FTagSFAnalysisConfig.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from topcp_config.migrate import edits
from topcp_config.migrate.scene import Here, Scene, Step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from topcp_config.migrate.language import Language
    from topcp_config.migrate.scene import Block
    from topcp_config.migrate.spans import Span

TAGGING = "Jets.FlavourTagging"
WEIGHTS = "Jets.FlavourTaggingEventSF"
_NAME = "FlavourTaggingEventSF"
_NO_SF = "noEffSF"
_PER_JET = "savePerJetSF"
_TAGGER, _POINT = "btagger", "btagWP"


def concerns(one: str, other: str) -> bool:
    """Tell whether an option goes from one of the two blocks to the other."""
    return {one, other} == {TAGGING, WEIGHTS}


def moved(scene: Scene, here: Here, other: str) -> Step | None:
    """Move an option to the item of the other block that has the same tagger and working point."""
    parent = here.block.parent
    removed = edits.remove(scene.doc, here.spot)
    if parent is None or removed is None:
        return None
    forward = here.block.path == TAGGING
    line = f"{here.name}: {scene.doc.raw(here.pair.value)}"
    wanted = _working_point(scene.source, here.block.path, here.block.mapping)
    theirs = other.rpartition(".")[0]
    for item in parent.children(theirs.rpartition(".")[2]):
        if _working_point(scene.target, theirs, item) == wanted and item.get(here.name) is None:
            added = edits.insert(scene.doc, item, [line])
            return Step(here, [*removed, *added], f"moved to {other}") if added else None
    if here.name == _NO_SF and here.pair.value.value is True:
        return Step(here, removed, f"removed: {scene.target.facts.release} computes scale factors in {_NAME} only")
    return _new_item(scene, here, parent, [*_given(scene, here), line]) if forward else None


def missing(scene: Scene) -> Iterator[tuple[Block, str]]:
    """Yield the items of FlavourTagging whose scale factors the target does not compute, and what to do."""
    if scene.source.knows(f"{TAGGING}.{_NO_SF}") != "yes" or scene.target.knows(f"{TAGGING}.{_NO_SF}") == "yes":
        return
    for block in scene.blocks:
        no_sf = block.mapping.get(_NO_SF)
        if block.path != TAGGING or block.parent is None or (no_sf is not None and no_sf.value is True):
            continue
        point = _working_point(scene.source, TAGGING, block.mapping)
        if point not in [_working_point(scene.target, WEIGHTS, item) for item in block.parent.children(_NAME)]:
            yield block, f"its scale factors are written only with an item of {_NAME} for {' '.join(point)}"


def _new_item(scene: Scene, here: Here, parent: Block, lines: list[str]) -> Step | None:
    removed = edits.remove(scene.doc, here.spot)
    if scene.target.knows(f"{WEIGHTS}.{_PER_JET}") == "yes":
        lines.append(f"{_PER_JET}: True")
    there = parent.mapping.get(_NAME)
    if there is None:
        after = parent.mapping.index("FlavourTagging")
        block = [f"{_NAME}:", f"  - {lines[0]}", *(f"    {line}" for line in lines[1:])]
        added = edits.insert(scene.doc, parent.mapping, block, after)
    else:
        added = edits.append(scene.doc, there, lines)
    if added is None or removed is None:
        return None
    decide = f"{_NAME} also writes a weight of the event, from all jets of {parent.container}"
    decide += f"; name a selection if only some are meant, as in containerName: {parent.container}.baselineJvt"
    return Step(here, [*removed, *added], f"moved to a new item of {WEIGHTS}", decide)


def _given(scene: Scene, here: Here) -> list[str]:
    """Return the lines of tagger and working point as they are written, or else their defaults."""
    mapping = here.block.mapping
    values = _working_point(scene.source, here.block.path, mapping)
    spans = [mapping.get(name) for name in (_TAGGER, _POINT)]
    raw = [scene.doc.raw(span) if span else repr(value) for span, value in zip(spans, values, strict=True)]
    return [f"{_TAGGER}: {raw[0]}", f"{_POINT}: {raw[1]}"]


def _working_point(language: Language, path: str, mapping: Span) -> tuple[str, str]:
    """Return tagger and working point of an item, given or by default."""
    return _value(language, path, mapping, _TAGGER), _value(language, path, mapping, _POINT)


def _value(language: Language, path: str, mapping: Span, name: str) -> str:
    span, option = mapping.get(name), language.option(f"{path}.{name}")
    return str(span.value if span else option and option.default)
