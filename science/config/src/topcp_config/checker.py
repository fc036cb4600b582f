"""The rules by which the toolkit takes or rejects a configuration: its blocks.

Source of the rules: TextConfig and ConfigFactory of AnalysisAlgorithmsConfig (athena, January 2024 and 2025). What that
code takes but silently drops or ignores is an error here as well, since it loses what the user meant.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from topcp_config.added import Layout, added_items, is_named, layout
from topcp_config.config import Block, Level
from topcp_config.facts import ADD_CONFIG_BLOCKS
from topcp_config.hints import Adviser
from topcp_config.model import ROOT, BlockFacts, Facts
from topcp_config.options import CONTAINER, INCLUDE, Found, OptionChecker, misplaced, shown_name, unresolved_include
from topcp_config.problems import Mark, Problem, error, warning
from topcp_config.shapes import ShapeChecker
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
    adviser = Adviser(facts)
    checker = _BlockChecker(root, facts, level, layout(facts, root, adviser), adviser)
    return checker.roots(), checker.problems


class _BlockChecker:
    """Walks through the blocks and collects problems."""

    def __init__(self, root: Mapping, facts: Facts, level: Level, laid_out: Layout, adviser: Adviser) -> None:
        self.problems: list[Problem] = list(laid_out.problems)
        self._root = root
        self._facts = facts
        self._layout = laid_out
        self._lenient = level != "reco" and facts.rules.other_levels == "partly"
        self._adviser = adviser
        self._options = OptionChecker(facts, adviser, lenient=self._lenient, experts=_enables_experts(root))
        self._shapes = ShapeChecker(facts.rules, self._report)

    def roots(self) -> tuple[Block, ...]:
        """Check the blocks of the first level."""
        names, entries = self._layout.children(ROOT), self._root.entries
        blocks = [block for name in names if name in entries for block in self._block(name, "", entries[name])]
        known = set(names)
        for key, entry in entries.items():
            if key not in known:
                blocks += self._unknown_root(key, entry)
        return tuple(blocks)

    def _unknown_root(self, key: Hashable, entry: Entry) -> list[Block]:
        name = shown_name(key)
        if key == INCLUDE:
            self._report(unresolved_include(entry.mark, name, self._facts))
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

    def _block(self, name: str, parent: str, entry: Entry, *, at: str = "", container: Any = None) -> list[Block]:
        """Check a block under `parent` (dotted names) that stands at `at` (with list indices)."""
        full = f"{parent}.{name}" if parent else name
        path = f"{at}.{name}" if at else name
        known = self._layout.blocks.get(full)
        if known is None:
            message = f"nothing is known of the block {name}, which AddConfigBlocks adds: it is not checked"
            self._report(warning("unchecked-block", message, entry.mark, path=path))
            return self._unchecked(name, path, entry)
        if not known.sure:
            message = f"it is not known whether {self._facts.release} has the block {name}"
            self._report(warning("inferred-block", message, entry.mark, path=path, hint=f"Known from: {known.source}."))
        return self._items(known, name, path, entry, container)

    def _items(self, known: BlockFacts, name: str, path: str, entry: Entry, container: Any) -> list[Block]:
        """Check every item of a block; a containerName also holds for later items without one, as in the toolkit."""
        inherited = container
        blocks = []
        for mapping, item_path, mark in self._mappings(known.path, path, entry):
            if CONTAINER in mapping.entries:
                container = plain(mapping.entries[CONTAINER].node)
            elif container != inherited:
                message = f"without containerName, this item gets {container!r} from the item before it"
                hint = "Write the containerName that is meant."
                self._report(warning("inherited-container", message, mark, path=item_path, hint=hint))
            blocks.append(self._item(known, name, item_path, mapping, mark, container))
        return blocks

    def _item(self, known: BlockFacts, name: str, path: str, mapping: Mapping, mark: Mark, container: Any) -> Block:
        children = self._layout.children(known.path)
        if CONTAINER in known.options and CONTAINER not in mapping.entries:
            self._shapes.shared(mapping, path, mark, container)
        self._shapes.brought(mapping, known, path, mark)
        for key, entry in mapping.entries.items():
            if key not in children:
                self._shapes.borrowed(entry.node, f"{path}.{shown_name(key)}")
        found = self._options.check(known, mapping, path, mark, children, container)
        self.problems += found.problems
        self._check_needs(known, found, mark, path)
        container = found.options.get(CONTAINER) or container
        blocks = [
            block
            for child in children
            if child in mapping.entries
            for block in self._block(child, known.path, mapping.entries[child], at=path, container=container)
        ]
        return Block(name, path, mark, MappingProxyType(found.options), MappingProxyType(found.given), tuple(blocks))

    def _check_needs(self, known: BlockFacts, found: Found, mark: Mark, path: str) -> None:
        """Report blocks that are not there although this one needs them."""
        ignored = found.options.get("ignoreDependencies")
        for needed in known.needs:
            if needed not in self._root.entries and needed not in (ignored or ()):
                message = f"{known.path} needs a block {needed}, which is not there"
                self._report(error("missing-block", message, mark, path=path, hint=f"Add {needed}."))

    def _mappings(self, full: str, path: str, entry: Entry) -> list[tuple[Mapping, str, Mark]]:
        """Return the items of a block that are mappings, with path and place; report what is none."""
        if full != ADD_CONFIG_BLOCKS:
            return self._shapes.items(path, entry, self._layout.children(full))
        if is_named(entry.node, self._facts):
            self._check_named(entry.node)
        elif not (isinstance(entry.node, Sequence) and not entry.node.items):
            self._shapes.items(path, entry, [])
        return added_items(entry, self._facts)

    def _check_named(self, node: Node) -> None:
        """Check the shape of AddConfigBlocks where its keys are names."""
        assert isinstance(node, Mapping)  # noqa: S101 - what is_named has just said; this tells mypy so
        if "modulePath" in node.entries:
            message = f"in {self._facts.release} the keys here are the names of blocks"
            hint = "Write `- ` before the first key: that makes it a list."
            self._report(error("wrong-shape", message, node.mark, path=ADD_CONFIG_BLOCKS, hint=hint))
            return
        for key, one in node.entries.items():
            if not isinstance(one.node, Mapping):
                self._shapes.no_block(one.node, f"{ADD_CONFIG_BLOCKS}.{shown_name(key)}", one.mark)

    def _unchecked(self, name: str, path: str, entry: Entry) -> list[Block]:
        """Make blocks of which nothing is known: their options are what is written."""
        blocks = []
        for mapping, at, mark in self._shapes.items(path, entry, []):
            options = {shown_name(key): plain(item.node) for key, item in mapping.entries.items()}
            given = {shown_name(key): item.mark for key, item in mapping.entries.items()}
            blocks.append(Block(name, at, mark, MappingProxyType(options), MappingProxyType(given), ()))
        return blocks

    def _report(self, problem: Problem) -> None:
        self.problems.append(problem)


def _enables_experts(root: Mapping) -> bool:
    """Tell whether the configuration turns the expert mode on."""
    services = root.entries.get("CommonServices")
    if services is None or not isinstance(services.node, Mapping):
        return False
    option = services.node.entries.get("enableExpertMode")
    return option is not None and plain(option.node) is True
