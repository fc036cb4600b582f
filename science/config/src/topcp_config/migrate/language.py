"""What a release knows of a path such as `Electrons.WorkingPoint.likelihoodWP`, with the blocks that a text adds."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Literal

from topcp_config.facts import ADD_CONFIG_BLOCKS, load_facts
from topcp_config.releases import RELEASES

if TYPE_CHECKING:
    from collections.abc import Collection

    from topcp_config.migrate.spans import Span
    from topcp_config.model import BlockFacts, Facts, Option

Knows = Literal["yes", "maybe", "no"]


@dataclass(frozen=True, slots=True)
class Language:
    """The facts of a release, and what AddConfigBlocks adds: names of blocks, and what is known of them."""

    facts: Facts
    added: dict[str, BlockFacts | None] = field(default_factory=dict)

    def block(self, path: str) -> BlockFacts | None:
        """Return what is known of a block."""
        return self.added[path] if path in self.added else self.facts.blocks.get(path)

    def option(self, path: str) -> Option | None:
        """Return what is known of an option."""
        around, _, name = path.rpartition(".")
        block = self.block(around)
        return block.options.get(name) if block else None

    def knows(self, path: str) -> Knows:
        """Tell whether the release has this block or this option."""
        if path in self.added:
            return "yes"
        if path in self.facts.blocks:
            return "yes" if self.facts.blocks[path].sure else "maybe"
        block, option = self.block(path.rpartition(".")[0]), self.option(path)
        if option is None or block is None:
            return "no"
        return "yes" if block.is_sure(option) else "maybe"

    def is_open(self, path: str) -> bool:
        """Tell whether the block may have options and sub-blocks that are not known here."""
        block = self.block(path)
        return bool(path) and (block is None or not block.sure)


def language(facts: Facts, root: Span) -> Language:
    """Return the language of a release in a text."""
    added = root.get(ADD_CONFIG_BLOCKS) if root.kind == "mapping" and ADD_CONFIG_BLOCKS in facts.roots else None
    return Language(facts, dict(_added(added, facts)) if added is not None else {})


def added_function(item: Span) -> str:
    """Return `modulePath.functionName` of one item of AddConfigBlocks."""
    parts = (item.get("modulePath"), item.get("functionName"))
    return ".".join(str(part.value) if part else "" for part in parts)


def _added(node: Span, facts: Facts) -> list[tuple[str, BlockFacts | None]]:
    found = []
    for name, item in _items(node):
        parents = item.get("superBlocks")
        names = [str(scalar.value) for scalar in parents.scalars()] if parents else [""]
        known = facts.addable.get(added_function(item))
        found += [(f"{parent}.{name}".removeprefix("root.").removeprefix("."), known) for parent in names]
    return found


def _items(node: Span) -> list[tuple[str, Span]]:
    """Return the blocks under AddConfigBlocks, by name: items of a list, or keys of a mapping."""
    if node.kind == "mapping" and node.get("modulePath") is None:
        return [(str(pair.key.value), pair.value) for pair in node.entries if pair.value.kind == "mapping"]
    return [(str(name.value), item) for item in node.mappings() if (name := item.get("algName"))]


@cache
def known_blocks() -> Collection[str]:
    """Return the paths of the blocks that any release has."""
    return frozenset(path for release in RELEASES for path in load_facts(release).blocks)


@cache
def known_paths() -> Collection[str]:
    """Return the paths of the blocks and options that any release has, and of the blocks that can be added."""
    paths = set(known_blocks())
    for release in RELEASES:
        facts = load_facts(release)
        paths.update(f"{path}.{option}" for path, block in facts.blocks.items() for option in block.options)
        paths.update(block.usual_name for block in facts.addable.values() if block.usual_name)
    return frozenset(paths)
