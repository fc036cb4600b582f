"""What a configuration means beyond the form of its blocks: cuts, references, output and working points.

These are the checks that the toolkit makes late, when it sets up its algorithms, or never.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from topcp_config.branches import known_branches
from topcp_config.commands import CommandChecker
from topcp_config.cutinputs import InputChecker
from topcp_config.cutlines import LineReader
from topcp_config.language import load_language
from topcp_config.near import NearNames
from topcp_config.nodes import placed_blocks
from topcp_config.outputs import OutputChecker
from topcp_config.references import ReferenceChecker
from topcp_config.regions import RegionReader
from topcp_config.registry import build_registry
from topcp_config.setup import SetupChecker
from topcp_config.strings import StringChecker

if TYPE_CHECKING:
    from topcp_config.config import Block, Level
    from topcp_config.cuts import EventSelection
    from topcp_config.nodes import Placed
    from topcp_config.problems import Problem
    from topcp_config.registry import Registry
    from topcp_config.tree import Node

_EVENT_SELECTION, _OUTPUT = "EventSelection", "Output"


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
    placed = placed_blocks(root, blocks)
    checker = _Checker(placed, build_registry(root, placed, release), release, sure=level == "reco")
    return Meaning(checker.check(), checker.problems)


class _Checker:
    """Runs the checks over the blocks of a configuration."""

    def __init__(self, placed: list[Placed], registry: Registry, release: str, *, sure: bool) -> None:
        self.problems: list[Problem] = []
        self._placed, self._registry, self._release = placed, registry, release
        self._near = NearNames()
        self._references = ReferenceChecker(registry, release, self._near, sure, self.problems)
        self._strings = StringChecker(release, self._near, sure, self.problems)
        self._setup = SetupChecker(release, sure, self.problems)

    def check(self) -> tuple[EventSelection, ...]:
        """Run all checks; return the event selections."""
        selections, used = self._read_selections()
        self._references.regions = frozenset(region.name for selection in selections for region in selection.regions)
        for block in self._placed:
            self._references.check(block, used.get(block.order, frozenset()))
            self._strings.check(block)
            self._setup.check(block)
        self._check_outputs(selections)
        return selections

    def _read_selections(self) -> tuple[tuple[EventSelection, ...], dict[int, frozenset[str]]]:
        """Read the event selections; return them, and which options of each block are used by its cuts."""
        lines = LineReader(load_language(self._release), self._near, self.problems)
        inputs = InputChecker(lines.language, self._references)
        blocks = [block for block in self._placed if block.kind == _EVENT_SELECTION]
        read = RegionReader(lines, inputs, self.problems, self._registry.is_open).read(blocks)
        used = {block.order: names for block, (_, names) in zip(blocks, read, strict=True)}
        return tuple(selection for selection, _ in read), used

    def _check_outputs(self, selections: tuple[EventSelection, ...]) -> None:
        for block in self._placed:
            if block.kind == _OUTPUT:
                branches = known_branches(self._placed, selections, self._registry, self._release)
                names = branches.of(block.block.options, self._registry)
                complete = branches.complete_for(block.block.options) and self._references.sure
                commands = CommandChecker(self._release, names, complete, self._near, self.problems)
                OutputChecker(self._references, commands, self.problems).check(block)
