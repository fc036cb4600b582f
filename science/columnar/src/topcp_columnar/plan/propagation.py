"""Which steps a variation reaches: those that make it, and all that read, directly or through others, what it changes.

Nobody lists what depends on what a second time: it follows from what the steps declare to read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from topcp_columnar.systematics import NOSYS

if TYPE_CHECKING:
    from topcp_columnar.plan.model import Step


@dataclass(frozen=True, slots=True)
class Propagation:
    """The steps of a plan, sorted by the variations under which they are evaluated.

    nominal    all that make nominal columns, in order
    varied     of each variation the steps that it reaches, each after those whose columns it reads; of one column no
               more than one
    by_column  of each column that varies, the variations that change it, in the order of `varied`
    """

    nominal: tuple[Step, ...]
    varied: Mapping[str, tuple[Step, ...]]
    by_column: Mapping[str, tuple[str, ...]]

    def systematics_of(self, *columns: str) -> tuple[str, ...]:
        """The variations that change any of the columns, each once."""
        found = {systematic for column in columns for systematic in self.by_column.get(column, ())}
        return tuple(systematic for systematic in self.varied if systematic in found)


def propagate(steps: Sequence[Step]) -> Propagation:
    """Sort the steps of a plan.

    A step that is nominal only is evaluated once: what depends on it sees nominal under every variation.
    """
    nominal = tuple(step for step in steps if step.systematic == NOSYS)
    own: dict[str, list[int]] = defaultdict(list)
    for place, step in enumerate(steps):
        if step.systematic != NOSYS:
            own[step.systematic].append(place)
    readers = _readers(steps)
    known: dict[frozenset[str], tuple[int, ...]] = {}
    varied, by_column = {}, defaultdict(list)
    for systematic, places in own.items():
        changed = frozenset(steps[place].makes for place in places)
        if changed not in known:
            known[changed] = tuple(_reached(changed, readers, steps))
        varied[systematic] = tuple(_in_order(steps, places, known[changed]))
        for column in dict.fromkeys(step.makes for step in varied[systematic]):
            by_column[column].append(systematic)
    return Propagation(nominal, varied, {column: tuple(found) for column, found in by_column.items()})


def _in_order(steps: Sequence[Step], own: Sequence[int], reached: Sequence[int]) -> Iterator[Step]:
    """The steps that make a variation, before those that it reaches; but for those of them that read what it reaches.

    So a block may compute what follows from a column first, and the column's variations later.
    """
    follow = {steps[place].makes for place in reached}
    first = [place for place in own if follow.isdisjoint(steps[place].reads)]
    yield from (steps[place] for place in first)
    yield from (steps[place] for place in sorted({*own, *reached}.difference(first)))


@dataclass(frozen=True, slots=True)
class Schedule:
    """What is done under a variation.

    steps    those that are needed, in order
    by_rows  of what they make, what is never made in full: only some rows of it are read
    kept     columns that are read in full when all is done
    later    columns of which some rows are read then
    let_go   the steps whose columns are not kept
    """

    steps: tuple[Step, ...]
    by_rows: frozenset[str]
    kept: frozenset[str]
    later: frozenset[str]
    let_go: tuple[Step, ...]


def schedule(steps: Sequence[Step], kept: Iterable[str], written: Iterable[str]) -> Schedule:
    """Which of the steps are needed for columns that are kept, and for those of which some rows are written."""
    kept, later = set(kept), set(written)
    in_full, by_rows = set(kept), set[str]()
    needed = []
    for step in reversed(steps):
        if step.makes not in kept | later | in_full | by_rows:
            continue
        needed.append(step)
        if not step.rowwise:
            if step.makes in later:
                kept.add(step.makes)
            in_full.update(step.needs)
            by_rows.update(step.some)
            continue
        if step.makes in later:
            later.update(step.needs)
        (in_full if step.makes in in_full else by_rows).update(step.needs)
    never = {step.makes for step in needed if step.rowwise and step.makes not in in_full}
    needed.reverse()
    let_go = tuple(step for step in needed if step.makes not in kept)
    return Schedule(tuple(needed), frozenset(never), frozenset(kept), frozenset(later - kept), let_go)


def _readers(steps: Sequence[Step]) -> Mapping[str, Sequence[int]]:
    """Of each column the places of the nominal steps that read it."""
    readers: dict[str, list[int]] = defaultdict(list)
    for place, step in enumerate(steps):
        if step.systematic == NOSYS and not step.nominal_only:
            for need in step.reads:
                readers[need].append(place)
    return readers


def _reached(changed: frozenset[str], readers: Mapping[str, Sequence[int]], steps: Sequence[Step]) -> set[int]:
    """The places of the nominal steps that depend on the changed columns, which others make."""
    reached: set[int] = set()
    waiting = list(changed)
    while waiting:
        for place in readers.get(waiting.pop(), ()):
            if place not in reached and steps[place].makes not in changed:
                reached.add(place)
                waiting.append(steps[place].makes)
    return reached
