"""What is no PHYSLITE file, or lacks what is asked for, is refused in words that name the place."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
import pytest
import uproot
from topcp_columnar.errors import InputError, MissingVariable
from topcp_columnar.read import open_physlite

if TYPE_CHECKING:
    from pathlib import Path

    from topcp_columnar.read import PhysliteFile

BAD_CONTENTS = {
    b"": "is empty",
    b"<!DOCTYPE html><html><body>Sign in</body></html>": "is an HTML page",
    b"\n<html>404</html>": "is an HTML page",
    b"PK\x03\x04 a zip file": "is not a ROOT file",
    b"ro": "is not a ROOT file",
    b"root": "is truncated",
}


def _assert_refused(path: Path | str, reason: str) -> None:
    with pytest.raises(InputError, match=reason) as refused:
        open_physlite(str(path))
    assert str(path) in refused.value.headline
    assert refused.value.exit_code == 66


@pytest.mark.parametrize(("content", "reason"), BAD_CONTENTS.items(), ids=range(len(BAD_CONTENTS)))
def test_what_is_not_a_root_file_is_refused(content: bytes, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "sample.root"
    path.write_bytes(content)
    _assert_refused(path, reason)


def test_what_cannot_be_opened_is_refused(tmp_path: Path) -> None:
    _assert_refused(tmp_path / "absent.root", "there is no such file")
    _assert_refused(tmp_path, "is a directory")
    _assert_refused(tmp_path / ("x" * 300), "cannot be opened|no such file")
    os.mkfifo(tmp_path / "fifo")
    _assert_refused(tmp_path / "fifo", "not a regular file")


@pytest.mark.parametrize("location", ["file:///a.root", "s3://bucket/a.root"])
def test_a_location_of_another_scheme_is_refused_with_those_that_are_known(location: str) -> None:
    _assert_refused(location, r"cannot be read from \w+://.* root://.* https://")


@pytest.mark.parametrize("location", ["https:///a.root", "http://"])
def test_an_address_without_a_server_is_refused(location: str) -> None:
    _assert_refused(location, "names no server")


@pytest.mark.parametrize("tenth", range(10))
def test_a_truncated_file_is_refused(tenth: int, run2_sample: Path, tmp_path: Path) -> None:
    content = run2_sample.read_bytes()
    path = tmp_path / "truncated.root"
    path.write_bytes(content[: 100 + tenth * len(content) // 10])
    _assert_refused(path, f"is truncated: it has .* of {len(content)} bytes")


def test_a_root_file_without_events_is_refused_by_what_it_has(tmp_path: Path) -> None:
    with uproot.recreate(tmp_path / "ntuple.root") as out:
        out.mktree("reco", {"x": np.dtype("f4")}).extend({"x": np.zeros(3, "f4")})
    _assert_refused(tmp_path / "ntuple.root", "it has reco, PHYSLITE has CollectionTree .* or EventData")


def test_events_that_are_neither_tree_nor_rntuple_are_refused(tmp_path: Path) -> None:
    with uproot.recreate(tmp_path / "histogram.root") as out:
        out["CollectionTree"] = np.histogram([1.0, 2.0])
    _assert_refused(tmp_path / "histogram.root", "CollectionTree cannot be read: it is a TH1D")


def test_a_missing_variable_is_refused_with_the_nearest_names(run2: PhysliteFile, run2_sample: Path) -> None:
    with pytest.raises(MissingVariable) as refused:
        run2.read("BTagging_AntiKt4EMPFlow.GN2v01_pb")
    for word in (str(run2_sample), "BTagging_AntiKt4EMPFlow has no GN2v01_pb", "GN2v00_pb", "DL1dv01_pb"):
        assert word in refused.value.headline
    assert refused.value.exit_code == 66


def test_a_missing_container_is_refused_with_the_nearest_names(run2: PhysliteFile) -> None:
    with pytest.raises(MissingVariable, match=r"no container AnalysisElectron; nearest: AnalysisElectrons"):
        run2.read_links("AnalysisElectron.trackParticleLinks")
    with pytest.raises(MissingVariable, match="nearest: nothing alike"):
        run2.read("AnalysisJets.zzzz")


def test_links_are_not_taken_for_numbers_nor_numbers_for_links(run2: PhysliteFile) -> None:
    with pytest.raises(InputError, match=r"AnalysisJets\.btaggingLink is a .*ElementLink.* cannot be read as numbers"):
        run2.read("AnalysisJets.btaggingLink")
    with pytest.raises(InputError, match=r"AnalysisJets\.pt is a vector<float>, which cannot be read as links"):
        run2.read_links("AnalysisJets.pt")


@pytest.mark.parametrize(("start", "stop"), [(-1, 3), (3, 2), (0, 101)])
def test_events_that_are_not_in_the_file_cannot_be_asked_for(start: int, stop: int, run2: PhysliteFile) -> None:
    with pytest.raises(IndexError, match="of 100"):
        run2.read("AnalysisJets.pt", start, stop)
