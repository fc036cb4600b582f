"""What ROOT itself makes of the files: it is the reader that TopCPToolkit's ntuples are made for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import uproot
from topcp_columnar.containers import Jagged
from topcp_columnar.write import Branch, Histogram, NtupleFile

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Columns, Root

CPP = {  # numpy type -> C++ element type, and ROOT's name of a plain leaf
    "bool": ("bool", "Bool_t"),
    "int8": ("char", "Char_t"),
    "uint8": ("unsigned char", "UChar_t"),
    "int16": ("short", "Short_t"),
    "uint16": ("unsigned short", "UShort_t"),
    "int32": ("int", "Int_t"),
    "uint32": ("unsigned int", "UInt_t"),
    "int64": ("long", "Long64_t"),
    "uint64": ("unsigned long", "ULong64_t"),
    "float32": ("float", "Float_t"),
    "float64": ("double", "Double_t"),
}


def write(path: Path, columns: Columns, name: str = "reco") -> Path:
    with NtupleFile(path) as out:
        out.tree(name, columns.branches, "title of the tree").extend(columns.values)
    return path


@pytest.mark.parametrize("events", [0, 1, 300])
def test_root_reads_every_type_back_event_by_event(
    tmp_path: Path, every_type: Callable[[int], Columns], root: Root, events: int
) -> None:
    columns = every_type(events)
    found = root("read", write(tmp_path / "all.root", columns))
    assert found == {
        "zombie": False,
        "recovered": False,
        "objects": {"reco": "TTree"},
        "trees": {"reco": columns.as_lists()},
    }


def test_rdataframe_sees_vectors_and_plain_numbers_of_the_types_asked_for(
    tmp_path: Path, every_type: Callable[[int], Columns], root: Root
) -> None:
    columns = every_type(300)
    summed = ["vector_float32", "vector_int8", "scalar_float64"]
    found = root("columns", write(tmp_path / "all.root", columns), "reco", *summed)
    vectors = {f"vector_{dtype}": f"ROOT::VecOps::RVec<{cpp}>" for dtype, (cpp, _) in CPP.items()}
    scalars = {f"scalar_{dtype}": leaf for dtype, (_, leaf) in CPP.items()}
    assert found["types"] == vectors | scalars
    assert found["entries"] == 300
    totals = [sum(columns.values[name].content.tolist()) for name in summed[:2]]
    totals += [sum(columns.values["scalar_float64"].tolist())]
    assert [found["sums"][name] for name in summed] == pytest.approx(totals)


def test_many_baskets_are_clusters_that_root_knows(
    tmp_path: Path, every_type: Callable[[int], Columns], root: Root, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("topcp_columnar.write.cluster._CLUSTER_BYTES", 50_000)
    columns = every_type(3000)
    path = write(tmp_path / "many.root", columns)
    edges = uproot.open(path)["reco"]["vector_float32"].member("fBasketEntry")
    starts = root("clusters", path, "reco")
    assert len(starts) > 5
    assert starts == edges[: len(starts)].tolist()
    assert root("read", path)["trees"]["reco"] == columns.as_lists()


def test_fifteen_hundred_branches_and_several_trees_live_in_one_file(tmp_path: Path, root: Root) -> None:
    offsets = np.array([0, 2, 2, 5])
    branches = [Branch(f"jet_pt_JET_variation_{number}__1up", np.dtype("f4"), vector=True) for number in range(1500)]
    columns = {b.name: Jagged(offsets, np.arange(5, dtype="f4") + n) for n, b in enumerate(branches)}
    with NtupleFile(tmp_path / "wide.root") as out:
        wide, empty = out.tree("reco", branches), out.tree("particleLevel", branches[:3])
        truth = out.tree("truth", [Branch("weight", np.dtype("f8"), vector=False)])
        out.histogram(Histogram("metadata", "metadata", np.array([1], np.int32), labels=("mc20a",)))
        wide.extend(columns)
        truth.extend({"weight": np.array([1.5])})
    found = root("read", tmp_path / "wide.root")
    assert empty.entries == 0
    assert found["trees"]["truth"] == {"weight": [1.5]}
    assert found["trees"]["particleLevel"] == {branch.name: [] for branch in branches[:3]}
    assert found["trees"]["reco"] == {
        name: [[0.0 + n, 1.0 + n], [], [2.0 + n, 3.0 + n, 4.0 + n]] for n, name in enumerate(columns)
    }


def test_hadd_of_two_files_is_their_sum(tmp_path: Path, every_type: Callable[[int], Columns], root: Root) -> None:
    parts = [every_type(200), every_type(70)]
    for number, part in enumerate(parts):
        with NtupleFile(tmp_path / f"{number}.root") as out:
            out.histogram(Histogram("sums", "", np.array([1, 20, 300], "f4") * (1 + number), labels=("n", "w", "w2")))
            out.tree("reco", part.branches).extend(part.values)
            out.tree("empty", part.branches)
    found = root("merge", tmp_path / "sum.root", tmp_path / "0.root", tmp_path / "1.root")
    first, second = (part.as_lists() for part in parts)
    assert found["trees"]["reco"] == {name: first[name] + second[name] for name in first}
    assert found["trees"]["empty"] == {name: [] for name in first}
    assert found["histograms"]["sums"]["values"] == [0, 3, 60, 900, 0]
    assert found["histograms"]["sums"]["labels"] == ["n", "w", "w2"]


def test_root_can_add_to_a_finished_file(tmp_path: Path, every_type: Callable[[int], Columns], root: Root) -> None:
    columns = every_type(20)
    found = root("add_to", write(tmp_path / "more.root", columns))
    assert found["objects"] == {"reco": "TTree", "added": "TH1F"}
    assert found["trees"]["reco"] == columns.as_lists()


def test_places_beyond_four_gigabytes_are_reached(
    tmp_path: Path, every_type: Callable[[int], Columns], root: Root
) -> None:
    columns = every_type(20)
    with NtupleFile(tmp_path / "large.root") as out:
        out._file.position = out._file._stream.seek(5_000_000_000)  # a hole: the file takes little of the disk
        out.tree("reco", columns.branches).extend(columns.values)
    found = root("read", tmp_path / "large.root")
    assert (found["zombie"], found["recovered"]) == (False, False)
    assert found["trees"]["reco"] == columns.as_lists()


@pytest.fixture(scope="module")
def roots_own(tmp_path_factory: pytest.TempPathFactory, root: Root) -> Path:
    path = tmp_path_factory.mktemp("root") / "roots_own.root"
    root("write", path)
    return path


def test_branches_describe_themselves_as_those_that_root_writes(
    tmp_path: Path, every_type: Callable[[int], Columns], roots_own: Path
) -> None:
    ours, theirs = uproot.open(write(tmp_path / "ours.root", every_type(1)))["reco"], uproot.open(roots_own)["tree"]
    assert {branch.name: _description(branch) for branch in ours.branches} == {
        branch.name: _description(branch) for branch in theirs.branches
    }


def _description(branch: Any) -> dict[str, Any]:
    """All that does not depend on what the branch is filled with."""
    (leaf,) = branch.member("fLeaves")
    members = ["fTitle", "fOffset", "fSplitLevel", "fFirstEntry", "fFillColor", "fFillStyle", "fCompress"]
    if branch.classname == "TBranchElement":
        members += ["fClassName", "fParentName", "fClonesName", "fCheckSum", "fClassVersion", "fID", "fType"]
        members += ["fStreamerType", "fMaximum", "fBranchCount", "fBranchCount2"]
    return {"class": branch.classname, "type": branch.typename, "leaf": leaf.classname} | {
        name: str(source.member(name))
        for source, names in ((branch, members), (leaf, [n for n in leaf.all_members if n[0] != "@"]))
        for name in names
    }


def test_classes_are_described_as_root_describes_them(
    tmp_path: Path, every_type: Callable[[int], Columns], roots_own: Path
) -> None:
    ours = _classes(write(tmp_path / "ours.root", every_type(1)))
    theirs = _classes(roots_own)
    newer = {("TAttMarker", 3)}  # what is written is version 2, as in releases up to 6.32
    assert {key: ours.get(key) for key in theirs.keys() - newer} == {key: theirs[key] for key in theirs.keys() - newer}
    assert ("TAttMarker", 2) in ours


def _classes(path: Path) -> dict[tuple[str, int], Any]:
    return {
        (name, version): (info.member("fCheckSum"), [_element(element) for element in info.elements])
        for name, versions in uproot.open(path).file.streamers.items()
        for version, info in versions.items()
    }


def _element(element: Any) -> tuple[Any, ...]:
    return element.classname, element.name, element.typename, element.member("fType"), element.member("fArrayDim")
