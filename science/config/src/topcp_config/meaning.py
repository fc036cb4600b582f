"""What a configuration means beyond the form of its blocks: cuts, references, output and working points.

These are the checks that the toolkit makes late, when it sets up its algorithms, or never.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from topcp_config.cutinputs import InputChecker
from topcp_config.cutlines import LineReader
from topcp_config.language import load_language
from topcp_config.near import NearNames
from topcp_config.nodes import placed_blocks
from topcp_config.references import ReferenceChecker
from topcp_config.regions import RegionReader
from topcp_config.registry import build_registry

if TYPE_CHECKING:
    from topcp_config.config import Block, Level
    from topcp_config.cuts import EventSelection
    from topcp_config.problems import Problem
    from topcp_config.tree import Node

_EVENT_SELECTION = "EventSelection"
_NOTHING: frozenset[str] = frozenset()


class Meaning(NamedTuple):
    """The event selections of a configuration, and what is wrong."""

    selections: tuple[EventSelection, ...]
    problems: list[Problem]


def check_meaning(root: Node | None, blocks: tuple[Block, ...], release: str, level: Level) -> Meaning:
    """Check what the blocks of a configuration mean.

    Args:
        root: the configuration.
        blocks: made of it, in factory order.
        release: one of `topcp_config.RELEASES`.
        level: at the particle and parton levels what is unknown may exist, so that it warns only.
    """
    problems: list[Problem] = []
    near = NearNames()
    placed = placed_blocks(root, blocks)
    registry = build_registry(placed, release)
    references = ReferenceChecker(registry, release, near, level == "reco", problems)
    lines = LineReader(load_language(release), near, problems)
    reader = RegionReader(lines, InputChecker(lines.language, references), problems, registry.is_open)
    selecting = [block for block in placed if block.kind == _EVENT_SELECTION]
    read = reader.read(selecting)
    used = {block.order: names for block, (_, names) in zip(selecting, read, strict=True)}
    for block in placed:
        references.check(block, used.get(block.order, _NOTHING))
    return Meaning(tuple(selection for selection, _ in read), problems)
