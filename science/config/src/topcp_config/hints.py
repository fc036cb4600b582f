"""What to tell about a name that a release does not know: the nearest names, other places, other releases."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from typing import TYPE_CHECKING

from topcp_config.history import changes, known_to_others
from topcp_config.near import NearNames, listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from topcp_config.model import BlockFacts, Facts


class Adviser:
    """Finds hints in the facts of the release at hand, of the other releases, and in the table of changes."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self._near = NearNames()
        self._places: Mapping[str, list[str]] = _grouped((_last(path), path) for path in facts.blocks)

    def about_block(self, name: str) -> str | None:
        """Say what is known of a block of the first level that the release does not have."""
        return (
            self._to_add(name)
            or self.renamed(name)
            or self._added_or_removed(name)
            or known_to_others(name, self.facts.release)
            or self._near.question(name, self.facts.roots)
            or self._as_option(name)
        )

    def about_option(self, block: BlockFacts, name: str) -> str | None:
        """Say what is known of an option that `block` does not have in the release."""
        path = f"{block.path}.{name}"
        return (
            self._added_or_removed(path)
            or known_to_others(path, self.facts.release)
            or self._in_relatives(block, name)
            or self._near.question(name, (*block.options, *block.children))
        )

    def about_added(self, function: str) -> str | None:
        """Say what is known of a `modulePath.functionName` that the toolkit of the release does not have."""
        found = known_to_others(function, self.facts.release)
        name = function.rpartition(".")[2].removesuffix("Config")
        return found and (self._added_or_removed(name[:1].upper() + name[1:]) or found)

    def places_of(self, name: str, parent: str) -> list[str]:
        """Return the paths of the blocks of this name that do not stand in `parent`."""
        return [path for path in self._places.get(name, ()) if path.rpartition(".")[0] != parent]

    def renamed(self, path: str) -> str | None:
        """Say under which name the release has the option or block that other releases call `path`."""
        for change in changes(path):
            if change.before == path and change.after and self._has(change.after):
                verb = "renamed" if _parent(path) == _parent(change.after) else "moved"
                return f"It was {verb} to {_shown(change.after, path)} {change.since}{change.remark}."
            if change.after == path and change.before and self._has(change.before):
                shown = _shown(change.before, path)
                return f"{self.facts.release} calls it {shown}{change.remark_back} (changed {change.since})."
        return None

    def _added_or_removed(self, path: str) -> str | None:
        for change in changes(path):
            if change.before is None:
                return f"It was added {change.since}; {self.facts.release} does not have it."
            if change.after is None:
                note = f": {change.note}" if change.note else ""
                return f"It was removed {change.since}{note}."
        return None

    def _to_add(self, name: str) -> str | None:
        """Say how to get a block that the release holds, but that a configuration must add."""
        for key in self._addable.get(name, ()):
            module, _, function = key.rpartition(".")
            what = f"modulePath: {module}, functionName: {function}, algName: {name}"
            usual_pos = self.facts.addable[key].usual_pos
            pos = f", pos: {usual_pos}" if usual_pos else ""
            return f"Add it through AddConfigBlocks: {{{what}{pos}}}."
        return None

    def _as_option(self, name: str) -> str | None:
        """Say of which blocks `name` is an option: a key that lost its indentation looks like a block."""
        having = self._having.get(name)
        return f"It is an option of {listed(having[:3])}; is its line indented?" if having else None

    @cached_property
    def _addable(self) -> Mapping[str, list[str]]:
        """By the usual name of a block that a configuration can add: its `modulePath.functionName`."""
        return _grouped((block.usual_name, key) for key, block in self.facts.addable.items() if block.usual_name)

    @cached_property
    def _having(self) -> Mapping[str, list[str]]:
        """By the name of an option: the blocks that surely have it, unless all do."""
        sure = [block for block in self.facts.blocks.values() if block.sure]
        common = self.facts.common
        return _grouped((name, block.path) for block in sure for name in block.options if name not in common)

    def _in_relatives(self, block: BlockFacts, name: str) -> str | None:
        """Look among the sub-blocks and in the block around."""
        around = _parent(block.path)
        relatives = [f"{block.path}.{child}" for child in block.children] + ([around] if around else [])
        having = [path for path in relatives if path in self.facts.blocks and name in self.facts.blocks[path].options]
        return f"{name} is an option of {listed(having)}." if having else None

    def _has(self, path: str) -> bool:
        blocks, parent = self.facts.blocks, _parent(path)
        return path in blocks or path in self._addable or (parent in blocks and _last(path) in blocks[parent].options)


def _parent(path: str) -> str:
    return path.rpartition(".")[0]


def _last(path: str) -> str:
    return path.rpartition(".")[2]


def _grouped(pairs: Iterable[tuple[str, str]]) -> Mapping[str, list[str]]:
    """Return what belongs to each name, in order."""
    groups = defaultdict(list)
    for name, one in pairs:
        groups[name].append(one)
    return dict(groups)


def _shown(path: str, beside: str) -> str:
    """Write the last name of a path that has the same parent as `beside`, else all of it."""
    return _last(path) if _parent(path) == _parent(beside) else path
