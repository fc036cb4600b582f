"""A configuration that has been checked, with every default filled in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from topcp_config.cuts import EventSelection
    from topcp_config.problems import Mark, Problem

Level = Literal["reco", "parton", "particle"]


@dataclass(frozen=True, slots=True)
class Block:
    """One block of a configuration, or one item of a list of them.

    Attributes:
        name: as in the text, such as `WorkingPoint`.
        path: where it stands, such as `Electrons[0].WorkingPoint[1]`.
        mark: the place of its name, or of the list item.
        options: every option that the release has for this block: what is written (energies in MeV, as in the text),
            else the default; `containerName` inherited as the toolkit does.
        given: the options that are written, and where their keys stand.
        children: its sub-blocks, in the toolkit's factory order.
    """

    name: str
    path: str
    mark: Mark
    options: Mapping[str, Any]
    given: Mapping[str, Mark]
    children: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Config:
    """A configuration without errors: its blocks in the toolkit's factory order, and the warnings about it.

    `selections` holds the cuts of its blocks EventSelection, in the order in which they run.
    """

    release: str
    level: Level
    blocks: tuple[Block, ...]
    problems: tuple[Problem, ...]
    selections: tuple[EventSelection, ...] = ()
