"""What a rule of migration looks at, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from topcp_config.migrate.edits import Edits, Spot
from topcp_config.migrate.language import known_blocks
from topcp_config.options import CONTAINER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from topcp_config.config import Level
    from topcp_config.migrate.document import Document
    from topcp_config.migrate.language import Language
    from topcp_config.migrate.spans import Pair, Span


@dataclass(frozen=True, slots=True)
class Block:
    """A block of the text, or an item of a list of them; the root mapping is one without a name.

    `path` is `Electrons.WorkingPoint`, `shown` is `Electrons[0].WorkingPoint[1]`. `holder` is the entry whose value
    the mapping is; None for an item of a list. `container` is its containerName, its own or inherited.
    """

    path: str
    shown: str
    mapping: Span
    holder: Pair | None
    parent: Block | None
    container: Any

    def children(self, name: str) -> list[Span]:
        """Return the mappings of a sub-block."""
        found = self.mapping.get(name)
        return found.mappings() if found else []


@dataclass(frozen=True, slots=True)
class Here:
    """One entry of a block; `path` and `shown` are those of its key."""

    block: Block
    index: int

    @property
    def spot(self) -> Spot:
        return Spot(self.block.mapping, self.index, self.block.holder)

    @property
    def pair(self) -> Pair:
        return self.block.mapping.entries[self.index]

    @property
    def name(self) -> str:
        return str(self.pair.key.value)

    @property
    def path(self) -> str:
        return f"{self.block.path}.{self.name}".removeprefix(".")

    @property
    def shown(self) -> str:
        return f"{self.block.shown}.{self.name}".removeprefix(".")


@dataclass(frozen=True, slots=True)
class Step:
    """One change: its edits, where it is made, and what to tell; `decide` is what a person must look at then."""

    here: Here
    edits: Edits
    message: str
    decide: str | None = None


class Scene:
    """A text, and the languages that it is in and is to be in."""

    def __init__(self, doc: Document, root: Span, source: Language, target: Language, level: Level) -> None:
        self.doc, self.root, self.source, self.target, self.level = doc, root, source, target, level
        self.top = Block("", "", root, None, None, None)

    @cached_property
    def blocks(self) -> list[Block]:
        """All blocks, outer ones first, in the order of the text."""
        return list(_walk(self.top))

    @cached_property
    def jets(self) -> set[str]:
        """The containers of jets."""
        return {str(block.container) for block in self.blocks if block.path == "Jets" and block.container}

    def entries(self) -> Iterator[Here]:
        """Yield every entry of every block."""
        for block in (self.top, *self.blocks):
            for index in range(len(block.mapping.entries)):
                yield Here(block, index)


def _walk(parent: Block) -> Iterator[Block]:
    for pair in parent.mapping.entries:
        path = f"{parent.path}.{pair.key.value}".removeprefix(".")
        if parent.path and path not in known_blocks():
            continue
        for block in _items(parent, path, pair):
            yield block
            yield from _walk(block)


def _items(parent: Block, path: str, pair: Pair) -> Iterator[Block]:
    shown = f"{parent.shown}.{pair.key.value}".removeprefix(".")
    container = parent.container
    nodes = pair.value.items if pair.value.kind == "sequence" else [pair.value]
    for index, node in enumerate(nodes):
        if node.kind != "mapping":
            continue
        own = node.get(CONTAINER)
        container = own.value if own else container
        listed = pair.value.kind == "sequence"
        at = f"{shown}[{index}]" if listed else shown
        yield Block(path, at, node, None if listed else pair, parent, container)
