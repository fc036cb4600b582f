"""A branch of an ntuple: its name and what it holds, and how ROOT names the types."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class BranchType:
    """How one numpy type is written.

    letter     the leaf's letter in ROOT's leaf lists: `pt/F`
    layout     the two numbers a leaf keeps of its range, in the letters of `struct`
    cpp        the C++ name of an element of std::vector. 64 bits are `long`, as ATLAS' int64_t is on Linux
    checksum   of the class std::vector<cpp>, as ROOT (6.32 and 6.40) writes it
    """

    letter: str
    layout: str
    cpp: str
    checksum: int


BRANCH_TYPES = {
    np.dtype(name): branch_type
    for name, branch_type in {
        "bool": BranchType("O", "??", "bool", 29929751),
        "int8": BranchType("B", "bb", "char", 29929535),
        "uint8": BranchType("b", "bb", "unsigned char", 728903898),
        "int16": BranchType("S", "hh", "short", 89793095),
        "uint16": BranchType("s", "hh", "unsigned short", 2186716184),
        "int32": BranchType("I", "ii", "int", 9976712),
        "uint32": BranchType("i", "ii", "unsigned int", 3106279697),
        "int64": BranchType("L", "qq", "long", 29930537),
        "uint64": BranchType("l", "qq", "unsigned long", 728904900),
        "float32": BranchType("F", "ff", "float", 89790107),
        "float64": BranchType("D", "dd", "double", 269370212),
    }.items()
}


@dataclass(frozen=True)
class Branch:
    """One branch: a number per event, or with `vector` a std::vector of numbers per event.

    `title` is what `TTree::Print` shows; empty, it is ROOT's own (`pt/F`, or the name). Raises ValueError for a type
    that ROOT has no leaf for.
    """

    name: str
    dtype: np.dtype[np.generic]
    vector: bool
    title: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "dtype", np.dtype(self.dtype))
        if self.dtype not in BRANCH_TYPES:
            raise ValueError(f"branch {self.name!r}: ROOT trees hold no {self.dtype}; they hold {_known()}")

    @property
    def type(self) -> BranchType:
        """How ROOT names what the branch holds."""
        return BRANCH_TYPES[self.dtype]


def _known() -> str:
    return ", ".join(map(str, BRANCH_TYPES))
