"""What to tell about a name that a release does not know: the nearest names, other places, other releases."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from topcp_config.facts import BlockFacts, Facts, load_changes, load_facts
from topcp_config.releases import RELEASES

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_SEARCHES = 200
"""For how many unknown names near ones are sought: whoever has more does not read on, and each takes a while."""


@dataclass(slots=True)
class Adviser:
    """Finds hints in the facts of the release at hand, of the other releases, and in the table of changes."""

    facts: Facts
    _searches: int = 0

    def about_block(self, name: str) -> str | None:
        """Say what is known of a block of the first level that the release does not have."""
        return (
            self.renamed(name)
            or self._added_or_removed(name)
            or self._in_other_releases(name, None)
            or self._did_you_mean(name, self.facts.roots)
            or self._as_option(name)
        )

    def about_option(self, block: BlockFacts, name: str) -> str | None:
        """Say what is known of an option that `block` does not have in the release."""
        return (
            self._added_or_removed(f"{block.path}.{name}")
            or self._in_other_releases(block.path, name)
            or self._in_relatives(block, name)
            or self._did_you_mean(name, (*block.options, *block.children))
        )

    def places_of(self, name: str, parent: str) -> list[str]:
        """Return the paths of the blocks of this name that do not stand in `parent`."""
        split = ((path, *path.rpartition(".")) for path in self.facts.blocks)
        return [path for path, around, _, last in split if last == name and around != parent]

    def renamed(self, path: str) -> str | None:
        """Say under which name the release has the option or block that other releases call `path`."""
        for change in load_changes():
            pair = (change.get("from"), change.get("to"))
            other = pair[1] if path == pair[0] else pair[0]
            if path in pair and other and self._has(other):
                around, _, name = other.rpartition(".")
                shown = name if around == path.rpartition(".")[0] else other
                note = f", {change['note']}" if "note" in change else ""
                return f"{self.facts.release} calls it {shown}{note} (changed {_when(change['when'])})."
        return None

    def _added_or_removed(self, path: str) -> str | None:
        for change in load_changes():
            if change.get("to") == path and "from" not in change:
                return f"It was added {_when(change['when'])}; {self.facts.release} does not have it."
            if change.get("from") == path and "to" not in change:
                note = f": {change['note']}" if "note" in change else ""
                return f"It was removed {_when(change['when'])}{note}."
        return None

    def _in_other_releases(self, path: str, option: str | None) -> str | None:
        """Name the releases that surely have a block, or an option of it."""
        having = []
        for release in RELEASES:
            block = load_facts(release).blocks.get(path)
            if release == self.facts.release or block is None:
                continue
            known = block.options.get(option) if option else None
            if (known and block.is_sure(known)) or (option is None and block.sure):
                having.append(release)
        return f"{_listed(having, 'and')} has it, {self.facts.release} does not." if having else None

    def _as_option(self, name: str) -> str | None:
        """Say of which blocks `name` is an option: a key that lost its indentation looks like a block."""
        having = [path for path, block in self.facts.blocks.items() if name in block.options and block.sure]
        return f"It is an option of {_listed(having[:3])}; is its line indented?" if having else None

    def _in_relatives(self, block: BlockFacts, name: str) -> str | None:
        """Look among the sub-blocks and in the block around."""
        around = block.path.rpartition(".")[0]
        relatives = [f"{block.path}.{child}" for child in block.children] + ([around] if around else [])
        having = [path for path in relatives if name in self.facts.blocks[path].options]
        return f"{name} is an option of {_listed(having)}." if having else None

    def _did_you_mean(self, name: str, known: Iterable[str]) -> str | None:
        """Name what `name` may be a misspelling of."""
        self._searches += 1
        if self._searches > MAX_SEARCHES:
            return None
        by_lower = {other.lower(): other for other in known}
        near = difflib.get_close_matches(name.lower()[:100], by_lower, n=3, cutoff=0.75)
        return f"Did you mean {_listed([by_lower[other] for other in near])}?" if near else None

    def _has(self, path: str) -> bool:
        parent, _, name = path.rpartition(".")
        blocks = self.facts.blocks
        return path in blocks or (parent in blocks and name in blocks[parent].options)


def _when(when: str) -> str:
    return when if when.startswith(("between", "after", "before")) else f"in {when}"


def _listed(names: list[str], conjunction: str = "or") -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {conjunction} {names[-1]}"
