"""Input files that cannot be used: one line that names the file, the right code, and nothing written."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import Run, line_of, without_branch


def test_a_missing_file_is_named(run: Run, example: str) -> None:
    done = run(example, inputs=("gone.root",))
    assert (done.code, done.left_behind) == (66, set())
    assert "gone.root" in done.error


def test_a_file_that_is_not_root_is_named(run: Run, example: str, tmp_path: Path) -> None:
    page = tmp_path / "config" / "page.root"
    page.parent.mkdir()
    page.write_text("<html>log in</html>")
    done = run(example, inputs=(page,))
    assert (done.code, done.left_behind) == (66, set())
    assert "page.root" in done.error
    assert len(done.err.splitlines()) == 1


def test_a_bad_file_after_a_good_one_leaves_nothing_behind(run: Run, example: str, run2_sample: Path) -> None:
    done = run(example, inputs=(run2_sample, "gone.root"))
    assert (done.code, done.left_behind) == (66, set())
    assert "gone.root" in done.error


def test_an_output_of_before_is_left_as_it_was_when_a_run_fails(run: Run, example: str) -> None:
    assert run(example).code == 0
    before = (run(example).folder / "out.root").read_bytes()
    failed = run(example, inputs=("gone.root",))
    assert failed.code == 66
    assert (failed.folder / "out.root").read_bytes() == before


@pytest.mark.parametrize("text", ["", "\n\n", " , ,\n"])
def test_an_empty_list_of_inputs_says_so(run: Run, example: str, text: str) -> None:
    done = run(example, inputs=(text,))
    assert done.code == 66
    assert done.error == "ERROR input.txt: the list of inputs is empty"


def test_a_missing_list_of_inputs_says_so(run: Run, example: str, tmp_path: Path) -> None:
    run(example, "-e", "1")
    (tmp_path / "input.txt").unlink()
    from topcp_columnar.cli import main

    assert main(["-i", "input.txt", "-o", "out", "-t", "config"]) == 66


@pytest.fixture(scope="module")
def lacking(run2_sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real sample without one variable of jets."""
    target = tmp_path_factory.mktemp("lacking") / "lacking.root"
    return without_branch(run2_sample, target, "AnalysisJetsAuxDyn.NNJvtPass")


def test_a_branch_that_the_file_lacks_is_named_with_the_block_that_needs_it(
    run: Run, example: str, lacking: Path
) -> None:
    done = run(example, inputs=(lacking,))
    assert (done.code, done.left_behind) == (66, set())
    assert f"reco.yaml:{line_of(example, '  - containerName: ' + repr('AnaJets'))}" in done.error
    assert "lacking.root" in done.error
    assert "AnalysisJets.NNJvtPass" in done.error
    assert len(done.err.splitlines()) == 1


def test_a_later_file_that_lacks_a_branch_is_named(run: Run, example: str, run2_sample: Path, lacking: Path) -> None:
    done = run(example, inputs=(run2_sample, lacking))
    assert (done.code, done.left_behind) == (66, set())
    assert "lacking.root" in done.error
    assert "AnalysisJets.NNJvtPass" in done.error


def test_with_allow_missing_what_hangs_on_the_branch_is_left_out_and_listed(
    run: Run, example: str, lacking: Path
) -> None:
    done = run(example, "--allow-missing", inputs=(lacking,))
    assert done.code == 0
    assert not [name for name in done.names() if name.startswith("jet_")]
    assert "el_select_tight_NOSYS" in done.names()
    assert any("NNJvtPass" in entry["why"] for entry in done.report["omitted"])
    assert "NNJvtPass" in done.out
