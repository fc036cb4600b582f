"""Scores of flavour tagging: the block BTaggingScores until AnalysisBase 25.2.15, then FlavourTagging.saveScores.

Source: TopCPToolkit, docs/settings/experimental.md before 2.11.0 and docs/settings/ftag.md of 2.14.0: 'True' for the
score alone, 'All' for the probabilities as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from topcp_config.migrate import edits
from topcp_config.migrate.scene import Here, Scene, Step

if TYPE_CHECKING:
    from topcp_config.migrate.spans import Span

BLOCK = "Jets.BTaggingScores"
OPTION = "Jets.FlavourTagging.saveScores"
_SAME_ELSEWHERE = frozenset({"taggerName", "saveAllProbabilities", "containerName"})


def moved_scores(scene: Scene, here: Here) -> Step | None:
    """Give each tagger of BTaggingScores a saveScores at the first item of FlavourTagging that has it, or back."""
    if here.path == BLOCK and scene.target.knows(BLOCK) != "yes" and scene.target.knows(OPTION) != "no":
        return _to_option(scene, here)
    if here.path == OPTION and scene.target.knows(OPTION) != "yes" and scene.target.knows(BLOCK) == "yes":
        return _to_block(scene, here)
    return None


def _to_option(scene: Scene, here: Here) -> Step | None:
    made, lost = edits.remove(scene.doc, here.spot), set[str]()
    for scores in here.pair.value.mappings():
        asked = {str(pair.key.value): pair.value.value for pair in scores.entries}
        option = scene.source.option(f"{BLOCK}.taggerName")
        tagger = asked.get("taggerName", option.default if option else None)
        items = [item for item in here.block.children("FlavourTagging") if _tagger(scene, item) == tagger]
        if not items or any(item.get("saveScores") for item in items):
            return None
        value = "'All'" if asked.get("saveAllProbabilities") is True else "'True'"
        added = edits.insert(scene.doc, items[0], [f"saveScores: {value}"])
        made = None if made is None or added is None else [*made, *added]
        lost |= asked.keys() - _SAME_ELSEWHERE
    if made is None:
        return None
    decide = "the branches of the scores begin with the name of the tagger now, not with btagScore_ or prob_"
    decide += f"; {', '.join(sorted(lost))} had to go" if lost else ""
    return Step(here, made, "moved to FlavourTagging.saveScores", decide)


def _to_block(scene: Scene, here: Here) -> Step | None:
    parent = here.block.parent
    value, removed = str(here.pair.value.value), edits.remove(scene.doc, here.spot)
    if removed is None or parent is None or value not in ("True", "All"):
        return None
    lines = [f"taggerName: {_tagger(scene, here.block.mapping)!r}"]
    lines += ["saveAllProbabilities: True"] * (value == "All")
    there = parent.mapping.get("BTaggingScores")
    if there is None:
        first, *others = lines
        block = ["BTaggingScores:", f"  - {first}", *(f"    {line}" for line in others)]
        added = edits.insert(scene.doc, parent.mapping, block, parent.mapping.index("FlavourTagging"))
    else:
        added = edits.append(scene.doc, there, lines)
    if added is None:
        return None
    decide = "the branches of the scores begin with btagScore_ or prob_ now, not with the name of the tagger"
    return Step(here, [*removed, *added], f"moved to {BLOCK}", decide)


def _tagger(scene: Scene, item: Span) -> object:
    span, option = item.get("btagger"), scene.source.option("Jets.FlavourTagging.btagger")
    return span.value if span else option and option.default
