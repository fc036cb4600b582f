"""`servicex-harness transform`: what a developer of a transformer sees of one file."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from servicex_harness.cli import main

from .support import TESTS, watch_the_log

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def transformer(monkeypatch: pytest.MonkeyPatch) -> None:
    """The code generator that is started finds the copying transformer."""
    monkeypatch.setenv("PYTHONPATH", str(TESTS))


def transform(directory: Path, source: Path, *options: str, mode: str = "copy") -> int:
    """Run the command with a query of this mode."""
    query = directory / "query.json"
    query.write_text(json.dumps({"mode": mode, "events": 5}))
    where = ["--query", str(query), "--input", str(source), "--dir", str(directory / "out")]
    return main(["transform", "--codegen", "copying_codegen:create_app", *where, *options])


def test_one_file_goes_through_code_script_and_store_and_everything_is_shown(
    tmp_path: Path, root_files: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert transform(tmp_path, root_files[1], "--show-code") == 0
    said = capsys.readouterr().out
    assert "image servicex-harness/local:environment, command python /generated/transform_single_file.py" in said
    assert '  | {"mode": "copy", "events": 5}' in said  # a generated file
    assert "  | Transform stats: Total Events: 5, resulting file size" in said
    assert "5 events by RawUprootStats" in said
    assert re.search(r"tree: .*, 4 entries", said)
    assert (tmp_path / "out" / "output").read_bytes() == root_files[1].read_bytes()
    assert json.loads((tmp_path / "out" / "generated" / "request.json").read_text())["mode"] == "copy"


def test_a_failure_is_shown_with_its_log_and_its_exit_code_is_the_commands(
    tmp_path: Path, bad_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert transform(tmp_path, bad_file) == 66
    said = capsys.readouterr().out
    assert f"  | reading {bad_file}" in said
    assert "ValueError: bad.root is <not> a ROOT file (exit code 66: input)" in said
    assert "reading" in (tmp_path / "out" / "log.txt").read_text()


def test_the_log_is_shown_while_the_script_runs(tmp_path: Path, root_files: list[Path]) -> None:
    watch_the_log(tmp_path, root_files[0])


def test_a_second_run_begins_anew(tmp_path: Path, root_files: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    transform(tmp_path, root_files[0])
    assert transform(tmp_path, root_files[1]) == 0
    assert (tmp_path / "out" / "output").read_bytes() == root_files[1].read_bytes()
    assert (tmp_path / "out" / "log.txt").read_text().count("Transform stats") == 1


def test_exit_code_zero_without_an_output_is_a_failure(
    tmp_path: Path, root_files: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert transform(tmp_path, root_files[0], mode="no output") == 70
    assert "left no output file" in capsys.readouterr().out


def test_a_query_that_is_refused_is_said_before_anything_runs(
    tmp_path: Path, root_files: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert transform(tmp_path, root_files[0], mode="refuse") == 65
    assert "reco.yaml:3:5: no such block: Elektrons" in capsys.readouterr().err


def test_a_folder_of_several_files_is_refused(
    tmp_path: Path, root_files: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert transform(tmp_path, root_files[0].parent) == 64
    assert "these are 3 files; transform takes one" in capsys.readouterr().err


def test_a_proxy_that_is_not_there_is_named(
    tmp_path: Path, root_files: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert transform(tmp_path, root_files[0], "--x509", str(tmp_path)) == 64
    assert f"--x509 {tmp_path}: there is no x509up in it" in capsys.readouterr().err


def test_a_query_that_is_not_there_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gone = str(tmp_path / "gone.json")
    assert main(["transform", "--codegen", "http://127.0.0.1:1", "--query", gone, "--input", "x"]) == 64
    assert "gone.json" in capsys.readouterr().err
