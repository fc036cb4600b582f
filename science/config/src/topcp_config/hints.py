"""What to tell about a name that a release does not know: the nearest names, other places, other releases."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from topcp_config.history import changes, known_to_others
from topcp_config.near import NearNames, listed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from topcp_config.model import BlockFacts, Facts


@dataclass(slots=True)
class Adviser:
    """Finds hints in the facts of the release at hand, of the other releases, and in the table of changes."""

    facts: Facts
    _places: Mapping[str, list[str]] = field(init=False)
    _near: NearNames = field(default_factory=NearNames)

    def __post_init__(self) -> None:
        places = defaultdict(list)
        for path in self.facts.blocks:
            places[path.rpartition(".")[2]].append(path)
        self._places = places

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
                return f"{self.facts.release} calls it {shown}{change.remark} (changed {change.since})."
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
        for key, block in self.facts.addable.items():
            if block.usual_name == name:
                module, _, function = key.rpartition(".")
                what = f"modulePath: {module}, functionName: {function}, algName: {name}"
                pos = f", pos: {block.usual_pos}" if block.usual_pos else ""
                return f"Add it through AddConfigBlocks: {{{what}{pos}}}."
        return None

    def _as_option(self, name: str) -> str | None:
        """Say of which blocks `name` is an option: a key that lost its indentation looks like a block."""
        blocks = self.facts.blocks.items()
        having = [
            path for path, block in blocks if block.sure and name in block.options and name not in self.facts.common
        ]
        return f"It is an option of {listed(having[:3])}; is its line indented?" if having else None

    def _in_relatives(self, block: BlockFacts, name: str) -> str | None:
        """Look among the sub-blocks and in the block around."""
        around = _parent(block.path)
        relatives = [f"{block.path}.{child}" for child in block.children] + ([around] if around else [])
        having = [path for path in relatives if path in self.facts.blocks and name in self.facts.blocks[path].options]
        return f"{name} is an option of {listed(having)}." if having else None

    def _has(self, path: str) -> bool:
        blocks, parent = self.facts.blocks, _parent(path)
        if path in blocks or any(block.usual_name == path for block in self.facts.addable.values()):
            return True
        return parent in blocks and path.rpartition(".")[2] in blocks[parent].options


def _parent(path: str) -> str:
    return path.rpartition(".")[0]


def _shown(path: str, beside: str) -> str:
    """Write the last name of a path that has the same parent as `beside`, else all of it."""
    return path.rpartition(".")[2] if _parent(path) == _parent(beside) else path
