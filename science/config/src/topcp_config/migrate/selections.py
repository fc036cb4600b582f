"""Names of selections inside values: `AnaJets.jvt` became `AnaJets.baselineJvt`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from topcp_config.migrate.document import Edit
from topcp_config.migrate.language import known_blocks
from topcp_config.migrate.scene import Here, Scene, Step
from topcp_config.releases import numbers

if TYPE_CHECKING:
    from collections.abc import Callable

_SINCE = "25.2.5"
"""TopCPToolkit 2.7.0, docs/changelog."""

_NAMES = {"jvt": "baselineJvt", "fjvt": "baselineFJvt"}
_OF_JETS = frozenset({"selectionName", "preselection"})


def renamed_selections(scene: Scene, here: Here) -> Step | None:
    """Give the selections that the toolkit itself makes for jets the names of the target."""
    if here.path in known_blocks():
        return None
    was_new, is_new = (numbers(name.facts.release) >= numbers(_SINCE) for name in (scene.source, scene.target))
    if was_new == is_new or not scene.jets:
        return None
    names = _NAMES if is_new else {new: old for old, new in _NAMES.items()}
    change = _changer(scene, here, names)
    made = []
    for scalar in here.pair.value.scalars():
        raw = scene.doc.raw(scalar)
        if isinstance(scalar.value, str) and (new := change(raw)) != raw:
            made.append(Edit(scalar.start, scalar.end, new))
    shown = ", ".join(f"{old} -> {new}" for old, new in names.items() if any(new in edit.new for edit in made))
    return Step(here, made, f"selections renamed: {shown}") if made else None


def _changer(scene: Scene, here: Here, names: dict[str, str]) -> Callable[[str], str]:
    """Return what renames the selections in a value of this entry."""
    word = re.compile(rf"(?<![\w.%])({'|'.join(names)})(?![\w%])")
    containers = "|".join(re.escape(name) for name in sorted(scene.jets))
    reference = re.compile(rf"(?<=\b)({containers})\.([\w&|!() ]+)")
    cut = re.compile(r"^([ \t]*JET_N\w*[ \t]+)(\S+)", re.MULTILINE)

    def by_word(text: str) -> str:
        return word.sub(lambda found: names[found[1]], text)

    def change(text: str) -> str:
        if here.name in _OF_JETS and here.block.container in scene.jets:
            return by_word(text)
        text = reference.sub(lambda found: f"{found[1]}.{by_word(found[2])}", text)
        return cut.sub(lambda found: found[1] + by_word(found[2]), text) if _holds_cuts(here) else text

    return change


def _holds_cuts(here: Here) -> bool:
    return here.block.path == "EventSelection" and here.name in ("selectionCuts", "selectionCutsDict")
