"""Whether the columns that a tree is given are those of its branches. What does not fit is a bug of the caller."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from topcp_columnar.containers import Jagged

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

    from topcp_columnar.write.branch import Branch
    from topcp_columnar.write.segment import Column

_NAMES_SHOWN = 5


def checked_length(tree: str, branches: Mapping[str, Branch], columns: Mapping[str, Column]) -> int:
    """How many events all of the columns have. Raises ValueError where they do not fit branches or each other."""
    if columns.keys() != branches.keys():
        raise ValueError(f"tree {tree!r}: {_difference(columns.keys(), branches.keys())}")
    checked: set[int] = set()
    first, events = None, 0
    for name, branch in branches.items():
        length = _length(branch, columns[name], checked)
        if first is None:
            first, events = name, length
        elif length != events:
            raise ValueError(f"tree {tree!r}: {first!r} has {events} events, {name!r} has {length}")
    return events


def _length(branch: Branch, column: Column, checked: set[int]) -> int:
    """How many events the column has; `checked` holds the offsets that were checked before."""
    jagged = isinstance(column, Jagged)
    values = column.content if isinstance(column, Jagged) else column
    if jagged != branch.vector or values.dtype != branch.dtype or values.ndim != 1:
        raise ValueError(
            f"branch {branch.name!r}: takes {'a Jagged' if branch.vector else 'an array'} of {branch.dtype},"
            f" not {'a Jagged' if jagged else 'an array'} of {values.dtype} in {values.ndim} dimensions"
        )
    if not isinstance(column, Jagged):
        return len(column)
    if id(column.offsets) not in checked:
        _check_offsets(branch.name, column)
        checked.add(id(column.offsets))
    if column.offsets[-1] != len(values):
        raise ValueError(f"branch {branch.name!r}: offsets end at {column.offsets[-1]}, there are {len(values)} values")
    return len(column.offsets) - 1


def _check_offsets(name: str, column: Jagged) -> None:
    offsets = column.offsets
    if offsets.dtype != np.int64 or len(offsets) == 0 or offsets[0] != 0 or np.any(np.diff(offsets) < 0):
        raise ValueError(f"branch {name!r}: offsets must be int64, start at 0 and never decrease")


def _difference(given: AbstractSet[str], wanted: AbstractSet[str]) -> str:
    """Which names differ, a few of them."""
    sides = (("columns are missing:", wanted - given), ("no branches for columns:", given - wanted))
    return "; ".join(f"{what} {_some(names)}" for what, names in sides if names)


def _some(names: AbstractSet[str]) -> str:
    shown = ", ".join(sorted(names)[:_NAMES_SHOWN])
    return f"{shown} and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else shown
