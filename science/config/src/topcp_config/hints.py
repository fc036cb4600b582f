"""What to tell about a name that a release does not know: the nearest names, other places, other releases."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from topcp_config.facts import BlockFacts, Facts, load_changes, load_facts
from topcp_config.releases import RELEASES

if TYPE_CHECKING:
    from collections.abc import Iterable


def did_you_mean(name: str, known: Iterable[str]) -> str | None:
    """Name what `name` may be a misspelling of."""
    by_lower = {other.lower(): other for other in known}
    near = difflib.get_close_matches(name.lower()[:100], by_lower, n=3, cutoff=0.7)
    return f"Did you mean {_listed([by_lower[other] for other in near])}?" if near else None


def about_block(facts: Facts, name: str) -> str | None:
    """Say what is known of a root block that `facts` do not have."""
    return (
        _renamed_or_added(facts, name)
        or _in_other_releases(facts, name, None)
        or _as_option(facts, name)
        or did_you_mean(name, facts.roots)
    )


def places_of_block(facts: Facts, name: str, parent: str) -> list[str]:
    """Return where else `facts` have a block of this name."""
    return [path for path in facts.blocks if path.rpartition(".")[2] == name and path.rpartition(".")[0] != parent]


def renamed(facts: Facts, path: str) -> str | None:
    """Say under which name `facts` have the option or block that other releases call `path`."""
    for change in load_changes():
        pair = (change.get("from"), change.get("to"))
        if path not in pair or None in pair:
            continue
        other = pair[1] if path == pair[0] else pair[0]
        if other and _exists(facts, other):
            shown = other.rpartition(".")[2] if other.rpartition(".")[0] == path.rpartition(".")[0] else other
            note = f", {change['note']}" if "note" in change else ""
            return f"{facts.release} calls it {shown}{note} (changed {_when(change['when'])})."
    return None


def about_option(facts: Facts, block: BlockFacts, name: str) -> str | None:
    """Say what is known of an option that `block` does not have in this release."""
    path = f"{block.path}.{name}"
    return (
        _renamed_or_added(facts, path)
        or _in_other_releases(facts, block.path, name)
        or _in_relatives(facts, block, name)
        or did_you_mean(name, (*block.options, *block.children))
    )


def _renamed_or_added(facts: Facts, path: str) -> str | None:
    """Use the table of changes."""
    for change in load_changes():
        if change.get("to") == path and "from" not in change:
            return f"It was added {_when(change['when'])}; {facts.release} does not have it."
        if change.get("from") == path and "to" not in change:
            note = f": {change['note']}" if "note" in change else ""
            return f"It was removed {_when(change['when'])}{note}."
    return None


def _in_other_releases(facts: Facts, path: str, option: str | None) -> str | None:
    """Name the releases that surely have it."""
    having = []
    for release in RELEASES:
        block = load_facts(release).blocks.get(path)
        if release == facts.release or block is None:
            continue
        known = block.options.get(option) if option else None
        if (known and block.is_sure(known)) or (option is None and block.sure):
            having.append(release)
    return f"{_listed(having, 'and')} has it, {facts.release} does not." if having else None


def _as_option(facts: Facts, name: str) -> str | None:
    """Say of which blocks `name` is an option: a key that lost its indentation becomes a block."""
    having = [path for path, block in facts.blocks.items() if name in block.options and block.sure]
    return f"It is an option of {_listed(having[:3])}; is its line indented?" if having else None


def _in_relatives(facts: Facts, block: BlockFacts, name: str) -> str | None:
    """Look among the sub-blocks and in the block around."""
    around = block.path.rpartition(".")[0]
    relatives = [f"{block.path}.{child}" for child in block.children] + ([around] if around else [])
    having = [path for path in relatives if name in facts.blocks[path].options]
    return f"{name} is an option of {_listed(having)}." if having else None


def _exists(facts: Facts, path: str) -> bool:
    parent, _, name = path.rpartition(".")
    return path in facts.blocks or (parent in facts.blocks and name in facts.blocks[parent].options)


def _when(when: str) -> str:
    return when if when.startswith(("between", "after", "before")) else f"in {when}"


def _listed(names: list[str], conjunction: str = "or") -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {conjunction} {names[-1]}"
