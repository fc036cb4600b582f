"""Datasets by identifier: forms and refusals. A real Rucio and a real XRootD server answer in tests of their own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from flask import Flask
from servicex_harness.datasets import resolve, rucio
from servicex_harness.errors import BadRequestError
from servicex_harness.models import FileEntry, Submission
from servicex_harness.web import WebServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from servicex_harness.models import Dataset

RECORD = {
    "files": [{"uri": "root://eospublic.cern.ch//eos/opendata/a.root", "size": 10}],
    "_file_indices": [{"files": [{"uri": "root://eospublic.cern.ch//eos/opendata/b.root", "size": 20}]}],
}


def look_up(did: str) -> Dataset:
    return resolve(Submission("title", did, (), "{}", "copying", "root-file"))


@pytest.fixture(scope="module")
def portal() -> Iterator[None]:
    """A stand-in for the CERN Open Data portal: record 1 as its API answers, no other."""
    app = Flask(__name__)

    @app.get("/api/records/1")
    def record() -> dict[str, object]:
        return {"id": 1, "metadata": RECORD}

    server = WebServer(app, 0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CERNOPENDATA_SERVER", server.url)
        yield
    server.stop()


def test_an_open_data_record_is_its_files_and_those_of_its_indices(portal: None) -> None:
    dataset = look_up("cernopendata://1")
    assert (dataset.did_finder, [entry.size for entry in dataset.files]) == ("cernopendata", [10, 20])
    assert dataset.files[1].paths == ("root://eospublic.cern.ch//eos/opendata/b.root",)


def test_the_number_of_files_that_is_asked_for_is_taken_from_the_front(portal: None) -> None:
    assert [entry.size for entry in look_up("cernopendata://1?files=1").files] == [10]


@pytest.mark.parametrize(
    ("did", "complaint"),
    [
        ("cernopendata://2", "/api/records/2 does not tell its files"),
        ("cernopendata://two", "a record is a number"),
        ("rucio://name", "write the scope too: rucio://scope:name"),
        ("name", "write the scope too"),
        ("xrootd://host/*.root", "write the pattern as root://host//path/*.root"),
    ],
)
def test_what_cannot_be_looked_up_is_refused_with_the_reason(portal: None, did: str, complaint: str) -> None:
    with pytest.raises(BadRequestError, match=re.escape(complaint)):
        look_up(did)


def test_without_a_configuration_rucio_is_refused_and_the_message_says_what_it_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("RUCIO_CONFIG", "VIRTUAL_ENV", "CONDA_PREFIX"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("RUCIO_HOME", str(tmp_path))
    with pytest.raises(BadRequestError, match=r"rucio://user.me:data: .*Rucio needs rucio.cfg .in .RUCIO_HOME/etc"):
        look_up("rucio://user.me:data?files=2")


def replica(name: str, **pfns: tuple[str, int]) -> dict[str, object]:
    """Return a replica as Rucio's listing has it."""
    places = {
        pfn.format(name): {"type": "TAPE" if site == "tape" else "DISK", "priority": priority, "domain": "wan"}
        for site, (pfn, priority) in pfns.items()
    }
    return {"scope": "s", "name": name, "bytes": 7, "pfns": places}


def test_replicas_are_tried_disk_first_xrootd_first_and_then_by_priority() -> None:
    listed = replica(
        "a.root",
        tape=("root://tape//{}", 1),
        web=("davs://web:443//{}", 2),
        far=("root://far//{}", 4),
        near=("root://near//{}", 3),
    )
    (entry,) = rucio.entries("s:d", [listed])
    paths = ("root://near//a.root", "root://far//a.root", "https://web:443//a.root", "root://tape//a.root")
    assert entry == FileEntry(paths, 7)


def test_a_file_that_rucio_lists_twice_is_one_file() -> None:
    assert len(rucio.entries("s:d", [replica("a", x=("root://x//{}", 1)), replica("a", x=("root://x//{}", 1))])) == 1


def test_files_without_a_replica_are_refused_by_name() -> None:
    with pytest.raises(BadRequestError, match=r"1 files have no replica that can be read: s:lost"):
        rucio.entries("s:d", [replica("a", x=("root://x//{}", 1)), replica("lost")])
