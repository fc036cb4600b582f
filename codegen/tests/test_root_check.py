"""A ROOT file is whole or it is not: the script's own reader against uproot, and against files from ROOT itself."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
import uproot
from hypothesis import given
from hypothesis import strategies as st
from topcp_codegen.pod.pod_root import NotWhole, RootFile

BY_ROOT = """
    import os, sys, warnings
    warnings.simplefilter("ignore")
    import ROOT
    os.chdir(sys.argv[1])

    def create(name):
        return ROOT.TFile(name, "RECREATE")

    def histogram():
        made = ROOT.TH1F("h", "h", 1000, 0, 1)
        made.FillRandom("gaus")
        made.Write()

    file = create("whole.root"); histogram(); file.Close()
    file = create("empty.root"); file.Close()
    file = create("longer.root"); histogram(); file.Close()
    file = ROOT.TFile("longer.root", "UPDATE"); file.Delete("h;*"); ROOT.TNamed("a", "b").Write(); file.Close()
    file = create("beyond_2GB.root")
    free = file.GetListOfFree().At(0); free.SetFirst(3_000_000_000); free.SetLast(4_000_000_000_000)
    file.SetEND(3_000_000_000); ROOT.TNamed("a", "b").Write(); file.Close()
    for algorithm in range(1, 6):
        file = create(f"packed_{algorithm}.root"); file.SetCompressionSettings(100 * algorithm + 5)
        tree = ROOT.TTree("reco", "of a title " + "x" * 300)
        from array import array
        number = array("f", [0.0])
        for leaf in range(20): tree.Branch(f"leaf{leaf}", number, f"leaf{leaf}/F")
        for entry in range(1234): tree.Fill()
        tree.Write(); tree.Write(); histogram()
        count = ROOT.TH1D("EventLoop_EventCount", "n", 30, 0, 30); count.Fill(0.5, 1234); count.Fill(29.5, 17)
        count.Write(); ROOT.gDirectory.mkdir("folder"); file.Close()

    file = create("not_closed.root"); histogram(); file.Flush()
    os._exit(0)
"""


def accepted(path: Path) -> bool:
    with path.open("rb") as file:
        try:
            return bool(RootFile(file).keys)
        except NotWhole:
            return False


@pytest.fixture(scope="session")
def good(tmp_path_factory) -> bytes:
    path = tmp_path_factory.mktemp("good") / "good.root"
    with uproot.recreate(path) as file:
        file.mktree("reco", {"el_pt_NOSYS": "float64"})
        file["reco"].extend({"el_pt_NOSYS": [1.0, 2.0, 3.0]})
    return path.read_bytes()


@pytest.fixture(scope="session")
def by_root(tmp_path_factory, cern_root) -> Path:
    folder = tmp_path_factory.mktemp("by_root")
    subprocess.run([sys.executable, "-c", textwrap.dedent(BY_ROOT), folder], check=True)
    return folder


@pytest.mark.parametrize("name", ["whole", "longer", "beyond_2GB"])
def test_what_root_closed_is_whole(by_root, name):
    assert accepted(by_root / f"{name}.root")


@pytest.mark.parametrize("name", ["empty", "not_closed"])
def test_what_root_did_not_fill_or_close_is_not(by_root, name):
    assert (by_root / f"{name}.root").stat().st_size > 0
    assert not accepted(by_root / f"{name}.root")


@pytest.mark.parametrize("algorithm", [1, 2, 5])
def test_what_root_packed_with_zlib_lzma_or_zstandard_is_read(by_root, algorithm):
    with (by_root / f"packed_{algorithm}.root").open("rb") as opened:
        file = RootFile(opened)
        assert {key.name: key.kind for key in file.keys.values()} == {
            "reco": "TTree", "h": "TH1F", "EventLoop_EventCount": "TH1D", "folder": "TDirectory",
        }  # fmt: skip
        assert file.entries(file.keys["reco"]) == 1234
        bins = file.bins(file.keys["EventLoop_EventCount"])
        assert (len(bins), bins[1], bins[-2]) == (32, 1234, 17)
        assert file.bins(file.keys["h"]) == []
        assert file.entries(file.keys["h"]) is None


def test_what_is_packed_otherwise_is_not_known_and_no_failure(by_root):
    with (by_root / "packed_4.root").open("rb") as opened:  # LZ4
        file = RootFile(opened)
        assert "reco" in file.keys
        assert file.entries(file.keys["reco"]) is None


def test_what_is_packed_in_several_blocks_is_read(tmp_path):
    """ROOT packs at most 16 MiB - 1 into a block (R__zipMultipleAlgorithm, core/zip)."""
    counts = np.zeros(2_200_000)
    counts[0], counts[-1] = 5, 7
    with uproot.recreate(tmp_path / "large.root", compression=uproot.ZLIB(1)) as file:
        file["EventLoop_EventCount"] = counts, np.linspace(0, 1, len(counts) + 1)
    with (tmp_path / "large.root").open("rb") as opened:
        file = RootFile(opened)
        bins = file.bins(file.keys["EventLoop_EventCount"])
    assert (len(bins), bins[1], bins[-2]) == (len(counts) + 2, 5, 7)


def test_root_deletes_without_cutting_off(by_root):
    head = (by_root / "longer.root").read_bytes()[:16]
    assert int.from_bytes(head[12:16], "big") < (by_root / "longer.root").stat().st_size


def test_what_uproot_wrote_is_whole(good, tmp_path):
    (tmp_path / "file").write_bytes(good)
    assert accepted(tmp_path / "file")


def test_a_real_sample_has_the_keys_and_entries_that_uproot_finds(run2_sample):
    with run2_sample.open("rb") as opened, uproot.open(run2_sample) as expected:
        file = RootFile(opened)
        assert set(file.keys) == {name.partition(";")[0] for name in expected.keys(recursive=False)}
        assert file.entries(file.keys["CollectionTree"]) == expected["CollectionTree"].num_entries


@given(data=st.data())
def test_no_part_of_a_file_is_whole(good, tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "part.root"
    path.write_bytes(good[: data.draw(st.integers(0, len(good) - 1))])
    assert not accepted(path)


@given(damage=st.dictionaries(st.integers(0, 400), st.integers(0, 255), max_size=8))
def test_whatever_is_damaged_in_a_header_is_judged_without_a_crash(good, tmp_path_factory, damage):
    path = tmp_path_factory.getbasetemp() / "damaged.root"
    damaged = bytearray(good)
    for position, value in damage.items():
        damaged[position] = value
    path.write_bytes(damaged)
    assert accepted(path) or damaged != good


@given(st.binary(max_size=2000))
def test_other_bytes_are_not_a_root_file(tmp_path_factory, other):
    path = tmp_path_factory.getbasetemp() / "other.root"
    path.write_bytes(b"root" + other)
    assert not accepted(path)
