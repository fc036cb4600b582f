"""The part of altered.py that needs ROOT; a process of its own. Reads its job, as JSON, from standard input."""

from __future__ import annotations

import json
import sys
import warnings
from typing import Any

import numpy as np

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the wheel announces that it is an alpha release
    import ROOT

LEAVES = {"int8_t": "B", "uint8_t": "b", "int32_t": "I", "uint32_t": "i", "float": "F"}
DTYPES = {"B": "i1", "b": "u1", "I": "i4", "i": "u4", "F": "f4"}


def main() -> None:
    """Copy the tree with some branches left out, then add those that have new values."""
    job = json.load(sys.stdin)
    source = ROOT.TFile.Open(job["source"])
    tree = source.Get("CollectionTree")
    for name in [*job["dropped"], *job["changes"]]:
        tree.SetBranchStatus(name, False)
    target = ROOT.TFile(job["target"], "RECREATE")
    copy = tree.CloneTree(-1, "fast")
    for name, (kind, values) in job["changes"].items():
        if kind.startswith("std::vector"):
            _add_vector(copy, name, kind, values)
        else:
            _add_scalar(copy, name, kind, values)
    copy.Write("", ROOT.TObject.kOverwrite)
    target.Close()


def _add_vector(tree: Any, name: str, kind: str, values: list[Any]) -> None:
    vector = getattr(ROOT, kind)()
    branch = tree.Branch(name, vector)
    for entry in values:
        _assign(vector, entry)
        branch.Fill()


def _assign(vector: Any, values: list[Any]) -> None:
    vector.clear()
    for value in values:
        if isinstance(value, list):
            vector.emplace_back()
            _assign(vector.back(), value)
        else:
            vector.push_back(value)


def _add_scalar(tree: Any, name: str, kind: str, values: list[float]) -> None:
    leaf = LEAVES[kind]
    scalar = np.zeros(1, DTYPES[leaf])
    branch = tree.Branch(name, scalar, f"{name.rsplit('.', maxsplit=1)[-1]}/{leaf}")
    for value in values:
        scalar[0] = value
        branch.Fill()


if __name__ == "__main__":
    ROOT.gErrorIgnoreLevel = ROOT.kError  # the classes of xAOD have no dictionary here, and need none
    main()
