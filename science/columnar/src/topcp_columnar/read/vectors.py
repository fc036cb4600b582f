"""Where in the baskets of a branch the items of its entries lie: they are found, and taken out, basket by basket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from topcp_columnar.read.baskets import find_baskets
from topcp_columnar.read.faults import Damaged
from topcp_columnar.read.heads import FIXED
from topcp_columnar.read.kernels import find_deep_vectors, find_nested_vectors, find_vectors

if TYPE_CHECKING:
    import numpy.typing as npt

    from topcp_columnar.containers import Offsets
    from topcp_columnar.read.baskets import Baskets, Branch
    from topcp_columnar.read.source import LocalFile

    Bytes = npt.NDArray[np.uint8]
    Places = npt.NDArray[np.int64]

VECTOR_HEADER = 10
"""Bytes before the items of a vector: byte count (4), version (2), number of items (4)."""
_COUNT = 4
"""Bytes of the number of items of a vector inside another, which is all its header."""


class Items(Protocol):
    """What vectors hold, and the room that it is taken out to.

    size  bytes of one item in a basket
    """

    size: int

    def make_room(self, n_items: int) -> None:
        """For so many at most."""

    def take(self, data: Bytes, begins: Places, offsets: Offsets) -> None:
        """Those from offsets[i] to offsets[i + 1], of all, stand in `data` one after the other from begins[i] on."""


def cut(offsets: Offsets, part: slice) -> tuple[Offsets, slice]:
    """The offsets of some vectors, from 0, and which of all items are theirs."""
    own = offsets[part.start : part.stop + 1]
    first = int(own[0])
    return own - first if first else own, slice(first, int(own[-1]))


def take_singles(source: LocalFile, branch: Branch, items: Items, start: int, stop: int) -> slice:
    """One item per entry. Gives which of those taken are in [start, stop); raises `Damaged`."""
    baskets = find_baskets(source, branch, start, stop, FIXED)
    if np.any(baskets.table[:, 1] != baskets.table[:, 3] * items.size):
        raise Damaged(f"its entries do not have {items.size} bytes each")
    items.make_room(baskets.total_entries)
    first = 0
    for part in baskets.unpack():
        n_baskets = len(part.table)
        items.take(part.data, part.table[:, 0], baskets.edges[first : first + n_baskets + 1])
        first += n_baskets
    return _entries(baskets, start, stop)


def take_vectors(
    source: LocalFile, branch: Branch, items: Items, start: int, stop: int, *, header: int = VECTOR_HEADER
) -> tuple[Offsets, slice]:
    """A vector of items per entry; `header` is 0 for a member of a split vector.

    Gives the offsets of all vectors whose items were taken, and which of them are in [start, stop); raises `Damaged`.
    """
    baskets = find_baskets(source, branch, start, stop, header)
    offsets = _running(baskets.total_entries)
    items.make_room(_content(baskets, header) // items.size)
    for part in baskets.unpack():
        own = offsets[part.entries.start : part.entries.stop + 1]
        begins = np.empty(len(own) - 1, np.int64)
        _check(find_vectors(part.data, part.table, header, items.size, own, begins))
        items.take(part.data, begins, own)
    return offsets, _entries(baskets, start, stop)


def take_nested(
    source: LocalFile, branch: Branch, items: Items, start: int, stop: int
) -> tuple[Offsets, Offsets, slice]:
    """A vector of vectors of items per entry. Gives the offsets of both, and as `take_vectors`; raises `Damaged`."""
    baskets = find_baskets(source, branch, start, stop, VECTOR_HEADER)
    content = _content(baskets, VECTOR_HEADER)
    offsets, inner = _running(baskets.total_entries), _running(content // _COUNT)
    items.make_room(content // items.size)
    for part in baskets.unpack():
        own = offsets[part.entries.start : part.entries.stop + 1]
        begins = np.empty(len(part.data) // _COUNT, np.int64)
        _check(find_nested_vectors(part.data, part.table, VECTOR_HEADER, items.size, own, inner, begins))
        items.take(part.data, begins[: own[-1] - own[0]], inner[own[0] : own[-1] + 1])
    return offsets, inner[: offsets[-1] + 1], _entries(baskets, start, stop)


def take_deep(
    source: LocalFile, branch: Branch, items: Items, start: int, stop: int
) -> tuple[Offsets, Offsets, Offsets, slice]:
    """A vector of vectors of vectors of items per entry; as `take_nested`; raises `Damaged`."""
    baskets = find_baskets(source, branch, start, stop, VECTOR_HEADER)
    content = _content(baskets, VECTOR_HEADER)
    offsets = _running(baskets.total_entries)
    inner, innermost = _running(content // _COUNT), _running(content // _COUNT)
    items.make_room(content // items.size)
    for part in baskets.unpack():
        own = offsets[part.entries.start : part.entries.stop + 1]
        begins = np.empty(len(part.data) // _COUNT, np.int64)
        _check(find_deep_vectors(part.data, part.table, VECTOR_HEADER, items.size, own, inner, innermost, begins))
        first, last = inner[own[0]], inner[own[-1]]
        items.take(part.data, begins[: last - first], innermost[first : last + 1])
    inner = inner[: offsets[-1] + 1]
    return offsets, inner, innermost[: inner[-1] + 1], _entries(baskets, start, stop)


def _running(n_items: int) -> Offsets:
    """Room for a running number of so many items, from 0."""
    numbers = np.empty(n_items + 1, np.int64)
    numbers[0] = 0
    return numbers


def _entries(baskets: Baskets, start: int, stop: int) -> slice:
    return slice(start - baskets.first, stop - baskets.first)


def _content(baskets: Baskets, header: int) -> int:
    """Bytes of content without the headers of the entries."""
    return int(baskets.table[:, 1].sum()) - header * baskets.total_entries


def _check(found: bool) -> None:
    if not found:
        raise Damaged("the offsets, counts and sizes in a basket do not agree")
