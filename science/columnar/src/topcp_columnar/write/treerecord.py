"""The record of a TTree: itself, its branches with the places of their baskets, their leaves.

Class versions: TTree 20, TBranch 13, TBranchElement 10, TLeaf 2, TLeafElement and TLeafF, TLeafI, … 1. What no caller
can choose is as in a ROOT tree with default settings. Every branch has one basket per cluster.
Source: ROOT, io/doc/TFile/ttree.md and the class headers in tree/tree/inc.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from typing import TYPE_CHECKING

from topcp_columnar.write.basket import ENTRY_OFFSETS
from topcp_columnar.write.compression import COMPRESSION_SETTING
from topcp_columnar.write.record import Record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from topcp_columnar.write.branch import Branch

_MUST_CLEANUP = 1 << 3  # TObject::kMustCleanup
_NO_BUFFER_MAP = 1 << 22  # TBranch::kDoNotUseBufferMap
_NULL = 0  # of a pointer, and the length of an empty array
_PRESENT = 1  # before an array behind a pointer
_MANY = 1_000_000_000_000  # default of fMaxEntries and fMaxEntryLoop
_AUTO_FLUSH = -30_000_000  # default of fAutoFlush, for a tree without clusters
_ROOM = 10  # baskets that ROOT keeps room for at least
_SPLIT_LEVEL = 99  # default of TTree::Branch for an object
_BASKET_SIZE = 32_000  # default of fBasketSize
_IO_FEATURES = 0x1AA12F10  # checksum of ROOT::TIOFeatures, which has no version


@dataclass(frozen=True)
class PlacedCluster:
    """Some events of the tree in the file, a basket for each branch: by branch where it is, how long there, and raw.

    Lengths are in bytes, with keys.
    """

    events: int
    places: Sequence[int]
    lengths: Sequence[int]
    raw: Sequence[int]


@dataclass(frozen=True)
class _Baskets:
    """Where the baskets of a branch are, one for each cluster."""

    firsts: Sequence[int]  # event of each basket, and how many events there are
    places: Sequence[int]
    lengths: Sequence[int]
    raw_bytes: int

    @property
    def stored_bytes(self) -> int:
        """Compressed size, keys included; `raw_bytes` is the same before compression."""
        return sum(self.lengths)


def tree_record(
    name: str, title: str, branches: Sequence[Branch], clusters: Sequence[PlacedCluster], key_length: int
) -> bytes:
    """The record of a tree whose events come in `clusters`, for a key of `key_length` bytes."""
    record, events = Record(key_length), [cluster.events for cluster in clusters]
    baskets = _baskets_by_branch(len(branches), clusters)
    with record.versioned(20):
        record.named(name, title, _MUST_CLEANUP)
        _line_fill_marker(record)
        _totals(record, baskets, events)
        with record.array(len(branches)):
            leaves = [_branch(record, *each) for each in zip(branches, baskets, strict=True)]
        with record.array(len(leaves)):
            record.pack(f"{len(leaves)}I", *leaves)
        record.pack("7I", *[_NULL] * 7)  # aliases, index values, index, tree index, friends, user info, branch refs
    return bytes(record)


def _baskets_by_branch(n_branches: int, clusters: Sequence[PlacedCluster]) -> list[_Baskets]:
    firsts = list(accumulate((cluster.events for cluster in clusters), initial=0))
    return [
        _Baskets(
            firsts,
            [cluster.places[n] for cluster in clusters],
            [cluster.lengths[n] for cluster in clusters],
            sum(cluster.raw[n] for cluster in clusters),
        )
        for n in range(n_branches)
    ]


def _totals(record: Record, branches: Sequence[_Baskets], clusters: Sequence[int]) -> None:
    raw, stored = sum(b.raw_bytes for b in branches), sum(b.stored_bytes for b in branches)
    flush = clusters[-1] if clusters else _AUTO_FLUSH
    record.pack("5qd", sum(clusters), raw, stored, 0, stored, 1.0)  # entries, bytes, saved, flushed, weight
    record.pack("4iI", 0, 25, 0, ENTRY_OFFSETS, max(0, len(clusters) - 1))  # timer, scan field, update
    record.pack("6q", _MANY, _MANY, 0, -300_000_000, flush, 1_000_000)  # virtual size, auto save, flush, estimate
    _numbers(record, "q", [stop - 1 for stop in accumulate(clusters[:-1])])  # last event of each range …
    _numbers(record, "q", clusters[:-1])  # … and size of its clusters; those behind the last range have `flush` events
    record.raw(_io_features())


def _branch(record: Record, branch: Branch, baskets: _Baskets) -> int:
    """A branch behind a pointer. Gives the place of its leaf, which the tree lists once more."""
    if not branch.vector:
        with record.pointed("TBranch"):
            return _branch_base(record, branch, baskets)
    with record.pointed("TBranchElement"), record.versioned(10):
        leaf = _branch_base(record, branch, baskets)
        for text in (f"vector<{branch.type.cpp}>", "", ""):  # class, parent, clones
            record.text(text)
        record.pack("IHiiii", branch.type.checksum, 6, -1, 0, -1, 0)  # class version, ID, type, streamer, maximum
        record.pack("2I", _NULL, _NULL)  # branch counts
    return leaf


def _branch_base(record: Record, branch: Branch, baskets: _Baskets) -> int:
    number, entries = len(baskets.places), baskets.firsts[-1]
    with record.versioned(13):
        record.named(branch.name, branch.title or _default_title(branch), _NO_BUFFER_MAP)
        record.raw(_fill())
        offsets = ENTRY_OFFSETS if branch.vector else 0
        record.pack("4iq", COMPRESSION_SETTING, _BASKET_SIZE, offsets, number, entries)
        record.raw(_io_features())
        room, split_level = max(_ROOM, number + 1), _SPLIT_LEVEL if branch.vector else 0
        record.pack("iIi4q", 0, room, split_level, entries, 0, baskets.raw_bytes, baskets.stored_bytes)
        record.raw(_empty_array())  # branches
        with record.array(1):
            leaf = _leaf(record, branch)
        record.raw(_empty_array())  # baskets kept in memory
        _numbers(record, "i", baskets.lengths, room)
        _numbers(record, "q", baskets.firsts, room)
        _numbers(record, "q", baskets.places, room)
        record.text("")  # the baskets are in this file
    return leaf


def _leaf(record: Record, branch: Branch) -> int:
    """The branch's leaf behind a pointer. Gives its place."""
    unsigned = branch.dtype.kind == "u"
    if branch.vector:
        with record.pointed("TLeafElement") as place, record.versioned(1):
            _leaf_base(record, branch.name, 0, unsigned=False)
            record.pack("ii", -1, -1)  # ID, type
        return place
    with record.pointed(f"TLeaf{branch.type.letter.upper()}") as place, record.versioned(1):
        _leaf_base(record, branch.name, branch.dtype.itemsize, unsigned=unsigned)
        record.pack(branch.type.layout, 0, 0)
    return place


def _leaf_base(record: Record, name: str, size: int, *, unsigned: bool) -> None:
    with record.versioned(2):
        record.named(name, name)
        record.pack("iii??I", 1, size, 0, False, unsigned, _NULL)  # length, offset, no range, no count


def _default_title(branch: Branch) -> str:
    return branch.name if branch.vector else f"{branch.name}/{branch.type.letter}"


def _line_fill_marker(record: Record) -> None:
    with record.versioned(2):
        record.pack("hhh", 602, 1, 1)
    record.raw(_fill())
    with record.versioned(2):
        record.pack("hhf", 1, 1, 1.0)


@cache
def _fill() -> bytes:
    record = Record()
    with record.versioned(2):
        record.pack("hh", 0, 1001)
    return bytes(record)


@cache
def _io_features() -> bytes:
    record = Record()
    with record.versioned(0):
        record.pack("IB", _IO_FEATURES, 0)
    return bytes(record)


@cache
def _empty_array() -> bytes:
    record = Record()
    with record.array(0):
        pass
    return bytes(record)


def _numbers(record: Record, letter: str, numbers: Sequence[int], room: int | None = None) -> None:
    """An array of integers behind a pointer, filled up with 0 to `room`."""
    room = len(numbers) if room is None else room
    record.pack(f"B{room}{letter}", _PRESENT if room else _NULL, *numbers, *[0] * (room - len(numbers)))
