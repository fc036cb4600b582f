"""How the decisions of overlap removal become selections and branches; that changed twice.

Source: PhysicsAnalysis/Algorithms/AsgAnalysisAlgorithms/python/OverlapAnalysisConfig.py of January 2024
(github.com/zzalscv2/athena-atlas), of 2024 and of 2025 (github.com/ATLAS-experiment/athena). Which of the latter two a
release has is inferred from the options in TopCPToolkit's docs/settings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from topcp_columnar.plan.model import Variable
from topcp_columnar.plan.part import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from topcp_columnar.plan.model import Container
    from topcp_columnar.plan.part import Part

_CONFIG = "PhysicsAnalysis/Algorithms/AsgAnalysisAlgorithms/python/OverlapAnalysisConfig.py"
# Until then the decision is a selection of its own, with the branch select_or.
_PART_OF_SELECTIONS_SINCE = "25.2.52"
# From this release at the latest the decision has a branch only where it is a selection of its own.
_NAMED_BY_SELECTION_SINCE = "25.2.88"


def register(part: Part, flags: Mapping[str, tuple[Container, str]]) -> None:
    """Make the flag of each kind part of a selection of its container, and offer it to the output.

    flags  kind, as the block's option names it -> its container and the column of its flags
    """
    for kind, (objects, column) in flags.items():
        selection = _selection(part, kind)
        branch, enabled = _branch(part, kind, objects, selection)
        no_sys = bool(part.option("nominalOnly"))
        if branch:
            part.offer(objects, Variable(branch, column, _CONFIG, no_sys=no_sys, enabled=enabled))
        flagged = not part.job.at_least(_NAMED_BY_SELECTION_SINCE)
        part.select(objects, column, selection, flagged=flagged)


def _given_name(part: Part) -> str | None:
    """The option selectionName; its default is None, though the documentation of some releases calls it empty."""
    return part.option("selectionName") if "selectionName" in part.block.given else None


def _is_part_of_all(part: Part) -> bool:
    chosen = part.option("addToAllSelections")
    if chosen is not None:
        return bool(chosen)
    return part.job.at_least(_PART_OF_SELECTIONS_SINCE) and _number_of_blocks(part) == 1


def _number_of_blocks(part: Part) -> int:
    return part.job.blocks.count(part.block.name)


def _selection(part: Part, kind: str) -> str:
    """The selection of a container that the decision becomes part of; empty for all of them."""
    option = f"{kind}SelectionName"
    if (own := part.option(option)) is not None:
        return str(own)
    if part.job.at_least(_NAMED_BY_SELECTION_SINCE) and _number_of_blocks(part) > 1:
        raise Refused("with more than one OverlapRemoval the toolkit asks for this name", option)
    _, _, asked = str(part.option(kind)).partition(".")
    by_input = part.job.at_least(_PART_OF_SELECTIONS_SINCE) and not part.job.at_least(_NAMED_BY_SELECTION_SINCE)
    if by_input and asked and not _is_part_of_all(part):
        return asked
    return _common_selection(part)


def _common_selection(part: Part) -> str:
    if (given := _given_name(part)) is not None:
        return given
    return "" if _is_part_of_all(part) else str(part.option("outputLabel"))


def _branch(part: Part, kind: str, objects: Container, selection: str) -> tuple[str, bool]:
    """The name of the branch of the decision itself, empty for none, and whether it is written unasked."""
    if not part.job.at_least(_PART_OF_SELECTIONS_SINCE):
        return "select_or", True
    given = _given_name(part)
    common = f"select_or_{given}" if given is not None else _unnamed_branch(part)
    if not part.job.at_least(_NAMED_BY_SELECTION_SINCE):
        return common, _common_selection(part) != ""
    standalone = selection not in ("", *objects.selections)
    if not standalone and not part.option("forceOROutputFlags"):
        return "", False
    own = part.option(f"{kind}SelectionName")
    forced = part.option("forceOROutputFlagName")
    return (f"select_{forced or own}" if forced or own else common), True


def _unnamed_branch(part: Part) -> str:
    return "select_or" if _is_part_of_all(part) else f"select_{part.option('outputLabel')}"
