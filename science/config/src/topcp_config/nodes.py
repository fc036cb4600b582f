"""The YAML nodes behind the blocks of a configuration: where each value stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from topcp_config.tree import Mapping, Node, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from topcp_config.config import Block


class Placed(NamedTuple):
    """A block with what is written in it; `kind` is its path without indices, `order` counts as the toolkit runs."""

    block: Block
    node: Mapping
    kind: str
    order: int

    def scalar(self, option: str) -> Scalar | None:
        """Return the value written for an option, if it is a single one."""
        node = self.written(option)
        return node if isinstance(node, Scalar) else None

    def written(self, option: str) -> Node | None:
        """Return what is written for an option."""
        entry = self.node.entries.get(option)
        return entry.node if entry else None


def placed_blocks(root: Node | None, blocks: Iterable[Block]) -> list[Placed]:
    """Find the nodes of blocks and of all blocks in them, in the order of the factory."""
    if not isinstance(root, Mapping):
        return []
    return [Placed(block, node, kind, order) for order, (block, node, kind) in enumerate(_walk(root, blocks, "", ""))]


def _walk(around: Mapping, blocks: Iterable[Block], at: str, kinds: str) -> Iterator[tuple[Block, Mapping, str]]:
    for block in blocks:
        node = _node_of(around, block, at)
        if node is not None:
            kind = f"{kinds}.{block.name}" if kinds else block.name
            yield block, node, kind
            yield from _walk(node, block.children, block.path, kind)


def _node_of(around: Mapping, block: Block, at: str) -> Mapping | None:
    entry = around.entries.get(block.name)
    node = entry.node if entry else None
    if isinstance(node, Sequence):
        index = block.path[len(at) + len(block.name) + (1 if at else 0) :].strip("[]")
        node = node.items[int(index)] if index.isdecimal() and int(index) < len(node.items) else None
    return node if isinstance(node, Mapping) else None
