"""The regions of the blocks EventSelection: their texts, and the rules of SAVE and IMPORT.

The rules are those of EventSelectionConfig.py of athena; `facts/cuts.json` says what differs between releases.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from topcp_config.cuts import EventSelection, Region
from topcp_config.places import places_of
from topcp_config.problems import Mark, Problem, error, warning
from topcp_config.tree import Mapping, Scalar
from topcp_config.values import described, is_zero_or_one

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from topcp_config.cutinputs import InputChecker
    from topcp_config.cutlines import Line, LineReader
    from topcp_config.nodes import Placed
    from topcp_config.tree import Node

_MAPPING, _TEXT = "selectionCutsDict", "selectionCuts"
_PLAIN_NAME = re.compile("[_a-zA-Z0-9]+")


class _Text(NamedTuple):
    """The text of a region, as written."""

    name: str
    mark: Mark
    node: Scalar
    path: str


@dataclass(slots=True)
class RegionReader:
    """Reads the regions of all blocks EventSelection, in the order in which they run, and collects problems.

    `is_open`: regions may also come from blocks of which nothing is known.
    """

    lines: LineReader
    inputs: InputChecker
    problems: list[Problem]
    is_open: bool
    _done: dict[str, Mark] = field(default_factory=dict)
    _names: set[str] = field(default_factory=set)
    _imported: set[str] = field(default_factory=set)
    _merger: Placed | None = None

    def read(self, blocks: list[Placed]) -> list[tuple[EventSelection, frozenset[str]]]:
        """Read each block; the set names its options on whose objects the cuts act."""
        texts = [list(self._texts(placed)) for placed in blocks]
        self._names = {text.name for several in texts for text in several}
        read, regions = [], []
        for placed, several in zip(blocks, texts, strict=True):
            used: set[str] = set()
            own = [(text, self._region(placed, text, used)) for text in several]
            self._check_merger(placed)
            self._check_flags(placed)
            regions += own
            read.append((EventSelection(placed.block, tuple(region for _, region in own)), frozenset(used)))
        for text, region in regions:
            self._check_save(text, region)
        written = all(_cuts_of(placed) for placed in blocks)
        if blocks and written and not any(region.is_filter for _, region in regions):
            message = "no region is filtered on: there is none, or the names of all begin with SUB"
            self._by_rule("regionNeeded", "no-region", message, blocks[0].block.mark, blocks[0].block.path)
        return read

    def _texts(self, placed: Placed) -> Iterator[_Text]:
        """Find the texts of regions: a mapping of them until 25.2.88, one in each block since."""
        path = placed.block.path
        cuts = _cuts_of(placed)
        if isinstance(cuts, Mapping):
            yield from self._from_mapping(cuts, f"{path}.{_MAPPING}")
        elif isinstance(cuts, Scalar) and isinstance(cuts.value, str):
            name = placed.block.options.get("selectionName")
            mark = placed.block.given.get("selectionName", placed.block.mark)
            yield _Text(name if isinstance(name, str) else "", mark, cuts, f"{path}.{_TEXT}")

    def _from_mapping(self, mapping: Mapping, path: str) -> Iterator[_Text]:
        for key, entry in mapping.entries.items():
            at = f"{path}.{key}"
            if not isinstance(key, str):
                message = f"the name of a region is text, not {key!r:.60}"
                self._error("wrong-type", message, entry.mark, at, "Put it in quotes.")
            elif not isinstance(entry.node, Scalar) or not isinstance(entry.node.value, str):
                message = f"the cuts of the region {key:.60} are text, one cut a line"
                self._error("wrong-type", message, entry.node.mark, at, f"Write `{key:.60}: |` and the cuts below it.")
            else:
                yield _Text(key, entry.mark, entry.node, at)

    def _region(self, placed: Placed, text: _Text, used: set[str]) -> Region:
        self._check_name(text)
        place = places_of(text.node).at
        cuts, start = [], 0
        for written in text.node.value.split("\n"):
            line = self.lines.read(written, _shifted(place, start), text.path)
            start += len(written) + 1
            if line is not None:
                cuts.append(line.cut)
                used |= self.inputs.check(placed, line, text.path)
                self._check_import(line, text)
        self._done[text.name] = text.mark
        return Region(text.name, text.mark, tuple(cuts))

    def _check_name(self, text: _Text) -> None:
        if text.name in self._done:
            first = self._done[text.name]
            message = f"the region {text.name!r:.60} is there twice; the first stands in line {first.line}"
            self._error("duplicate-region", message, text.mark, text.path)
        if not _PLAIN_NAME.fullmatch(text.name):
            message = f"{text.name!r:.60} is no name for a region: it is made of letters, digits and _"
            self._by_rule("plainRegionName", "region-name", message, text.mark, text.path)

    def _check_import(self, line: Line, text: _Text) -> None:
        """Check that an imported region is made before."""
        name = line.cut.text("region")
        self._imported.add(name)
        if not name or (name in self._done and name != text.name):
            return
        message, hint = f"there is no region {name!r:.60} to import", None
        if name == text.name:
            message = f"the region {name:.60} imports itself"
        elif name in self._names:
            message = f"the region {name:.60} is made only after it is imported here"
            hint = "Put it before this one."
        else:
            hint = self.lines.near.question(name, self._done)
        make = warning if self.is_open and name not in self._names else error
        mark = line.place(line.offsets["region"])
        self.problems.append(make("unknown-region", message, mark, path=text.path, hint=hint))

    def _check_save(self, text: _Text, region: Region) -> None:
        """Check that a region is saved, once and at its end, where that is needed."""
        if self.lines.language.rules["saveNeeded"] != "yes":
            return
        saves = [index for index, cut in enumerate(region.cuts) if cut.keyword == "SAVE"]
        if not saves:
            make = error if region.is_filter or region.name in self._imported else warning
            message = f"the region {region.name:.60} has no SAVE, so that its decision is never made"
            hint = "Write SAVE as its last line."
            self.problems.append(make("missing-save", message, region.mark, path=text.path, hint=hint))
            return
        for cut in region.cuts[saves[0] + 1 :]:
            message = f"{cut.keyword} stands after SAVE, where it does not count"
            if cut.keyword == "SAVE":
                message = "a region cannot be saved twice"
            self._error("after-save", message, cut.mark, text.path, "Let SAVE be the last line of the region.")

    def _check_merger(self, placed: Placed) -> None:
        """Check what the merger of several regions needs in the release that gives it neither default nor name."""
        cuts = _cuts_of(placed)
        rule = self.lines.language.rules["filterOfSeveral"]
        if rule != "yes" or not isinstance(cuts, Mapping) or len(cuts.entries) == 1:
            return
        path, mark = placed.block.path, placed.block.mark
        if placed.written("noFilter") is None:
            message = "noFilter must be given here, since there is not exactly one region"
            self._error("needed-option", message, mark, path, "Write noFilter: false.")
        if self._merger is not None:
            message = f"the block in line {self._merger.block.mark.line} merges several regions already"
            self._error("made-twice", message, mark, path, "Put all regions into one block.")
        self._merger = placed

    def _check_flags(self, placed: Placed) -> None:
        """Report numbers for flags; the release tests the types of those of the last part of the block only."""
        cuts = _cuts_of(placed)
        if self.lines.language.rules["filterOfSeveral"] != "yes" or not isinstance(cuts, Mapping):
            return
        alone = () if placed.block.options.get("cutFlowHistograms") else ("noFilter", "debugMode")
        tested = alone if len(cuts.entries) == 1 else ("noFilter",)
        for option in ("noFilter", "debugMode", "cutFlowHistograms"):
            node = placed.written(option)
            if node is not None and is_zero_or_one(node):
                make, path = error if option in tested else warning, f"{placed.block.path}.{option}"
                message = f"{option} takes true or false (bool), not {described(node)}"
                self.problems.append(make("wrong-type", message, node.mark, path=path, hint="Write true or false."))

    def _by_rule(self, rule: str, code: str, message: str, mark: Mark, path: str) -> None:
        """Report what is an error only where the release surely refuses it."""
        make = error if self.lines.language.rules[rule] == "yes" else warning
        self.problems.append(make(code, message, mark, path=path))

    def _error(self, code: str, message: str, mark: Mark, path: str, hint: str | None = None) -> None:
        self.problems.append(error(code, message, mark, path=path, hint=hint))


def _cuts_of(placed: Placed) -> Node | None:
    """Return what is written for the cuts, in the form that the release has."""
    known = placed.block.options
    return placed.written(_MAPPING if _MAPPING in known else _TEXT)


def _shifted(place: Callable[[int], Mark], start: int) -> Callable[[int], Mark]:
    """Return the places of a line that begins at `start` of the text."""
    return lambda offset: place(start + offset)
