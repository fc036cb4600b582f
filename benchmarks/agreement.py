"""Whether two ntuples hold the same events and objects, selected alike: speed is compared of equal work only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np
import uproot

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt


class DifferentWork(Exception):  # noqa: N818  a finding, not an error
    """The ntuples differ; the message says in which branches."""


def selected_objects(ours: Path, theirs: Path) -> dict[str, int]:
    """How many events there are, and for how many objects each flag is set; the same in both ntuples.

    Raises DifferentWork if a branch of `ours` is not in `theirs`, or has other numbers: flags and integers must be
    equal, floats within 1e-5.
    """
    with uproot.open(ours) as file, uproot.open(theirs) as other:
        trees = file["reco"], other["reco"]
        mine, others = ({name: branch.array() for name, branch in tree.items()} for tree in trees)
    if different := [name for name in mine if name not in others or not _are_equal(mine[name], others[name])]:
        raise DifferentWork(f"{ours.name} and {theirs.name} differ in {', '.join(different)}")
    flags = {name: int(ak.sum(column)) for name, column in mine.items() if "select" in name}
    return {"events": len(mine["eventNumber"])} | flags


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
