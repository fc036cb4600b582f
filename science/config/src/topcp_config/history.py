"""In which releases a block or an option is known, and what changed between them.

A name is the dotted path of a block, `Electrons.WorkingPoint`, or of an option, `Electrons.WorkingPoint.isolationWP`;
that of a block that AddConfigBlocks brings is its `modulePath.functionName`.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from topcp_config.facts import load_changes, load_facts
from topcp_config.near import listed
from topcp_config.releases import RELEASES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from topcp_config.model import Facts


@dataclass(slots=True)
class _Known:
    """The releases that surely have a name, and those that may, oldest first."""

    surely: list[str] = field(default_factory=list)
    perhaps: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Change:
    """A name that became another, came, or went; `when` is the release, or the two between which that was."""

    before: str | None
    after: str | None
    when: str
    note: str | None
    note_back: str | None = None

    @property
    def since(self) -> str:
        """When it was, to end a sentence with."""
        return self.when if self.when.startswith(("between", "after", "before")) else f"in {self.when}"

    @property
    def remark(self) -> str:
        """The note, to continue a sentence with."""
        return f", {self.note}" if self.note else ""

    @property
    def remark_back(self) -> str:
        """The note for whoever goes back to the older name, to continue a sentence with."""
        return f", {self.note_back}" if self.note_back else ""


def changes(name: str) -> tuple[Change, ...]:
    """Return the changes that `name` was part of."""
    return _changes_by_name().get(name, ())


def known_to_others(name: str, release: str) -> str | None:
    """Say which releases have a name that `release` does not have; None if no other surely has it."""
    known = _names().get(name)
    if known is None or not known.surely:
        return None
    here = RELEASES.index(release) if release in RELEASES else len(RELEASES)
    having = [RELEASES.index(one) for one in known.surely]
    if max(having) < here:
        last = max(having)
        gone = next((n for n in range(last + 1, len(RELEASES)) if RELEASES[n] not in known.perhaps), None)
        return (
            f"It was removed {f'between {RELEASES[last]} and {RELEASES[gone]}' if gone else f'after {RELEASES[last]}'}."
        )
    if min(having) > here:
        first = min(having)
        lacking = [one for one in RELEASES[:first] if one not in known.perhaps]
        return f"It was added {f'between {lacking[-1]} and {RELEASES[first]}' if lacking else f'by {RELEASES[first]}'}."
    return f"{listed(known.surely, 'and')} {'have' if len(known.surely) > 1 else 'has'} it, {release} does not."


@cache
def _changes_by_name() -> dict[str, tuple[Change, ...]]:
    found: dict[str, tuple[Change, ...]] = {}
    for raw in load_changes():
        change = Change(raw.get("from"), raw.get("to"), raw["when"], raw.get("note"), raw.get("noteBack"))
        for name in (change.before, change.after):
            if name:
                found[name] = (*found.get(name, ()), change)
    return found


@cache
def _names() -> dict[str, _Known]:
    names: dict[str, _Known] = defaultdict(_Known)
    for release in RELEASES:
        for name, sure in _names_of(load_facts(release)):
            names[name].perhaps.append(release)
            if sure:
                names[name].surely.append(release)
    return dict(names)


def _names_of(facts: Facts) -> Iterator[tuple[str, bool]]:
    """Yield every name of a release, and whether the release surely has it."""
    for path, block in {**facts.blocks, **facts.addable}.items():
        yield path, block.sure
        for option in block.options.values():
            yield f"{path}.{option.name}", block.sure and block.is_sure(option)
