"""What the blocks of a configuration bring into being: containers, selections on them, decorations, outputs.

Which block brings what is data: `facts/references.json`, described by `facts/references.schema.json`.
"""

from __future__ import annotations

import json
import pkgutil
import re
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from topcp_config import tree
from topcp_config.options import INCLUDE
from topcp_config.spans import Known, span_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from topcp_config.nodes import Placed

EVENT_INFO = "EventInfo"
_FIELD = re.compile(r"{(\w+)}")


@dataclass(slots=True)
class Made:
    """Something that a block makes: how many blocks run before that one, and whether the release surely makes it."""

    order: int
    known: Known


@dataclass(slots=True)
class Container:
    """A container of objects, the selections on it and the b-tagging decorations that its objects get."""

    made: Made
    is_met: bool = False
    selections: dict[str, Made] = field(default_factory=dict)
    decorations: dict[str, Made] = field(default_factory=dict)


@dataclass(slots=True)
class Registry:
    """All that the configuration makes. `is_open`: some of its blocks may make more, of which nothing is known."""

    containers: dict[str, Container] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)
    is_open: bool = False

    def add(self, placed: Placed, release: str) -> None:
        """Add what a block makes."""
        raw = raw_references()
        entry = look_up(raw["makers"], placed.kind)
        if entry is None:
            self.is_open = self.is_open or look_up(dict.fromkeys(raw["quiet"], True), placed.kind) is None
            return
        self.is_open = self.is_open or _has_unknown_block(placed)
        for what in ("containers", "selections", "decorations", "outputs"):
            for one in entry.get(what, ()):
                self._add_one(what, one, placed, release)

    def _add_one(self, what: str, raw: Mapping[str, Any], placed: Placed, release: str) -> None:
        options = placed.block.options
        known = span_of(raw).holds(release)
        if known == "no" or not _applies(raw, options):
            return
        made = Made(placed.order, known)
        name = fill(raw["name"], options)
        if not name:
            self.is_open = self.is_open or (raw.get("expected", False) and not _is_empty(raw["name"], options))
        elif what == "containers":
            for part in name.split(raw["split"]) if "split" in raw else [name]:
                self._container(part, made, is_met=raw.get("met", False))
        elif what == "outputs":
            self.outputs[name] = str(options.get("containerName", ""))
        else:
            self._on_container(what, name, fill(raw.get("on", "{containerName}"), options), made)

    def _container(self, name: str, made: Made, *, is_met: bool) -> None:
        if name not in self.containers:
            self.containers[name] = Container(made, is_met)

    def _on_container(self, what: str, name: str, where: str, made: Made) -> None:
        container = self.containers.get(where.partition(".")[0])
        if container is None:
            return
        names = container.selections if what == "selections" else container.decorations
        if name not in names or (names[name].known == "maybe" and made.known == "yes"):
            names[name] = made


def build_registry(root: tree.Node | None, placed: Sequence[Placed], release: str) -> Registry:
    """Collect what all blocks make; the registry is open if the text has others, or includes files."""
    registry = Registry({EVENT_INFO: Container(Made(-1, "yes"))})
    for block in placed:
        registry.add(block, release)
    known = {block.kind for block in placed}
    others = (
        [entry.node for key, entry in root.entries.items() if key not in known]
        if isinstance(root, tree.Mapping)
        else []
    )
    registry.is_open = registry.is_open or any(not _is_empty_list(node) for node in others)
    return registry


@cache
def raw_references() -> dict[str, Any]:
    """Read `facts/references.json`."""
    data: dict[str, Any] = json.loads(pkgutil.get_data("topcp_config", "facts/references.json") or b"{}")
    return data


def look_up(entries: Mapping[str, Any], kind: str) -> Any | None:
    """Find the entry of a kind of block; `*.Name` stands for a sub-block under any parent."""
    if kind in entries:
        return entries[kind]
    parent, _, name = kind.rpartition(".")
    return entries.get(f"*.{name}") if parent else None


def fill(template: str, options: Mapping[str, Any]) -> str:
    """Fill in the first alternative, of those with `|` between them, whose options are all given."""
    for alternative in template.split("|"):
        names = _FIELD.findall(alternative)
        if all(_text(options.get(name)) for name in names):
            return _FIELD.sub(lambda match: _text(options.get(match.group(1))), alternative)
    return ""


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _is_empty(template: str, options: Mapping[str, Any]) -> bool:
    """Tell whether all options in a template are given as empty texts: what has no name is no secret."""
    return all(options.get(name) == "" for name in _FIELD.findall(template))


def _applies(raw: Mapping[str, Any], options: Mapping[str, Any]) -> bool:
    """Tell whether the options of a block are such that it makes something."""
    if "if" in raw and not options.get(raw["if"]):
        return False
    if "ifFalse" in raw and options.get(raw["ifFalse"]) is not False:
        return False
    return not any(part in _text(options.get(name)) for name, part in raw.get("unless", {}).items())


def _has_unknown_block(placed: Placed) -> bool:
    """Tell whether a block holds a sub-block that nobody knows, or includes a file."""
    known = {*placed.block.options, *(child.name for child in placed.block.children)}
    for key, entry in placed.node.entries.items():
        is_block = isinstance(entry.node, tree.Mapping | tree.Sequence) and not _is_empty_list(entry.node)
        if key == INCLUDE or (key not in known and is_block):
            return True
    return False


def _is_empty_list(node: tree.Node) -> bool:
    return isinstance(node, tree.Sequence) and not node.items
