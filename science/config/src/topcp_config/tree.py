"""YAML as a tree that remembers where every key and every value stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from topcp_config.problems import Mark

if TYPE_CHECKING:
    from collections.abc import Hashable

    from topcp_config.places import Source


@dataclass(slots=True)
class Scalar:
    """A single value, as PyYAML's SafeLoader understands it.

    `source` is the text that it was read from: with it, `topcp_config.places` finds where a part of the value stands.
    """

    mark: Mark
    value: Any
    source: Source | None = None


@dataclass(slots=True)
class Sequence:
    """A list."""

    mark: Mark
    items: list[Node] = field(default_factory=list)


@dataclass(slots=True)
class Entry:
    """One key of a mapping: where the key stands, and its value."""

    mark: Mark
    node: Node


@dataclass(slots=True)
class Mapping:
    """A mapping, in the order of the text."""

    mark: Mark
    entries: dict[Hashable, Entry] = field(default_factory=dict)


Node = Scalar | Sequence | Mapping


def plain(node: Node) -> Any:
    """Return the tree as dicts, lists and values; nothing in it is shared."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return {key: plain(entry.node) for key, entry in node.entries.items()}


def mark_at(text: str, index: int, file: str | None) -> Mark:
    """Return the place of the character `index` of `text`."""
    return Mark(file, text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index))
