"""From a computed chunk to the rows of an output tree."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from topcp_columnar.chunk import arrays_of
from topcp_columnar.containers import Jagged
from topcp_columnar.errors import InputError
from topcp_columnar.selection import as_flags
from topcp_columnar.systematics import NOSYS
from topcp_columnar.write import Branch

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy.typing as npt

    from topcp_columnar.chunk import Chunk
    from topcp_columnar.containers import Column, Offsets
    from topcp_columnar.plan.model import Branch as PlannedBranch
    from topcp_columnar.plan.model import Tree, View
    from topcp_columnar.write import OutputFile, PartBuilder
    from topcp_columnar.write.output_file import Filler

    Mask = npt.NDArray[np.bool_]


def kept_events(chunk: Chunk) -> list[Mask]:
    """All events; then, of each event filter in turn, those that pass it and all before it.

    An event passes that passes nominally or under any one variation.
    """
    columns = [event_filter.column for event_filter in chunk.plan.filters]
    systematics = (NOSYS, *chunk.plan.propagation.systematics_of(*columns))
    passing = {systematic: np.ones(len(chunk), np.bool_) for systematic in systematics}
    masks = [passing[NOSYS]]
    for column in columns:
        passing = {s: mask & as_flags(chunk.column(column, s)) for s, mask in passing.items()}
        masks.append(np.logical_or.reduce(list(passing.values())))
    return masks


def kept_objects(chunk: Chunk, column: str) -> Mask:
    """The objects that have a flag nominally or under any variation."""
    kept = as_flags(chunk.column(column)).copy()
    for systematic in chunk.plan.propagation.systematics_of(column):
        kept |= as_flags(chunk.column(column, systematic))
    return kept


class Outlet(Protocol):
    """Where the events of a file go: to the output, or to where it is fetched from."""

    def begin(self, tree: str, branches: Sequence[Branch], location: str) -> None:
        """Parts of a tree with these branches will come from a file."""

    def append(self, tree: str, part: Any) -> None:
        """A part of a tree, as the part builder of the output's kind makes it."""


class OutputTrees:
    """The trees of an output. Their branches are those of the first file."""

    def __init__(self, out: OutputFile) -> None:
        self._out = out
        self._fillers: dict[str, Filler] = {}
        self._begun: dict[str, tuple[Sequence[Branch], str]] = {}

    def begin(self, tree: str, branches: Sequence[Branch], location: str) -> None:
        """Start the tree, or see that the branches are the same. Raises InputError if they are not."""
        if tree not in self._begun:
            self._fillers[tree] = self._out.tree(tree, branches)
            self._begun[tree] = branches, location
        known, first = self._begun[tree]
        for branch, before in zip(branches, known, strict=True):
            if branch != before:
                raise InputError(
                    f"{location}: {branch.name} would be of another type than from {first}: "
                    f"{branch.dtype}, not {before.dtype}"
                )

    def append(self, tree: str, part: Any) -> None:
        self._fillers[tree].append(part)


class TreeRows:
    """The rows of one tree, and how many objects there were in them, by container."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.objects: dict[str, int] = {}
        self._by_systematic = sorted(tree.branches, key=lambda branch: branch.systematic)

    def of(self, chunk: Chunk, keep: Mask) -> dict[str, Column | Jagged]:
        """Of each branch: one number per kept event, or the numbers of its kept objects."""
        for branch in self.tree.branches:
            chunk.column(branch.variable.column)  # reading a stored one tells how many objects there are
        views = {
            branch.view.name: branch.view
            for branch in self.tree.branches
            if not chunk.plan.is_per_event(branch.view.origin)
        }
        slices = {name: _Slice(chunk, view, keep) for name, view in views.items()}
        for name, kept in slices.items():
            self.objects[name] = self.objects.get(name, 0) + int(kept.offsets[-1])
        events = _Kept(keep)
        return {
            branch.name: _event_values(chunk, branch, events)
            if chunk.plan.is_per_event(branch.view.origin)
            else slices[branch.view.name].values(chunk, branch)
            for branch in self._by_systematic
        }


class TreeFiller:
    """Makes parts of one tree out of the events of one file. The types of the branches are those of its first chunk.

    row_bytes  what the rows of the last chunk took
    """

    def __init__(self, tree: Tree, kind: type[OutputFile], outlet: Outlet) -> None:
        self.rows = TreeRows(tree)
        self.row_bytes = 0
        self._kind = kind
        self._outlet = outlet
        self._builder: PartBuilder | None = None

    def fill(self, chunk: Chunk, keep: Mask) -> None:
        """Append the events of the chunk that `keep` marks."""
        rows, tree = self.rows.of(chunk, keep), self.rows.tree
        if self._builder is None:
            branches = [_branch(b, rows[b.name]) for b in tree.branches]
            self._outlet.begin(tree.name, branches, chunk.file.location)
            self._builder = self._kind.part_builder(tree.name, branches, partial(self._outlet.append, tree.name))
        self._builder.extend(rows)
        self.row_bytes = _bytes_of(rows.values())

    def finish(self) -> None:
        """No more events come from the file."""
        if self._builder is not None:
            self._builder.flush()


def _bytes_of(rows: Iterable[Column | Jagged]) -> int:
    """What the rows take, those that branches share once."""
    arrays = {id(array): array for row in rows for array in arrays_of(row)}
    return sum(array.nbytes for array in arrays.values())


class _Kept:
    """The rows that are written, each column's taken once: branches of one column share the work of writing it too."""

    def __init__(self, mask: Mask) -> None:
        self.mask = mask
        self.all = bool(mask.all())
        self.places = np.flatnonzero(mask)
        self._taken: dict[int, tuple[Column, Column]] = {}

    def of(self, column: Column) -> Column:
        if id(column) not in self._taken:
            rows = column if self.all else column.take(self.places, axis=0)
            self._taken[id(column)] = column, _written(rows)  # the column too, so that its id stays its own
        return self._taken[id(column)][1]


class _Slice:
    """The objects of a view that are written: those kept of the events that are kept."""

    def __init__(self, chunk: Chunk, view: View, keep: Mask) -> None:
        objects = chunk.per_object(view.origin, keep)
        if view.keep is not None:
            objects = objects & kept_objects(chunk, view.keep)
        self._objects = _Kept(objects)
        self._rows, self._systematic = chunk.rows(self._objects.places), NOSYS
        offsets = chunk.offsets(view.origin)
        everything = self._objects.all and bool(keep.all())
        self.offsets = offsets if everything else _offsets_of(objects, offsets, keep)

    def values(self, chunk: Chunk, branch: PlannedBranch) -> Jagged:
        name, systematic = branch.variable.column, branch.systematic
        if systematic != self._systematic:
            self._rows.let_go()
            self._systematic = systematic
        if chunk.is_by_rows(name, systematic):
            return Jagged(self.offsets, _written(self._rows.column(name, systematic)))
        column = chunk.column(name, systematic)
        if len(column) != len(self._objects.mask):
            raise InputError(
                f"{chunk.file.location}: {branch.variable.column} has {len(column)} values for "
                f"{len(self._objects.mask)} objects; is the file damaged?"
            )
        return Jagged(self.offsets, self._objects.of(column))


def _offsets_of(objects: Mask, offsets: Offsets, keep: Mask) -> Offsets:
    """Where the marked objects of each kept event begin, counted among the marked ones."""
    before = np.concatenate(([0], np.cumsum(objects, dtype=np.int64)))
    counts = np.diff(before[offsets])[keep]
    return np.concatenate(([0], np.cumsum(counts, dtype=np.int64)))


def _event_values(chunk: Chunk, branch: PlannedBranch, events: _Kept) -> Column | Jagged:
    """An event variable; a vector of the event, stored or computed, is written as one."""
    column, length = branch.variable.column, branch.variable.length
    if length:
        rows, lengths = events.of(chunk.column(column)), events.of(chunk.column(length))
        offsets = np.concatenate(([0], np.cumsum(lengths, dtype=np.int64)))
        return Jagged(offsets, rows[np.arange(rows.shape[1]) < lengths[:, np.newaxis]])
    if chunk.plan.makes(column) or isinstance(chunk.stored(column), np.ndarray):
        values = events.of(chunk.column(column, branch.systematic))
        return values if values.ndim == 1 else _vectors(values)
    jagged = chunk.jagged(column)
    objects = np.repeat(events.mask, np.diff(jagged.offsets))
    return Jagged(_offsets_of(objects, jagged.offsets, events.mask), _written(jagged.content[objects]))


def _vectors(values: Column) -> Jagged:
    """The rows of a table as vectors of one length."""
    offsets = np.arange(len(values) + 1, dtype=np.int64) * values.shape[1]
    return Jagged(offsets, values.reshape(-1))


def _written(values: Column) -> Column:
    """As the toolkit writes it: flags are `char`."""
    return values.view(np.int8) if values.dtype == np.bool_ else values


def _branch(planned: PlannedBranch, values: Column | Jagged) -> Branch:
    variable = planned.variable
    title = f"approximate: {variable.why}" if variable.verdict == "approx" else ""
    if isinstance(values, Jagged):
        return Branch(planned.name, values.content.dtype, vector=True, title=title)
    return Branch(planned.name, values.dtype, vector=False, title=title)
