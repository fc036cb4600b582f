"""YAML text as a tree of spans: where every key and value begins and ends.

Migration edits these spans and leaves every other character of the text as it is. A round trip through a YAML writer
would keep comments too, but not indentation, alignment and line folding, and it loses the comments that stand beside
what is taken out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import yaml

from topcp_config import scalars

if TYPE_CHECKING:
    from collections.abc import Iterator

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
MERGE = "<<"


@dataclass(slots=True)
class Span:
    """A node of the text from `start` up to `end`, in characters.

    `value` is that of a scalar. `flow`: a collection in brackets. `anchored`: it, or something in it, has an anchor.
    """

    kind: Literal["scalar", "mapping", "sequence", "alias"]
    start: int
    end: int
    value: Any = None
    flow: bool = False
    anchored: bool = False
    entries: list[Pair] = field(default_factory=list)
    items: list[Span] = field(default_factory=list)

    def get(self, key: str) -> Span | None:
        """Return the value of a key of a mapping."""
        return next((pair.value for pair in self.entries if pair.key.value == key), None)

    def index(self, key: str) -> int:
        """Return the position of a key that the mapping has."""
        return next(i for i, pair in enumerate(self.entries) if pair.key.value == key)

    def mappings(self) -> list[Span]:
        """Return the mapping itself, or the mappings that are items of a list."""
        nodes = self.items if self.kind == "sequence" else [self]
        return [node for node in nodes if node.kind == "mapping"]

    def scalars(self) -> Iterator[Span]:
        """Yield the scalar values in it; no keys, and nothing that an alias repeats."""
        if self.kind == "scalar":
            yield self
        for child in (*self.items, *(pair.value for pair in self.entries)):
            yield from child.scalars()

    def leaves(self) -> Iterator[Span]:
        """Yield the keys and values in it that hold nothing else, in the order of the text."""
        for pair in self.entries:
            yield pair.key
            yield from pair.value.leaves()
        for item in self.items:
            yield from item.leaves()
        if not self.entries and not self.items:
            yield self

    def plain(self) -> Any:
        """Return dicts, lists and values; an alias is None."""
        if self.kind == "mapping":
            return {pair.key.value: pair.value.plain() for pair in self.entries}
        return [item.plain() for item in self.items] if self.kind == "sequence" else self.value


@dataclass(frozen=True, slots=True)
class Pair:
    """One key of a mapping and its value."""

    key: Span
    value: Span


def read_spans(text: str) -> Span | None:
    """Return the root of a text that `topcp_config.reader.read_text` has read without a problem."""
    stack: list[Span] = []
    keys: list[Span | None] = []
    root = None
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.CollectionStartEvent):
            stack.append(_opened(event))
            keys.append(None)
            continue
        if isinstance(event, yaml.CollectionEndEvent):
            done = _closed(stack.pop(), event)
            keys.pop()
        elif isinstance(event, yaml.ScalarEvent | yaml.AliasEvent):
            done = _leaf(event, text)
        else:
            continue
        if not stack:
            root = done
        else:
            _add(stack[-1], keys, done)
    return root


def _opened(event: yaml.CollectionStartEvent) -> Span:
    kind: Literal["sequence", "mapping"] = "sequence" if isinstance(event, yaml.SequenceStartEvent) else "mapping"
    assert event.start_mark is not None  # noqa: S101 - the parser marks every event; this tells mypy so
    start = event.start_mark.index
    return Span(kind, start, start, flow=bool(event.flow_style), anchored=event.anchor is not None)


def _closed(span: Span, event: yaml.CollectionEndEvent) -> Span:
    """Set the end; that of a block is the end of what is last in it: the parser sees it only after the comments."""
    last = [span.entries[-1].value] if span.entries else span.items[-1:]
    assert event.end_mark is not None  # noqa: S101 - as above
    span.end = last[0].end if last and not span.flow else event.end_mark.index
    return span


def _leaf(event: yaml.ScalarEvent | yaml.AliasEvent, text: str) -> Span:
    assert event.start_mark is not None  # noqa: S101 - as above
    assert event.end_mark is not None  # noqa: S101 - as above
    start, end = event.start_mark.index, event.end_mark.index
    if isinstance(event, yaml.AliasEvent):
        return Span("alias", start, end)
    end = start + len(text[start:end].rstrip())
    tag, value = scalars.read(event)
    return Span("scalar", start, end, MERGE if tag == scalars.MERGE else value, anchored=event.anchor is not None)


def _add(parent: Span, keys: list[Span | None], child: Span) -> None:
    """Put a complete node into its parent; in a mapping, keys and values come in turn."""
    parent.anchored = parent.anchored or child.anchored
    key = keys[-1]
    if parent.kind == "sequence":
        parent.items.append(child)
    elif key is None:
        keys[-1] = child
    else:
        parent.entries.append(Pair(key, child))
        keys[-1] = None
