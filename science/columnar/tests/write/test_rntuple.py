"""Output as RNTuple: the same columns, histograms and texts as with trees, as ROOT and uproot read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import uproot
from topcp_columnar.write import Branch, Histogram, NtupleFile, OutputFile, RNTupleFile

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Columns, Root


def test_every_type_is_read_back_event_by_event_by_root_and_uproot(
    tmp_path: Path, every_type: Callable[[int], Columns], root: Root
) -> None:
    parts = [every_type(events) for events in (40, 0, 7, 100)]
    with RNTupleFile(tmp_path / "parts.root") as out:
        ntuple = out.tree("reco", parts[0].branches)
        for part in parts:
            ntuple.extend(part.values)
    together = {name: [x for part in parts for x in part.as_lists()[name]] for name in parts[0].values}
    assert root("fields", tmp_path / "parts.root", "reco", *together) == together
    with uproot.open(tmp_path / "parts.root") as file:
        assert {name: file["reco"][name].array().to_list() for name in together} == together


def test_without_events_all_fields_are_there(tmp_path: Path, every_type: Callable[[int], Columns]) -> None:
    columns = every_type(0)
    with RNTupleFile(tmp_path / "empty.root") as out:
        out.tree("reco", columns.branches).extend(columns.values)
    with uproot.open(tmp_path / "empty.root") as file:
        assert file["reco"].num_entries == 0
        assert set(columns.values) <= {field.field_name for field in file["reco"].field_records}


def test_histograms_and_texts_are_those_of_a_file_of_trees(tmp_path: Path, root: Root) -> None:
    labels = ("Initial events", "b", "c")
    found = []
    for number, kind in enumerate[type[OutputFile]]((NtupleFile, RNTupleFile)):
        path = tmp_path / f"{number}.root"
        with kind(path) as out:
            out.histogram(Histogram("sums", "title", np.array([1, 2, 3.5], "f4"), labels, sumw2=np.ones(3)))
            out.histogram(Histogram("counts", "", np.array([4], "i4"), edges=np.array([1.0, 5.0])))
            out.text("report", "{}\n" * 50_000)
        with uproot.open(path) as file:
            found.append((root("histograms", path), str(file["report"]), file.classnames()))
    assert found[0] == found[1]


def test_what_is_approximate_stands_in_the_description(tmp_path: Path) -> None:
    branches = [
        Branch("a", np.dtype("f4"), vector=False, title="approximate: a guess"),
        Branch("b", np.dtype("f4"), vector=True),
    ]
    with RNTupleFile(tmp_path / "out.root") as out:
        out.tree("reco", branches)
    with uproot.open(tmp_path / "out.root") as file:
        assert file["reco"].header.ntuple_description.endswith(": a")


@pytest.mark.parametrize("columns", [{}, {"weight": np.zeros(2, "f4")}, {"weight": np.zeros(2), "other": np.zeros(2)}])
def test_columns_that_do_not_fit_are_a_bug_of_the_caller(tmp_path: Path, columns: dict[str, np.ndarray]) -> None:
    with RNTupleFile(tmp_path / "out.root") as out:
        ntuple = out.tree("reco", [Branch("weight", np.dtype("f8"), vector=False)])
        with pytest.raises(ValueError, match=r"reco|weight"):
            ntuple.extend(columns)
        for names in ([], ["weight", "weight"]):
            with pytest.raises(ValueError, match="of its own"):
                out.tree(f"tree{len(names)}", [Branch(name, np.dtype("f8"), vector=False) for name in names])
        with pytest.raises(ValueError, match="already"):
            out.text("reco", "")
