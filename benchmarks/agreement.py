"""Whether two ntuples hold the same events and objects, selected alike: speed is compared of equal work only."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np
import uproot

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

_FLAG = re.compile(r"((?:\w+_)?(?:select|pass)_\w+?)_(?:NOSYS|\w+__1(?:up|down))")


class DifferentWork(Exception):  # noqa: N818  a finding, not an error
    """The ntuples differ; the message says in which branches."""


def passed(ours: Path, theirs: Path) -> dict[str, int]:
    """How many events there are, and how often each flag is set, nominally and under all variations; alike in both.

    Raises DifferentWork if a branch of `ours` is not in `theirs`, or has other numbers: flags and integers must be
    equal, floats within 1e-5.
    """
    different = []
    with uproot.open(ours) as file, uproot.open(theirs) as other:
        tree, their_tree = file["reco"], other["reco"]
        counts = Counter(events=tree.num_entries)
        for name, branch in tree.items():
            mine = branch.array()
            if name not in their_tree or not _are_equal(mine, their_tree[name].array()):
                different.append(name)
            elif flag := _FLAG.fullmatch(name):
                counts[flag[1]] += int(ak.sum(mine))
    if different:
        raise DifferentWork(f"{ours.name} and {theirs.name} differ in {', '.join(different)}")
    return dict(counts)


def _are_equal(mine: Any, theirs: Any) -> bool:
    if not np.array_equal(_counts(mine), _counts(theirs)):
        return False
    numbers, others = (ak.to_numpy(ak.flatten(column, axis=None)) for column in (mine, theirs))
    if numbers.dtype.kind == "f":
        return np.allclose(numbers, others, rtol=1e-5, atol=0, equal_nan=True)
    return np.array_equal(numbers, others)


def _counts(column: Any) -> npt.NDArray[np.int64]:
    """Of a vector the number of its objects in each event; else how many events there are."""
    return np.asarray(ak.num(column, axis=column.ndim - 1))
