"""Blocks that a configuration brings itself, through AddConfigBlocks (since AnalysisBase 24.2.40)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from topcp_config.facts import ROOT, Facts
from topcp_config.problems import Problem, error
from topcp_config.tree import Mapping, Node, Scalar, Sequence

if TYPE_CHECKING:
    from topcp_config.problems import Mark

ADD_CONFIG_BLOCKS = "AddConfigBlocks"


@dataclass(slots=True)
class Layout:
    """Which blocks stand under which, in factory order: those of the release and those that are added."""

    order: dict[str, list[str]]
    problems: list[Problem] = field(default_factory=list)

    def children(self, path: str) -> list[str]:
        """Return the sub-blocks of `path`; the blocks of the first level for `ROOT`."""
        return self.order.get(path, [])


def layout(facts: Facts, root: Mapping) -> Layout:
    """Lay out the blocks of a release and those that `root` adds."""
    made = Layout({parent: list(names) for parent, names in facts.order.items()})
    if ADD_CONFIG_BLOCKS in root.entries and ADD_CONFIG_BLOCKS in facts.roots:
        node = root.entries[ADD_CONFIG_BLOCKS].node
        for index, item in enumerate(node.items if isinstance(node, Sequence) else [node]):
            if isinstance(item, Mapping):
                _add(made, facts, item, f"{ADD_CONFIG_BLOCKS}[{index}]")
    return made


def _add(made: Layout, facts: Facts, item: Mapping, path: str) -> None:
    name = _text(item, "algName")
    if name is None:
        return
    for parent in _parents(item):
        if parent != ROOT and parent not in facts.blocks:
            message = f"superBlocks names {parent!r}, which {facts.release} does not have"
            mark = item.entries["superBlocks"].node.mark
            made.problems.append(error("unknown-block", message, mark, path=f"{path}.superBlocks"))
            continue
        names = made.order.setdefault(parent, [])
        if name not in names:
            names.insert(_position(made, item, names, path), name)


def _position(made: Layout, item: Mapping, names: list[str], path: str) -> int:
    """Return where `pos` puts the block; without it, at the end."""
    pos = _text(item, "pos")
    if pos is None:
        return len(names)
    if pos in names:
        return names.index(pos)
    mark: Mark = item.entries["pos"].node.mark
    message = f"pos names {pos!r}, which is no block there"
    made.problems.append(error("unknown-block", message, mark, path=f"{path}.pos"))
    return len(names)


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
