"""From the events of the YAML parser to a tree.

The tree grows event by event in a loop that never recurses, and each limit is checked before the node it concerns is
made: a text of 100 000 brackets or a bomb of aliases costs no more than an honest one. (The composer of PyYAML's C
loader recurses on the C stack; 100 000 brackets end the process.)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import yaml

from topcp_config import scalars
from topcp_config.problems import Mark, Problem, error
from topcp_config.tree import Entry, Mapping, Node, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Hashable

    from topcp_config.places import Source

MAX_DEPTH = 64
MAX_NODES = 50_000
"""How many nodes a text may have once its aliases are expanded: more than 256 kB of honest YAML hold."""

_MERGE = object()
"""Stands for the key `<<`."""
_ENDS = frozenset({yaml.SequenceEndEvent, yaml.MappingEndEvent})


class Refused(Exception):  # noqa: N818 - never leaves this package: it carries `problem` out of the loop
    """Building cannot go on."""

    def __init__(self, code: str, message: str, mark: Mark, hint: str | None = None) -> None:
        super().__init__(message)
        self.problem = error(code, message, mark, hint=hint)


class _Built(NamedTuple):
    """A complete node, how many nodes it has once expanded, and how many levels."""

    node: Node
    size: int
    height: int


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end has not come yet; `node` is None for the document itself."""

    node: Sequence | Mapping | None
    anchor: str | None = None
    size: int = 1
    height: int = 1
    key_mark: Mark | None = None
    key: Hashable = None
    merge: Node | None = None


@dataclass(slots=True)
class TreeBuilder:
    """Takes events, gives `root`. Duplicate keys become `problems`; anything worse raises `Refused`."""

    source: Source
    root: Node | None = None
    problems: list[Problem] = field(default_factory=list)
    _stack: list[_Open] = field(default_factory=list)
    _anchors: dict[str, _Built | None] = field(default_factory=dict)
    _nodes: int = 0
    _documents: int = 0

    def take(self, event: yaml.Event) -> None:
        """Take the next event of the parser.

        Raises:
            Refused: the text breaks a rule after which reading makes no sense.
        """
        kind = type(event)
        if kind in _ENDS:
            self._end()
            return
        assert event.start_mark is not None  # noqa: S101 - the parser marks every event; this tells mypy so
        mark = Mark(self.source.file, event.start_mark.line + 1, event.start_mark.column + 1)
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event, mark)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._start(event, mark)
        elif isinstance(event, yaml.AliasEvent):
            self._alias(str(event.anchor), mark)
        elif isinstance(event, yaml.DocumentStartEvent):
            self._document(mark)

    def _document(self, mark: Mark) -> None:
        self._documents += 1
        if self._documents > 1:
            message = "a second YAML document begins here; a configuration is one document"
            raise Refused("several-documents", message, mark, "Remove the line `---`.")
        self._stack.append(_Open(None))

    def _scalar(self, event: yaml.ScalarEvent, mark: Mark) -> None:
        try:
            tag, value = scalars.read(event)
        except scalars.NOT_A_VALUE as bad:
            message = f"{event.value[:40]!r} cannot be read as a value: {str(bad)[:80]}"
            raise Refused("yaml-value", message, mark, "Put it in quotes if it is text.") from None
        if tag not in scalars.TAGS:
            self._refuse_tag(tag, mark)
        if tag == scalars.MERGE:
            value = _MERGE
        self._reserve(mark, 1, 1)
        node = Scalar(mark, value, self.source)
        if event.anchor is not None:
            self._anchor(event.anchor, _Built(node, 1, 1), mark)
        self._place(node, 1, 1)

    def _start(self, event: yaml.CollectionStartEvent, mark: Mark) -> None:
        kind = Sequence if isinstance(event, yaml.SequenceStartEvent) else Mapping
        if event.tag not in (scalars.SEQUENCE_TAGS if kind is Sequence else scalars.MAPPING_TAGS):
            self._refuse_tag(event.tag, mark)
        self._reserve(mark, 1, 1)
        if event.anchor is not None:
            self._anchor(event.anchor, None, mark)
        self._stack.append(_Open(kind(mark), event.anchor))

    def _end(self) -> None:
        done = self._stack.pop()
        if isinstance(done.node, Mapping) and done.merge is not None:
            _merge(done.node, done.merge)
        if done.node is not None:
            if done.anchor is not None:
                self._anchors[done.anchor] = _Built(done.node, done.size, done.height)
            self._place(done.node, done.size, done.height)

    def _alias(self, name: str, mark: Mark) -> None:
        if name not in self._anchors:
            raise Refused("yaml-alias", f"the alias *{name} has no anchor &{name} before it", mark)
        known = self._anchors[name]
        if known is None:
            raise Refused("yaml-alias", f"the alias *{name} stands inside the node that it repeats", mark)
        self._reserve(mark, known.size, known.height)
        self._place(*known)

    def _anchor(self, name: str, built: _Built | None, mark: Mark) -> None:
        """Remember an anchored node; None as long as it is not complete."""
        if name in self._anchors:
            raise Refused("yaml-alias", f"the anchor &{name} is given twice", mark)
        self._anchors[name] = built

    def _reserve(self, mark: Mark, size: int, height: int) -> None:
        """Count `size` more nodes that reach `height` levels down from here."""
        self._nodes += size
        if self._nodes > MAX_NODES:
            code = "yaml-alias" if self._anchors else "too-large"
            raise Refused(code, f"with its aliases expanded the text has more than {MAX_NODES} nodes", mark)
        if len(self._stack) - 1 + height > MAX_DEPTH:
            raise Refused("too-deep", f"this is nested more than {MAX_DEPTH} levels deep", mark)

    def _place(self, node: Node, size: int, height: int) -> None:
        """Put a complete node where it belongs."""
        top = self._stack[-1]
        top.size += size
        if height >= top.height:
            top.height = height + 1
        if top.node is None:
            self.root = node
        elif isinstance(top.node, Sequence):
            top.node.items.append(node)
        elif top.key_mark is None:
            top.key_mark, top.key = node.mark, _as_key(node)
        else:
            self._entry(top, top.node, top.key_mark, node)
            top.key_mark = None

    def _entry(self, top: _Open, mapping: Mapping, mark: Mark, node: Node) -> None:
        key = top.key
        first = top.merge if key is _MERGE else mapping.entries.get(key)
        if first is not None:
            shown = "<<" if key is _MERGE else key
            message = (
                f"the key {shown!r} is given twice; it stands in line {first.mark.line}, column {first.mark.column}"
            )
            hint = "Keep one: YAML readers silently take the last."
            self.problems.append(error("duplicate-key", message, mark, path=self._path(str(shown)), hint=hint))
        if key is _MERGE:
            top.merge = node
        else:
            mapping.entries[key] = Entry(mark, node)

    def _path(self, key: str) -> str:
        """Return the dotted path of `key` of the innermost mapping."""
        path = ""
        for level in self._stack[1:-1]:
            path += f"[{len(level.node.items)}]" if isinstance(level.node, Sequence) else f".{level.key}"
        return f"{path}.{key}".removeprefix(".")

    def _refuse_tag(self, tag: str | None, mark: Mark) -> None:
        message = f"the YAML tag {str(tag)[:60]!r} is not allowed; only those of plain data are"
        raise Refused("yaml-tag", message, mark, "Write the value without `!`, in quotes if it is text.")


def _as_key(node: Node) -> Hashable:
    if not isinstance(node, Scalar):
        raise Refused("yaml-key", "a list or a mapping cannot be a key", node.mark)
    key: Hashable = node.value
    return key


def _merge(mapping: Mapping, source: Node) -> None:
    """Add what `<<: source` brings: keys of the mapping itself win, then those of earlier sources."""
    sources = source.items if isinstance(source, Sequence) else [source]
    for part in sources:
        if not isinstance(part, Mapping):
            raise Refused("yaml-merge", "`<<` takes a mapping or a list of mappings", part.mark)
        for key, entry in part.entries.items():
            mapping.entries.setdefault(key, entry)
