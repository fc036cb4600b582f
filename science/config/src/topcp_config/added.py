"""Blocks that a configuration brings itself, through AddConfigBlocks (since AnalysisBase 24.2.40)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from topcp_config.facts import ADD_CONFIG_BLOCKS
from topcp_config.model import ROOT, BlockFacts, Facts
from topcp_config.problems import Problem, error, warning
from topcp_config.tree import Entry, Mapping, Node, Scalar, Sequence

if TYPE_CHECKING:
    from topcp_config.hints import Adviser
    from topcp_config.problems import Mark

_OURS = "TopCPToolkit."
"""Begins the modulePath of the toolkit's own blocks: of any other nothing is known."""


@dataclass(slots=True)
class Layout:
    """Which blocks stand under which, in factory order, and what is known of them: the release's and those added."""

    order: dict[str, list[str]]
    blocks: dict[str, BlockFacts]
    problems: list[Problem] = field(default_factory=list)

    def children(self, path: str) -> list[str]:
        """Return the sub-blocks of `path`; the blocks of the first level for `ROOT`."""
        return self.order.get(path, [])


def layout(facts: Facts, root: Mapping, adviser: Adviser) -> Layout:
    """Lay out the blocks of a release and those that `root` adds."""
    made = Layout({parent: list(names) for parent, names in facts.order.items()}, dict(facts.blocks))
    if ADD_CONFIG_BLOCKS in root.entries and ADD_CONFIG_BLOCKS in facts.roots:
        adding = _Adding(made, facts, adviser)
        for item, path, _ in added_items(root.entries[ADD_CONFIG_BLOCKS], facts):
            adding.add(item, path)
    return made


def is_named(node: Node, facts: Facts) -> bool:
    """Tell whether the value of AddConfigBlocks goes from names to blocks."""
    rule = facts.rules.add_config_blocks
    if not isinstance(node, Mapping):
        return False
    return rule == "named-or-list" or (rule == "unknown" and "modulePath" not in node.entries)


def added_items(entry: Entry, facts: Facts) -> list[tuple[Mapping, str, Mark]]:
    """Return the blocks under AddConfigBlocks that are mappings, with path and place; each has its algName."""
    node = entry.node
    if is_named(node, facts) and isinstance(node, Mapping):
        return [
            (_with_name(name, one), f"{ADD_CONFIG_BLOCKS}.{name}", one.mark)
            for name, one in node.entries.items()
            if isinstance(one.node, Mapping)
        ]
    if isinstance(node, Mapping):
        return [(node, ADD_CONFIG_BLOCKS, entry.mark)]
    items = node.items if isinstance(node, Sequence) else []
    return [
        (item, f"{ADD_CONFIG_BLOCKS}[{index}]", item.mark)
        for index, item in enumerate(items)
        if isinstance(item, Mapping)
    ]


def _with_name(name: object, one: Entry) -> Mapping:
    assert isinstance(one.node, Mapping)  # noqa: S101 - what the caller has just asked; this tells mypy so
    return Mapping(one.node.mark, {**one.node.entries, "algName": Entry(one.mark, Scalar(one.mark, name))})


@dataclass(slots=True)
class _Adding:
    """Puts added blocks into the layout."""

    made: Layout
    facts: Facts
    adviser: Adviser
    seen: set[str] = field(default_factory=set)

    def add(self, item: Mapping, path: str) -> None:
        name, module, function = (_text(item, key) for key in ("algName", "modulePath", "functionName"))
        key = f"{module}.{function}"
        if key not in self.facts.addable and module and module.startswith(_OURS):
            self._unknown_function(item, key, path)
        if name is None:
            return
        for parent in _parents(item):
            full = name if parent == ROOT else f"{parent}.{name}"
            if parent != ROOT and parent not in self.made.blocks:
                message = f"superBlocks names {parent!r}, which {self.facts.release} does not have"
                mark = item.entries["superBlocks"].node.mark
                self._report(error("unknown-block", message, mark, path=f"{path}.superBlocks"))
                continue
            self._place(item, full, parent, path)
            self._know(full, key)
            self.seen.add(full)

    def _place(self, item: Mapping, full: str, parent: str, path: str) -> None:
        """Put the name where it belongs in the order."""
        names, name = self.made.order.setdefault(parent, []), full.rpartition(".")[2]
        if name not in names:
            names.insert(self._position(item, names, path), name)
            return
        known = self.made.blocks.get(full)
        if full in self.seen or (known is not None and known.sure):
            self._report(self._twice(full, item.entries["algName"].node.mark, f"{path}.algName"))

    def _twice(self, name: str, mark: Mark, path: str) -> Problem:
        hint = "Remove this entry, or give it another algName."
        if self.facts.rules.added_twice == "reject":
            return error("block-exists", f"there is a block {name} already", mark, path=path, hint=hint)
        message = f"this takes the place of the block {name}, which is then configured twice"
        return warning("block-exists", message, mark, path=path, hint=hint)

    def _know(self, full: str, key: str) -> None:
        """Remember what is known of the new block, and no more of one whose place it takes."""
        brought = self.facts.addable.get(key)
        if brought is not None:
            self.made.blocks[full] = brought._replace(path=full)
        elif full in self.made.blocks and self.made.blocks[full].sure:
            del self.made.blocks[full]

    def _unknown_function(self, item: Mapping, key: str, path: str) -> None:
        """Report a block that other versions of the toolkit have, if this one's are known."""
        hint = self.adviser.about_added(key)
        if hint is None or not any(block.sure for block in self.facts.addable.values()):
            return
        message = f"the TopCPToolkit of {self.facts.release} has no {key}"
        self._report(error("unknown-function", message, item.entries["modulePath"].node.mark, path=path, hint=hint))

    def _position(self, item: Mapping, names: list[str], path: str) -> int:
        """Return where `pos` puts the block; without it, at the end."""
        pos = _text(item, "pos")
        if pos is None:
            return len(names)
        if pos in names:
            return names.index(pos)
        message = f"pos names {pos!r}, which is no block there"
        self._report(error("unknown-block", message, item.entries["pos"].node.mark, path=f"{path}.pos"))
        return len(names)

    def _report(self, problem: Problem) -> None:
        self.made.problems.append(problem)


def _parents(item: Mapping) -> list[str]:
    """Return the paths of the blocks under which the new block stands."""
    entry = item.entries.get("superBlocks")
    nodes: list[Node] = []
    if entry:
        nodes = entry.node.items if isinstance(entry.node, Sequence) else [entry.node]
    names = [node.value for node in nodes if isinstance(node, Scalar) and isinstance(node.value, str)]
    return names or [ROOT]


def _text(item: Mapping, key: str) -> str | None:
    entry = item.entries.get(key)
    if entry and isinstance(entry.node, Scalar) and isinstance(entry.node.value, str):
        return entry.node.value
    return None
