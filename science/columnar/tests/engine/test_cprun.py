"""CPRun.py: athena's flags and places of files, the same ntuple."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import uproot
from topcp_columnar.cli import main_cprun

YAML = """
CommonServices: {runSystematics: False, systematicsHistogram: listOfSystematics}
PileupReweighting: {}
GeneratorLevelAnalysis: {}
Muons:
  - containerName: AnaMuons
    WorkingPoint: [{selectionName: loose, quality: Loose, isolation: NonIso}]
PL_Muons: {}
EventSelection:
  - muons: AnaMuons.loose
    noFilter: True
    cutFlowHistograms: True
    selectionCutsDict: {two: "MU_N 10000 >= 2\\nSAVE\\n"}
Output:
  - {treeName: analysis, containers: {mu_: AnaMuons, '': EventInfo}}
  - {treeName: particles, containers: {pl_mu_: TruthMuons}, vars: ['EventInfo.eventNumber -> eventNumber']}
# release: 25.2.52
"""
Command = Callable[..., int]


@pytest.fixture
def cprun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run the command, in this process, in a folder with a configuration."""
    (tmp_path / "analysis.yaml").write_text(YAML)
    monkeypatch.chdir(tmp_path)
    return lambda *flags: main_cprun([str(flag) for flag in flags])


def objects(path: Path) -> dict[str, str]:
    with uproot.open(path) as file:
        return {name: kind for name, kind in file.classnames(cycle=False).items()}  # noqa: C416


def numbers(path: Path, tree: str = "analysis") -> list[int]:
    with uproot.open(path) as file:
        return list(file[tree]["eventNumber"].array().to_list())


def test_trees_and_histograms_are_two_files(cprun: Command, tmp_path: Path, run2_sample: Path) -> None:
    assert cprun("-i", run2_sample, "-t", "analysis.yaml") == 0
    trees, histograms = objects(tmp_path / "output.root"), objects(tmp_path / "hist-output.root")
    assert {name for name, kind in trees.items() if kind == "TTree"} == {"analysis", "particles"}
    assert set(trees) - {"analysis", "particles"} == {"report"}
    assert {"listOfSystematics", "cflow_EventInfo__two_NOSYS"} <= set(histograms)
    assert len(numbers(tmp_path / "output.root")) == 100
    merged = cprun("-i", run2_sample, "-t", "analysis.yaml", "-o", "merged.root", "--merge-output-files")
    assert merged == 0
    assert set(objects(tmp_path / "merged.root")) == set(trees) | set(histograms)
    assert not (tmp_path / "hist-merged.root").exists()


def test_a_folder_for_the_work_is_laid_out_as_that_of_event_loop(
    cprun: Command, tmp_path: Path, run2_sample: Path
) -> None:
    assert cprun("-i", run2_sample, "-t", "analysis.yaml", "-e", 5, "--direct-driver", "--work-dir") == 0
    work = tmp_path / "workDir"
    assert len(numbers(work / "data-ANALYSIS" / "output.root")) == 5
    assert (work / "hist-output.root").is_file()
    assert not (tmp_path / "output.root").exists()


def test_the_list_of_inputs_has_comments_and_folders(cprun: Command, tmp_path: Path, run2_sample: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "one.root").symlink_to(run2_sample)
    (folder / "two.root.1").symlink_to(run2_sample)
    (folder / "three.log").write_text("no ROOT file")
    (tmp_path / "input.txt").write_text(f"# both\n\n{folder}\n{run2_sample}, {run2_sample}\n")
    assert cprun("-i", "input.txt", "-t", "analysis.yaml", "--no-systematics") == 0
    written = numbers(tmp_path / "output.root")
    assert len(written) == 400
    assert written[:100] == written[300:]


@pytest.mark.parametrize(
    ("skip", "most", "expected"), [(30, -1, slice(30, 200)), (130, 20, slice(130, 150)), (500, 3, slice(0))]
)
def test_events_are_passed_over_in_the_run_and_not_in_each_file(
    cprun: Command, tmp_path: Path, run2_sample: Path, skip: int, most: int, expected: slice
) -> None:
    (tmp_path / "input.txt").write_text(f"{run2_sample}\n{run2_sample}\n")
    assert cprun("-i", "input.txt", "-t", "analysis.yaml", "-o", "all") == 0
    assert cprun("-i", "input.txt", "-t", "analysis.yaml", "-o", "some", "--skip-n-events", skip, "-e", most) == 0
    assert numbers(tmp_path / "some.root") == numbers(tmp_path / "all.root")[expected]


@pytest.mark.run3
def test_where_events_are_passed_over_no_sums_of_weights_are_written(
    cprun: Command, tmp_path: Path, run3_sample: Path
) -> None:
    assert cprun("-i", run3_sample, "-t", "analysis.yaml") == 0
    assert "CutBookkeeper_601229_450000_NOSYS" in objects(tmp_path / "hist-output.root")
    assert cprun("-i", run3_sample, "-t", "analysis.yaml", "--skip-n-events", 1) == 0
    assert not [name for name in objects(tmp_path / "hist-output.root") if name.startswith("CutBookkeeper")]


def test_the_configuration_is_looked_for_below_the_first_entry_of_datapath(
    cprun: Command,
    tmp_path: Path,
    run2_sample: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for package in ("one", "two"):
        (tmp_path / "install" / package).mkdir(parents=True)
    (tmp_path / "analysis.yaml").rename(tmp_path / "install" / "one" / "analysis.yaml")
    monkeypatch.setenv("DATAPATH", os.pathsep.join([str(tmp_path / "install"), str(tmp_path / "elsewhere")]))
    assert cprun("-i", run2_sample, "-t", "analysis.yaml", "-e", 1) == 0
    (tmp_path / "install" / "two" / "analysis.yaml").write_text(YAML)
    assert cprun("-i", run2_sample, "-t", "analysis.yaml", "-e", 1) == 65
    assert "several" in capsys.readouterr().err
    assert cprun("-i", run2_sample, "-t", "none.yaml") == 65


def test_what_is_no_input_is_called_so(cprun: Command, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "input.txt").write_text("# nothing\n\n")
    assert cprun("-i", "input.txt", "-t", "analysis.yaml") == 66
    assert cprun("-i", "inputs", "-t", "analysis.yaml") == 66
    assert "neither" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="64"):
        cprun("-t", "analysis.yaml")
    assert not list(tmp_path.glob("*.root"))


def test_an_output_that_cannot_be_written_leaves_neither_file(
    cprun: Command, tmp_path: Path, run2_sample: Path
) -> None:
    (tmp_path / "output.root").mkdir()
    assert cprun("-i", run2_sample, "-t", "analysis.yaml", "-e", 1) == 73
    assert {path.name for path in tmp_path.iterdir()} == {"analysis.yaml", "output.root"}


def test_it_is_installed(tmp_path: Path, run2_sample: Path) -> None:
    (tmp_path / "analysis.yaml").write_text(YAML)
    program = Path(sys.executable).with_name("CPRun.py")
    command = [str(program), "-i", str(run2_sample), "-t", "analysis.yaml", "-e", "1", "--algorithm-timers"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Processing events 0-1 in file" in done.stdout
