"""A ROOT file is whole or it is not: the script's own check against files from uproot, and from ROOT itself."""

from __future__ import annotations

import struct
import subprocess
import sys
import textwrap
from importlib.util import find_spec
from pathlib import Path

import pytest
import uproot
from hypothesis import given
from hypothesis import strategies as st
from topcp_codegen.pod.transform_single_file import check_root

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
    file = create("not_closed.root"); histogram(); file.Flush()
    os._exit(0)
"""


def accepted(path: Path) -> bool:
    with path.open("rb") as file:
        try:
            check_root(file)
        except (ValueError, OSError, struct.error):  # what the script takes for a file that is not whole
            return False
    return True


@pytest.fixture(scope="session")
def good(tmp_path_factory) -> bytes:
    path = tmp_path_factory.mktemp("good") / "good.root"
    with uproot.recreate(path) as file:
        file["reco"] = {"el_pt_NOSYS": [1.0, 2.0, 3.0]}
    return path.read_bytes()


@pytest.fixture(scope="session")
def by_root(tmp_path_factory) -> Path:
    if find_spec("ROOT") is None:
        pytest.skip("needs ROOT")
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


def test_root_deletes_without_cutting_off(by_root):
    head = (by_root / "longer.root").read_bytes()[:16]
    assert int.from_bytes(head[12:16], "big") < (by_root / "longer.root").stat().st_size


def test_what_uproot_wrote_is_whole(good, tmp_path):
    (tmp_path / "file").write_bytes(good)
    assert accepted(tmp_path / "file")


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
