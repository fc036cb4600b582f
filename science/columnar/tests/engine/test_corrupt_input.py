"""Corrupt input to the command: a classified error that names the file, a documented exit code, and no output left."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
import uproot

from .conftest import Done, Run

TENTHS = range(10)
SAMPLES = ["run2", pytest.param("run3", marks=pytest.mark.run3)]


def assert_refused(done: Done, path: Path, reason: str = "") -> None:
    assert (done.code, done.left_behind) == (66, set())
    assert done.error.startswith(f"ERROR {path}: ")
    assert reason in done.error
    assert "Traceback" not in done.err


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    (tmp_path / "config").mkdir()
    return tmp_path / "config" / "bad.root"


@pytest.mark.parametrize("sample", SAMPLES)
@pytest.mark.parametrize("tenth", TENTHS)
def test_a_file_truncated_anywhere_is_refused(
    run: Run, example: str, bad: Path, request: pytest.FixtureRequest, sample: str, tenth: int
) -> None:
    content: bytes = request.getfixturevalue(f"{sample}_sample").read_bytes()
    bad.write_bytes(content[: tenth * len(content) // 10])
    assert_refused(run(example, inputs=(bad,)), bad, "truncated" if tenth else "empty")


def test_a_page_in_the_place_of_a_file_is_called_one(run: Run, example: str, bad: Path) -> None:
    bad.write_text("<!DOCTYPE html>\n<html><body>Sign in</body></html>")
    assert_refused(run(example, inputs=(bad,)), bad, "HTML page")


def test_a_file_of_another_kind_is_refused_by_what_it_holds(run: Run, example: str, bad: Path) -> None:
    with uproot.recreate(bad) as file:
        file.mktree("analysis", {"x": np.dtype("f4")})
    assert_refused(run(example, inputs=(bad,)), bad, "analysis")
    with uproot.recreate(bad) as file:
        file.mktree("CollectionTree", {"x": np.dtype("f4")})
    done = run(example, inputs=(bad,))
    assert (done.code, done.left_behind) == (66, set())
    assert f"{bad}: EventInfo.runNumber is asked for" in done.error


@pytest.mark.parametrize("sample", SAMPLES)
@pytest.mark.parametrize("seed", range(6))
def test_flipped_bits_give_the_same_output_or_a_refusal(
    run: Run, example: str, bad: Path, request: pytest.FixtureRequest, sample: str, seed: int
) -> None:
    path: Path = request.getfixturevalue(f"{sample}_sample")
    content, chance = bytearray(path.read_bytes()), random.Random(seed)
    for _ in range(4**seed):
        content[chance.randrange(100, len(content))] ^= 1 << chance.randrange(8)
    bad.write_bytes(content)
    done = run(example, "--no-systematics", inputs=(bad,))
    if done.code == 0:
        found = done.branches()
        assert found == run(example, "--no-systematics", inputs=(path,)).branches()
    else:
        assert_refused(done, bad)
