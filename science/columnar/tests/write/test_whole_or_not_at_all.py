"""The output is there whole, or it is not there: whatever goes wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
import uproot
from topcp_columnar.errors import OutputError
from topcp_columnar.write import Branch, NtupleFile, OutputFile, RNTupleFile

if TYPE_CHECKING:
    from pathlib import Path

WEIGHT = Branch("weight", np.dtype("float64"), vector=False)


def entries(path: Path) -> int:
    with uproot.open(path, object_cache=None, array_cache=None) as file:
        return int(file["reco"].num_entries)


@pytest.fixture(params=[NtupleFile, RNTupleFile])
def kind(request: pytest.FixtureRequest) -> type[OutputFile]:
    """Of what kind the file is."""
    chosen: type[OutputFile] = request.param
    return chosen


def write(path: Path, events: int, kind: type[OutputFile]) -> None:
    with kind(path) as out:
        out.tree("reco", [WEIGHT]).extend({"weight": np.zeros(events)})


def test_the_file_appears_only_when_all_of_it_is_there(tmp_path: Path, kind: type[OutputFile]) -> None:
    path = tmp_path / "out.root"
    with kind(path) as out:
        out.tree("reco", [WEIGHT])
        assert not path.exists()
    assert [entry.name for entry in tmp_path.iterdir()] == ["out.root"]


def test_an_older_file_stays_until_the_new_one_is_complete(tmp_path: Path, kind: type[OutputFile]) -> None:
    path = tmp_path / "out.root"
    write(path, 3, kind)
    with kind(path) as out:
        out.tree("reco", [WEIGHT]).extend({"weight": np.zeros(5)})
        assert entries(path) == 3
    assert entries(path) == 5


@pytest.mark.parametrize("trouble", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_an_interrupted_write_leaves_nothing_and_the_older_file_as_it_was(
    tmp_path: Path, kind: type[OutputFile], trouble: type[BaseException]
) -> None:
    path = tmp_path / "out.root"
    write(path, 3, kind)
    before = path.read_bytes()
    with pytest.raises(trouble), kind(path) as out:  # noqa: PT012  the block is what is interrupted
        out.tree("reco", [WEIGHT]).extend({"weight": np.random.default_rng(1).normal(size=500_000)})
        raise trouble
    assert [entry.name for entry in tmp_path.iterdir()] == ["out.root"]
    assert path.read_bytes() == before


FULL_DISK = """
import resource, sys
import numpy as np
from topcp_columnar.errors import OutputError
from topcp_columnar import write

resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
try:
    with getattr(write, sys.argv[3])(sys.argv[1]) as out:
        tree = out.tree("reco", [write.Branch("weight", np.dtype("float64"), vector=False)])
        for seed in range(3):
            tree.extend({"weight": np.random.default_rng(seed).normal(size=9_000_000)})
except OutputError as error:
    print(error.headline)
    sys.exit(error.exit_code)
"""


@pytest.mark.parametrize("limit", [1_000, 100_000_000])
def test_a_full_disk_is_told_as_such_and_leaves_nothing(tmp_path: Path, kind: type[OutputFile], limit: int) -> None:
    path = tmp_path / "out.root"
    call = [sys.executable, "-c", FULL_DISK, str(path), str(limit), kind.__name__]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (73, "")
    assert done.stdout == f"{path}: the output cannot be written: File too large. Is there space, and leave to write?\n"
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path, kind: type[OutputFile]) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    for path, reason in (
        (tmp_path / "missing" / "out.root", "No such file or directory"),
        (tmp_path / "file" / "out.root", "Not a directory"),
        (tmp_path / "folder", "Is a directory"),
    ):
        with pytest.raises(OutputError, match=reason) as raised:
            write(path, 1, kind)
        assert str(raised.value).startswith(f"{path}: ")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["file", "folder"]


def _tree_record(path: Path) -> int:
    with uproot.open(path) as file:
        return int(file.key("reco").fSeekKey) + 80


def _flipped(content: bytes, place: int) -> bytes:
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


DAMAGES = {
    "cut in half": lambda content, _: content[: len(content) // 2],
    "cut by one byte in the list of keys": lambda content, _: content[:-100],
    "the header is lost": lambda content, _: bytes(100) + content[100:],
    "one bit of the tree is flipped": _flipped,
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_file_damaged_on_its_way_to_the_disk_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: type[OutputFile], damage: str
) -> None:
    write(tmp_path / "good.root", 3, kind)
    place = _tree_record(tmp_path / "good.root")
    (tmp_path / "good.root").rename(tmp_path / "out.root")

    def disk_that_damages(_: int) -> None:
        (part,) = tmp_path.glob("*.part")
        part.write_bytes(DAMAGES[damage](part.read_bytes(), place))

    monkeypatch.setattr(os, "fsync", disk_that_damages)
    with pytest.raises(OutputError, match=r"out.root: the output (does not read back|reads back as something else)"):
        write(tmp_path / "out.root", 3, kind)
    assert [entry.name for entry in tmp_path.iterdir()] == ["out.root"]
    assert entries(tmp_path / "out.root") == 3
