"""The rules by which the toolkit takes or rejects a configuration: its blocks.

Source of the rules: TextConfig and ConfigFactory of AnalysisAlgorithmsConfig (athena, January 2024). What that code
takes but silently drops or ignores is an error here as well, since it loses what the user meant.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from topcp_config.added import ADD_CONFIG_BLOCKS, Layout, layout
from topcp_config.config import Block, Level
from topcp_config.facts import ROOT, BlockFacts, Facts
from topcp_config.hints import Adviser
from topcp_config.options import CONTAINER, INCLUDE, OptionChecker, misplaced, shown_name, unresolved_include
from topcp_config.problems import Mark, Problem, error, warning
from topcp_config.tree import Entry, Mapping, Node, Sequence, plain

if TYPE_CHECKING:
    from collections.abc import Hashable


def check(root: Node | None, facts: Facts, level: Level, file: str | None) -> tuple[tuple[Block, ...], list[Problem]]:
    """Check the tree of a configuration.

    Returns:
        Its blocks in factory order, as far as they make sense, and all problems in the order in which they are found.
    """
    start = Mark(file, 1, 1)
    if root is None or (isinstance(root, Mapping) and not root.entries):
        return (), [error("empty-config", "the configuration holds no block", root.mark if root else start)]
    if not isinstance(root, Mapping):
        hint = "Write `Electrons:` and so on, each block a key."
        return (), [error("wrong-shape", "a configuration is a mapping of blocks", root.mark, hint=hint)]
    checker = _BlockChecker(facts, level, layout(facts, root))
    return checker.roots(root), checker.problems


class _BlockChecker:
    """Walks through the blocks and collects problems."""

    def __init__(self, facts: Facts, level: Level, laid_out: Layout) -> None:
        self.problems: list[Problem] = list(laid_out.problems)
        self._facts = facts
        self._layout = laid_out
        self._lenient = level != "reco"  # particle and parton level: the facts are thin, what is unknown may exist
        self._adviser = Adviser(facts)
        self._options = OptionChecker(facts, self._adviser, lenient=self._lenient)

    def roots(self, root: Mapping) -> tuple[Block, ...]:
        """Check the blocks of the first level."""
        names = self._layout.children(ROOT)
        blocks = [
            block for name in names if name in root.entries for block in self._block(name, "", root.entries[name])
        ]
        for key, entry in root.entries.items():
            if key not in names:
                blocks += self._unknown_root(key, entry)
        return tuple(blocks)

    def _unknown_root(self, key: Hashable, entry: Entry) -> list[Block]:
        name = shown_name(key)
        if key == INCLUDE:
            self.problems.append(unresolved_include(entry.mark, name))
            return []
        places = self._adviser.places_of(name, "") if isinstance(key, str) else []
        if places:
            message, place = misplaced(name, places, "the first level")
            self._report(error("misplaced-block", message, entry.mark, path=name, hint=place))
            return []
        message = f"{self._facts.release} has no block {name}"
        hint = self._adviser.about_block(name)
        make = warning if self._lenient else error
        self._report(make("unknown-block", message, entry.mark, path=name, hint=hint))
        return self._unchecked(name, name, entry) if self._lenient else []

    def _block(
        self, name: str, parent: str, entry: Entry, *, at: str = "", container: str | None = None
    ) -> list[Block]:
        """Check a block under `parent` (dotted names) that stands at `at` (with list indices)."""
        full = f"{parent}.{name}" if parent else name
        path = f"{at}.{name}" if at else name
        known = self._facts.blocks.get(full)
        if known is None:
            message = f"nothing is known of the block {name}, which AddConfigBlocks adds: it is not checked"
            self._report(warning("unchecked-block", message, entry.mark, path=path))
            return self._unchecked(name, path, entry)
        if not known.sure:
            message = f"it is not known whether {self._facts.release} has the block {name}"
            self._report(warning("inferred-block", message, entry.mark, path=path, hint=f"Known from: {known.source}."))
        return self._items(known, name, path, entry, container)

    def _items(self, known: BlockFacts, name: str, path: str, entry: Entry, container: str | None) -> list[Block]:
        """Check every item of a block; a containerName also holds for later items without one, as in the toolkit."""
        inherited = container
        blocks = []
        for mapping, item_path, mark in self._mappings(path, entry):
            if CONTAINER in mapping.entries:
                container = plain(mapping.entries[CONTAINER].node)
            elif container != inherited:
                message = f"without containerName, this item gets {container!r} from the item before it"
                hint = "Write the containerName that is meant."
                self._report(warning("inherited-container", message, mark, path=item_path, hint=hint))
            blocks.append(self._item(known, name, item_path, mapping, mark, container))
        return blocks

    def _item(
        self, known: BlockFacts, name: str, path: str, mapping: Mapping, mark: Mark, container: str | None
    ) -> Block:
        children = self._layout.children(known.path)
        found = self._options.check(known, mapping, path, mark, children, container)
        self.problems += found.problems
        blocks = [
            block
            for child in children
            if child in mapping.entries
            for block in self._block(child, known.path, mapping.entries[child], at=path, container=container)
        ]
        return Block(name, path, mark, MappingProxyType(found.options), MappingProxyType(found.given), tuple(blocks))

    def _mappings(self, path: str, entry: Entry) -> list[tuple[Mapping, str, Mark]]:
        """Return the items of a block that are mappings, with path and place; report what is none."""
        node = entry.node
        if isinstance(node, Mapping):
            return [(node, path, entry.mark)]
        if not isinstance(node, Sequence):
            self._report(self._no_mapping(node, path, entry.mark))
            return []
        if not node.items and path != ADD_CONFIG_BLOCKS:
            self._report(warning("empty-list", "an empty list configures nothing", node.mark, path=path))
        found = []
        for index, item in enumerate(node.items):
            at = f"{path}[{index}]"
            if not isinstance(item, Mapping):
                self._report(self._no_mapping(item, at, item.mark))
                continue
            if not item.entries:
                self._empty_item(item, at)
            found.append((item, at, item.mark))
        return found

    def _empty_item(self, item: Mapping, path: str) -> None:
        rule = self._facts.rules.empty_list_item
        hint = "Write at least one option in it, or remove the item."
        if rule == "ends-list":
            message = "an empty list item ends the list: the items after it are lost"
            self._report(error("empty-item", message, item.mark, path=path, hint=hint))
        elif rule == "unknown":
            message = "an empty list item may end the list, so that the items after it are lost"
            self._report(warning("empty-item", message, item.mark, path=path, hint=hint))

    def _no_mapping(self, node: Node, path: str, mark: Mark) -> Problem:
        value = plain(node)
        if value is None:
            message = "a block without a value fails or is silently dropped"
            return error("null-block", message, mark, path=path, hint="Write {} for a block with its defaults.")
        shown = "a list" if isinstance(node, Sequence) else f"{value!r:.60}"
        hint = "Write its options below it, indented."
        return error(
            "wrong-shape", f"a block is a mapping or a list of mappings, not {shown}", node.mark, path=path, hint=hint
        )

    def _unchecked(self, name: str, path: str, entry: Entry) -> list[Block]:
        """Make blocks of which nothing is known: their options are what is written."""
        blocks = []
        for mapping, at, mark in self._mappings(path, entry):
            options = {shown_name(key): plain(item.node) for key, item in mapping.entries.items()}
            given = {shown_name(key): item.mark for key, item in mapping.entries.items()}
            blocks.append(Block(name, at, mark, MappingProxyType(options), MappingProxyType(given), ()))
        return blocks

    def _report(self, problem: Problem) -> None:
        self.problems.append(problem)
