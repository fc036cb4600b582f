"""The rules by which the toolkit takes or rejects a configuration: what may stand where a block stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from topcp_config.problems import Mark, Problem, error, warning
from topcp_config.tree import Entry, Mapping, Node, Sequence, plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from topcp_config.model import BlockFacts, Rules

_ARGUMENTS = ("containerName", "selectionName", "configName")
"""What blocks take as arguments, whose defaults stay where they are."""
_NOT_EMPTY = "Write at least one option in it, or remove the item."


@dataclass(slots=True)
class ShapeChecker:
    """Takes blocks apart into their items and reports what is no block."""

    rules: Rules
    report: Callable[[Problem], None]
    _containers: dict[int, Any] = field(default_factory=dict)
    _first: dict[int, BlockFacts] = field(default_factory=dict)

    def items(self, path: str, entry: Entry, children: list[str]) -> list[tuple[Mapping, str, Mark]]:
        """Return the items of a block that are mappings, with path and place.

        Args:
            path: where the block stands.
            entry: its key and value.
            children: the names of its sub-blocks.
        """
        node = entry.node
        if isinstance(node, Mapping):
            return [(node, path, entry.mark)]
        if not isinstance(node, Sequence):
            self.no_block(node, path, entry.mark)
            return []
        if not node.items:
            self.report(warning("empty-list", "an empty list configures nothing", node.mark, path=path))
        found = []
        for index, item in enumerate(node.items):
            at = f"{path}[{index}]"
            if isinstance(item, Mapping):
                self._item(item, at, children, last=index == len(node.items) - 1)
                found.append((item, at, item.mark))
            else:
                self.no_block(item, at, item.mark)
        return found

    def no_block(self, node: Node, path: str, mark: Mark) -> None:
        """Report a value that stands where a block should."""
        value = plain(node)
        if value is None:
            message = "a block without a value fails or is silently dropped"
            hint = "Write {} for a block with its defaults."
            self.report(error("null-block", message, mark, path=path, hint=hint))
            return
        shown = "a list" if isinstance(node, Sequence) else f"{value!r:.60}"
        message = f"a block is a mapping or a list of mappings, not {shown}"
        hint = "Write its options below it, indented."
        self.report(error("wrong-shape", message, node.mark, path=path, hint=hint))

    def shared(self, mapping: Mapping, path: str, mark: Mark, container: Any) -> None:
        """Report a mapping without containerName that an alias puts under blocks of different ones."""
        first = self._containers.setdefault(id(mapping), container)
        if first == container or self.rules.shared_block == "apart":
            return
        hint = "Write it out here, or give it its containerName."
        if self.rules.shared_block == "first-container":
            message = f"this alias brings along the containerName that its mapping got first, {first!r}"
            self.report(error("shared-block", message, mark, path=path, hint=hint))
        else:
            message = f"this alias may bring along the containerName that its mapping got first, {first!r}"
            self.report(warning("shared-block", message, mark, path=path, hint=hint))

    def brought(self, mapping: Mapping, known: BlockFacts, path: str, mark: Mark) -> None:
        """Report a mapping that an alias puts under a block without the defaults that it got under another one."""
        first = self._first.setdefault(id(mapping), known)
        if first is known or self.rules.shared_block != "first-container":
            return
        others = [name for name in _written_defaults(first) if name not in {*known.options, *known.children}]
        if others:
            self._brings(first, others, path, mark)

    def borrowed(self, node: Node, path: str) -> None:
        """Report the mapping of a block that an alias makes the value of an option."""
        first = self._first.get(id(node))
        if first is not None and self.rules.shared_block == "first-container":
            self._brings(first, _written_defaults(first), path, node.mark)

    def _brings(self, first: BlockFacts, options: list[str], path: str, mark: Mark) -> None:
        message = f"this alias brings along the defaults of {first.path}: {', '.join(options[:6])}"
        self.report(error("shared-block", message, mark, path=path, hint="Write it out here."))

    def _item(self, item: Mapping, path: str, children: list[str], *, last: bool) -> None:
        """Report an item of a list that holds too little."""
        if item.entries and all(key in children for key in item.entries):
            self._doubtful(
                self.rules.bare_list_item,
                "bare-item",
                "a list item without an option of its own is not made: its sub-blocks are lost or go elsewhere",
                "a list item without an option of its own may not be made",
                item.mark,
                path,
            )
        elif not item.entries and not last:
            self._doubtful(
                self.rules.empty_list_item,
                "empty-item",
                "an empty list item ends the list: the items after it are lost",
                "an empty list item may end the list, so that the items after it are lost",
                item.mark,
                path,
            )

    def _doubtful(self, rule: str, code: str, surely: str, perhaps: str, mark: Mark, path: str) -> None:
        """Report as an error what the release does, as a warning what it may do."""
        if rule == "unknown":
            self.report(warning(code, perhaps, mark, path=path, hint=_NOT_EMPTY))
        elif rule != "accept":
            self.report(error(code, surely, mark, path=path, hint=_NOT_EMPTY))


def _written_defaults(known: BlockFacts) -> list[str]:
    """Return the options whose defaults the toolkit writes into the mapping of a block."""
    return [option.name for option in known.options.values() if not option.required and option.name not in _ARGUMENTS]
