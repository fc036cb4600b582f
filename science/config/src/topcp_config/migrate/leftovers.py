"""What the target does not know at all: left out where that changes nothing, else turned into a comment."""

from __future__ import annotations

from topcp_config.migrate import edits
from topcp_config.migrate.language import known_paths
from topcp_config.migrate.renames import note_on
from topcp_config.migrate.scene import Here, Scene, Step
from topcp_config.options import INCLUDE

_NO_EFFECT = frozenset(
    {
        # The cut on pt is always made; the option said whether it is part of the preselection (athena,
        # ElectronAnalysisConfig.py, PhotonAnalysisConfig.py and MuonAnalysisConfig.py of 2024).
        "Electrons.ptSelectionOutput",
        "Photons.ptSelectionOutput",
        "Muons.ptSelectionOutput",
        # Cut flows are part of every selection (athena, EventSelectionConfig.py of 2026).
        "EventSelection.cutFlowHistograms",
    }
)
"""Options that can go whatever their value."""


def dropped(scene: Scene, here: Here) -> Step | None:
    """Take out an option that the target lacks, and that says what holds without it as well."""
    if scene.target.knows(here.path) != "no" or scene.target.is_open(here.block.path):
        return None
    option = scene.source.option(here.path)
    is_default = option is not None and not option.required and here.pair.value.plain() == option.default
    if not is_default and here.path not in _NO_EFFECT:
        return None
    default_of = f"it is the default of {scene.source.facts.release}"
    why = default_of if is_default else f"it has no effect{note_on(here.path)}"
    removed = edits.remove(scene.doc, here.spot)
    return Step(here, removed, f"removed: {why}") if removed else None


def commented_out(scene: Scene, here: Here) -> Step | None:
    """Turn into a comment what other releases know and the target does not."""
    lenient = scene.level != "reco" and scene.target.facts.rules.other_levels == "partly"
    if scene.target.knows(here.path) != "no" or scene.target.is_open(here.block.path) or lenient:
        return None
    if here.name == INCLUDE or here.path not in known_paths():
        return None
    why = f"{scene.target.facts.release} has no {here.name}{note_on(here.path)}"
    made = edits.comment_out(scene.doc, here.spot, f"{why}:")
    decide = f"{why}: it is a comment now; delete it, or say it otherwise"
    return Step(here, made, "commented out", decide) if made else None
