"""The script keeps the bytecode of its modules for the next file, in a folder where nobody else can put any."""

from __future__ import annotations

import pytest
from topcp_codegen.bundle import POD

MODULES = {path.stem for path in POD.glob("pod_*.py")}


@pytest.fixture
def pod(pod):
    """A pod with one input, file.root, whose Python writes no bytecode of its own, as in many images."""
    pod.file("file.root")
    pod.env["PYTHONDONTWRITEBYTECODE"] = "1"
    return pod


def kept(pod):
    return {path: path.stat().st_ino for path in pod.bytecode.rglob("*.pyc")}


def test_the_next_file_finds_the_modules_compiled(pod):
    assert pod.run().code == 0
    first = kept(pod)
    assert {path.name.partition(".")[0] for path in first} == MODULES
    assert pod.bytecode.stat().st_mode & 0o777 == 0o700
    assert pod.run().code == 0
    assert kept(pod) == first
    assert not list((pod.home / "generated").rglob("*.pyc"))


@pytest.mark.parametrize("size", [0, 10, 16, 100])
def test_bytecode_that_a_full_disk_cut_off_is_not_run(pod, size):
    assert pod.run().code == 0
    for path in kept(pod):
        path.write_bytes(path.read_bytes()[:size])
    assert pod.run().code == 0


def test_a_folder_that_is_open_to_others_is_not_used(pod):
    pod.bytecode.mkdir()
    pod.bytecode.chmod(0o777)
    assert pod.run().code == 0
    assert not kept(pod)


def test_a_link_to_another_folder_is_not_followed(pod):
    pod.bytecode.symlink_to(pod.home / "data", target_is_directory=True)
    assert pod.run().code == 0
    assert not list((pod.home / "data").rglob("*.pyc"))


def test_without_a_place_for_it_all_goes_well(pod):
    pod.bytecode.write_text("no folder")
    assert pod.run().code == 0
