"""The record of a TTree, of which only what is asked for is parsed.

A file of PHYSLITE describes 1500 branches and more in a megabyte; a run reads some dozens of them. Every object in the
record says how long it is, so the others are stepped over.

Class versions: TTree 20, TBranch 13, TBranchElement 10 (ROOT since 6.12, of 2018; PHYSLITE is younger).
Source: ROOT, io/doc/TFile/ttree.md and dobject.md, and the class headers in tree/tree/inc.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from topcp_columnar.read.baskets import Branch
from topcp_columnar.read.faults import Damaged

_TREE_VERSION, _BRANCH_VERSION, _ELEMENT_VERSION = 20, 13, 10
_COUNT_MASK, _CLASS_MASK, _NEW_CLASS = 0x40000000, 0x80000000, 0xFFFFFFFF
_PLACE_OFFSET = 2  # TBufferFile's kMapOffset: places in the record are counted from 2 before its key
_IS_REFERENCED = 1 << 4  # TObject::kIsReferenced: two more bytes follow
_TREE_NUMBERS = struct.Struct(">5qd4iI6q")  # fEntries … fWeight, fTimerInterval …, fNClusterRange, fMaxEntries …
_BRANCH_NUMBERS, _BRANCH_SIZES = struct.Struct(">4iq"), struct.Struct(">iIi4q")
_ELEMENT_NUMBERS = struct.Struct(">IHiiii")  # fCheckSum fClassVersion fID fType fStreamerType fMaximum
_LEAF_NUMBERS = struct.Struct(">iii??I")  # fLen fLenType fOffset fIsRange fIsUnsigned fLeafCount
_LEAVES = {
    "TLeafB": "int8_t",
    "TLeafS": "int16_t",
    "TLeafI": "int32_t",
    "TLeafL": "int64_t",
    "TLeafF": "float",
    "TLeafD": "double",
    "TLeafO": "bool",
}

Numbers: TypeAlias = npt.NDArray[np.int64]
#: The C++ type of a member, by the name of its class and its number in it: the file's streamers know.
MemberType: TypeAlias = Callable[[str, int], str]


@dataclass(frozen=True, slots=True)
class Place:
    """A branch that was stepped over.

    class_name  of a TBranchElement, what it holds; empty for a TBranch
    start       where its members begin in the record
    branches    where the array of its own branches begins
    """

    name: str
    class_name: str
    start: int
    branches: int


class TreeRecord:
    """The bytes of a TTree, uncompressed. Every method raises `Damaged` where they are not as they should be."""

    def __init__(self, record: bytes, key_length: int, member_type: MemberType) -> None:
        self._bytes, self._key_length, self._member_type = record, key_length, member_type
        with _parsing():
            start, _ = self._versioned(0, _TREE_VERSION, "TTree")
            for _ in ("TNamed", "TAttLine", "TAttFill", "TAttMarker"):
                start = self._end(start)
            numbers = _TREE_NUMBERS.unpack_from(record, start)
            self.n_entries, n_ranges = int(numbers[0]), int(numbers[10])
            start += _TREE_NUMBERS.size + 2 * (1 + 8 * n_ranges)  # of each cluster range its last event, and its size
            self._branches = self._end(start)  # behind fIOFeatures

    def branches(self) -> list[Place]:
        """The branches of the tree, in order."""
        with _parsing():
            return self._places(self._branches)

    def branches_of(self, parent: Place) -> list[Place]:
        """The branches of a branch, in order."""
        with _parsing():
            return self._places(parent.branches)

    def describe(self, place: Place) -> Branch:
        """Type and baskets of a branch, and of those below it."""
        with _parsing():
            return self._describe(place)

    # The parts of a branch

    def _places(self, start: int) -> list[Place]:
        return [self._place(class_name, begin) for class_name, begin in self._array(start)]

    def _place(self, class_name: str, start: int) -> Place:
        if class_name not in ("TBranch", "TBranchElement"):
            raise Damaged(f"it has a branch of the class {class_name}")
        base, content = start, ""
        if class_name == "TBranchElement":
            base, _ = self._versioned(start, _ELEMENT_VERSION, class_name)
            content, _ = self._text(self._end(base))
        members, _ = self._versioned(base, _BRANCH_VERSION, "TBranch")
        name, _ = self._text(self._object_end(self._versioned(members, None, "TNamed")[0]))
        return Place(name, content, start, self._after_sizes(members))

    def _after_features(self, members: int) -> int:
        """Where fOffset stands: behind TNamed, TAttFill, five numbers and fIOFeatures."""
        return self._end(self._end(self._end(members)) + _BRANCH_NUMBERS.size)

    def _after_sizes(self, members: int) -> int:
        return self._after_features(members) + _BRANCH_SIZES.size

    def _describe(self, place: Place, *, is_member: bool = False) -> Branch:
        """As `describe`; of a member of a split class, which is read for what the class is, without its type."""
        base = self._versioned(place.start, None, "TBranchElement")[0] if place.class_name else place.start
        members, end = self._versioned(base, _BRANCH_VERSION, "TBranch")
        numbers = self._end(self._end(members))
        n_baskets = int(_BRANCH_NUMBERS.unpack_from(self._bytes, numbers)[3])
        room = _BRANCH_SIZES.unpack_from(self._bytes, self._after_features(members))[1]
        leaves = self._end(place.branches)
        type_name = place.class_name if is_member else self._type(place, end, leaves)
        sizes, at = self._numbers(self._end(self._end(leaves)), ">i4", room)
        firsts, at = self._numbers(at, ">i8", room)
        seeks, _ = self._numbers(at, ">i8", room)
        return Branch(
            type_name,
            seeks[:n_baskets],
            sizes[:n_baskets],
            self._edges(firsts, n_baskets),
            {
                _member_name(below, place): self._describe(below, is_member=True)
                for below in self._places(place.branches)
            },
        )

    def _edges(self, firsts: Numbers, n_baskets: int) -> Numbers:
        """First entry of each basket, then the number of entries."""
        if not n_baskets:
            return np.zeros(1, np.int64)
        if not 0 < n_baskets < len(firsts):
            raise Damaged("it has more baskets than places for them")
        edges = firsts[: n_baskets + 1]
        if edges[0] != 0 or np.any(np.diff(edges) < 0):
            raise Damaged("its baskets do not follow one another")
        if edges[-1] != self.n_entries:
            raise Damaged(f"it has {edges[-1]} entries, the tree has {self.n_entries}")
        return edges

    def _type(self, place: Place, end: int, leaves: int) -> str:
        return self._element_type(end) if place.class_name else self._leaf_type(leaves)

    def _element_type(self, start: int) -> str:
        """The type of a TBranchElement, whose own members begin there: its class, or that of a member of it."""
        class_name, at = self._text(start)
        for _ in ("fParentName", "fClonesName"):
            _, at = self._text(at)
        number = int(_ELEMENT_NUMBERS.unpack_from(self._bytes, at)[2])
        return class_name if number < 0 else self._member_type(class_name, number)

    def _leaf_type(self, leaves: int) -> str:
        types = [self._type_of_leaf(class_name, start) for class_name, start in self._array(leaves)]
        return types[0] if len(types) == 1 else f"struct of {len(types)} leaves"

    def _type_of_leaf(self, class_name: str, start: int) -> str:
        members, _ = self._versioned(self._versioned(start, None, class_name)[0], None, "TLeaf")
        length, _, _, _, unsigned, counter = _LEAF_NUMBERS.unpack_from(self._bytes, self._end(members))
        number = ("u" if unsigned else "") + _LEAVES.get(class_name, class_name)
        return number if length == 1 and not counter else f"{number}[]"

    # The grammar of records

    def _array(self, start: int) -> Iterator[tuple[str, int]]:
        """Of each object in a TObjArray: its class, and where its members begin."""
        at, _ = self._versioned(start, None, "TObjArray")
        _, at = self._text(self._object_end(at))
        (length,) = struct.unpack_from(">i", self._bytes, at)
        at += 8
        for _ in range(length):
            count, tag = struct.unpack_from(">II", self._bytes, at)
            if not count & _COUNT_MASK:
                raise Damaged("its record refers to an object elsewhere")
            yield self._class_name(at + 4, tag)
            at += 4 + (count & ~_COUNT_MASK)

    def _class_name(self, at: int, tag: int) -> tuple[str, int]:
        """The class that stands there, in full or as the place where it stood first; and where the object begins."""
        if tag == _NEW_CLASS:
            end = self._bytes.index(b"\0", at)
            return self._bytes[at + 4 : end].decode(), end + 1
        first = (tag & ~_CLASS_MASK) - _PLACE_OFFSET - self._key_length
        if not tag & _CLASS_MASK or not 0 <= first < at:
            raise Damaged("its record names a class in no known way")
        if struct.unpack_from(">I", self._bytes, first)[0] != _NEW_CLASS:
            raise Damaged("its record names a class that is not there")
        return self._class_name(first, _NEW_CLASS)[0], at + 4

    def _versioned(self, start: int, version: int | None, class_name: str) -> tuple[int, int]:
        """Where the members of an object with a byte count begin, and where they end."""
        count, found = struct.unpack_from(">IH", self._bytes, start)
        if not count & _COUNT_MASK:
            raise Damaged(f"a {class_name} has no byte count")
        if version is not None and found != version:
            raise Damaged(f"it has a {class_name} of version {found}; known is {version}")
        return start + 6, start + 4 + (count & ~_COUNT_MASK)

    def _end(self, start: int) -> int:
        """Where the object with a byte count ends."""
        return self._versioned(start, None, "object")[1]

    def _object_end(self, start: int) -> int:
        """Where a TObject, which has no byte count, ends."""
        (bits,) = struct.unpack_from(">I", self._bytes, start + 6)
        return start + (12 if bits & _IS_REFERENCED else 10)

    def _text(self, start: int) -> tuple[str, int]:
        """A TString, and where it ends."""
        length, begin = self._bytes[start], start + 1
        if length == 255:
            (length,) = struct.unpack_from(">i", self._bytes, begin)
            begin += 4
        return self._bytes[begin : begin + length].decode(), begin + length

    def _numbers(self, start: int, kind: str, length: int) -> tuple[Numbers, int]:
        """An array behind a pointer, which is marked by one byte; and where it ends."""
        if not self._bytes[start]:
            return np.empty(0, np.int64), start + 1
        numbers = np.frombuffer(self._bytes, kind, length, start + 1).astype(np.int64)
        return numbers, start + 1 + length * np.dtype(kind).itemsize


@contextmanager
def _parsing() -> Iterator[None]:
    """Turn what parsing trips over into `Damaged`."""
    try:
        yield
    except (struct.error, IndexError, ValueError, RecursionError) as tripped:
        raise Damaged(f"the record of the tree does not parse ({tripped})") from tripped


def _member_name(member: Place, parent: Place) -> str:
    """Name within the split class; empty for a base class kept whole, which repeats the branch's name."""
    return member.name.removeprefix(parent.name).lstrip(".")
