"""The command, as its users meet it: flags, files, what it prints and the codes it ends with."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import uproot

from .conftest import EXAMPLE, Done, Run, added, changed, command, write_inputs

pytestmark = pytest.mark.filterwarnings("error")


def test_the_example_runs_as_installed(tmp_path: Path, run2_sample: Path, example: str) -> None:
    write_inputs(tmp_path, example, (run2_sample,))
    done = command(tmp_path, "-i", "input.txt", "-o", "out", "-t", "config")
    assert done.returncode == 0
    # A slow machine is told how far it is.
    assert [line for line in done.stderr.splitlines() if not line.startswith("file 1/1 ")] == []
    lines = [line for line in done.stdout.splitlines() if line.startswith("Package.EventLoop")]
    assert lines == [f"Package.EventLoop        INFO    Processing events 0-100 in file {run2_sample}"]
    with uproot.open(tmp_path / "out.root") as file:
        assert file["reco"].num_entries == 100
        assert {"el_pt_NOSYS", "mu_eta", "jet_DL1dv01_Continuous_quantile", "weight_mc_NOSYS"} <= set(
            file["reco"].keys()
        )
    assert json.loads((tmp_path / "out.report.json").read_text())["inputs"] == [
        {"location": str(run2_sample), "events": 100}
    ]
    assert {path.name for path in tmp_path.iterdir()} == {"input.txt", "config", "out.root", "out.report.json"}


def test_the_command_imports_no_extension_of_numba(tmp_path: Path, run2_sample: Path, example: str) -> None:
    """Nor what only a run that is watched, or has a payload or several workers, needs."""
    write_inputs(tmp_path, example, (run2_sample,))
    program = (
        "import sys; sys.argv[1:] = '-i input.txt -o out -t config -e 1'.split()\n"
        "from topcp_columnar.cli import main; code = main(); print(*sys.modules); sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    imported = set(done.stdout.splitlines()[-1].split())
    assert "topcp_columnar.chunk" in imported
    assert not imported & {"vector", "sympy", "correctionlib", "rich", "multiprocessing.context"}


def test_the_report_is_also_in_the_ntuple(run: Run, example: str) -> None:
    done = run(example, "-e", "1")
    with uproot.open(done.folder / "out.root") as file:
        assert json.loads(str(file["report"])) == done.report


def test_the_types_are_those_of_the_toolkit(run: Run, example: str, tmp_path: Path) -> None:
    assert run(example).code == 0
    with uproot.open(tmp_path / "out.root") as file:
        types = {name: branch.typename for name, branch in file["reco"].items()}
    assert types["el_pt_NOSYS"] == types["el_charge"] == types["jet_eta"] == "std::vector<float>"
    assert types["el_select_tight_NOSYS"] == types["jet_DL1dv01_FixedCutBEff_85_select"] == "std::vector<int8_t>"
    assert types["jet_DL1dv01_Continuous_quantile"] == types["mu_IFFClass"] == "std::vector<int32_t>"
    assert types["jet_btagScore_DL1dv01_NOSYS"] == "std::vector<double>"
    assert (types["eventNumber"], types["runNumber"], types["weight_mc_NOSYS"]) == ("uint64_t", "uint32_t", "float")


def test_the_number_of_events_counts_over_all_files(run: Run, example: str, run2_sample: Path) -> None:
    done = run(example, "-e", "130", inputs=(run2_sample, run2_sample))
    branches = done.branches()
    assert [entry["events"] for entry in done.report["inputs"]] == [100, 30]
    assert branches["eventNumber"][100:] == branches["eventNumber"][:30]
    assert "Processing events 0-130 in file" in done.out


def test_files_behind_the_last_event_are_not_opened(run: Run, example: str, run2_sample: Path) -> None:
    done = run(example, "-e", "10", inputs=(run2_sample, "missing.root"))
    assert (done.code, len(done.branches()["eventNumber"])) == (0, 10)


def test_two_files_give_the_events_of_both(run: Run, example: str, run2_sample: Path) -> None:
    once = run(example).branches()
    twice = run(example, inputs=(f"{run2_sample}, {run2_sample}",)).branches()
    assert twice == {name: values + values for name, values in once.items()}


def test_no_event_at_all_gives_an_empty_tree(run: Run, example: str) -> None:
    done = run(example, "-e", "0")
    assert done.code == 0
    assert set(map(len, done.branches().values())) == {0}


# Single events: test_same_events.py.
@pytest.mark.parametrize("chunk", ["7", "64"])
def test_the_output_does_not_depend_on_the_chunks(run: Run, example: str, chunk: str) -> None:
    config = added(example, THINNING)
    config = changed(config, ("el_: 'AnaElectrons'", "el_: 'OutElectrons'"), ("jet_: 'AnaJets'", "jet_: 'OutJets'"))
    assert run(config).branches() == run(config, "--chunk-events", chunk).branches()


THINNING = """
Thinning:
  - {containerName: 'AnaElectrons', selectionName: 'tight', outputName: 'OutElectrons'}
  - {containerName: 'AnaJets', selectionName: 'baselineJvt', outputName: 'OutJets'}
"""


@pytest.mark.run3
def test_rntuples_hold_what_trees_hold(run: Run, example: str, run3_sample: Path) -> None:
    flags = ("--chunk-events", "33", "--payload", "approximate")
    trees = contents(run(example, *flags, inputs=(run3_sample,)))
    done = run(example, *flags, "--output-format", "rntuple", inputs=(run3_sample,))
    assert done.code == 0, done.err
    with uproot.open(done.folder / "out.root") as file:
        assert file.classnames(cycle=False)["reco"] == "ROOT::RNTuple"
    assert contents(done) == trees


def contents(done: Done) -> dict[str, Any]:
    """Everything in the output but the report, which tells where the files lay."""
    with uproot.open(done.folder / "out.root") as file:
        classes = file.classnames(cycle=False)
        found = {name: _histogram(file[name]) for name, kind in classes.items() if kind.startswith("TH1")}
        return found | {name: field.array().to_list() for name, field in file["reco"].items()}


def _histogram(histogram: Any) -> tuple[Any, ...]:
    return histogram.title, histogram.axis().labels(), histogram.values().tolist(), histogram.errors().tolist()


def test_without_systematics_only_the_nominal_branches_are_left(run: Run, example: str) -> None:
    with_systematics, nominal = run(example).names(), run(example, "--no-systematics")
    assert nominal.names() == [name for name in with_systematics if "GEN_" not in name]
    assert nominal.report["systematics"] == ["NOSYS"]
    with uproot.open(nominal.folder / "out.root") as file:
        assert file["listOfSystematics"].axis().labels() == ["NOSYS"]


def test_the_configuration_is_found_through_calibpath(
    tmp_path: Path, run2_sample: Path, example: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_inputs(tmp_path, example, (run2_sample,))
    (tmp_path / "elsewhere").mkdir()
    shutil.move(tmp_path / "config", tmp_path / "elsewhere" / "config")
    arguments = ("-i", "input.txt", "-o", "out", "-t", "config", "-e", "1")
    missing = command(tmp_path, *arguments)
    assert missing.returncode == 65
    assert re.match(r"ERROR there is no config/reco.yaml; looked in \S+ ", missing.stderr)
    monkeypatch.setenv("CALIBPATH", f"/nowhere:{tmp_path / 'elsewhere'}")
    assert command(tmp_path, *arguments).returncode == 0


def test_the_release_of_the_text_is_used_and_shown(run: Run, example: str) -> None:
    assert "release 25.2.15" in run(example, "-e", "1").out
    later = run(f"{example}\n# release: 25.2.17\n", "-e", "1")
    assert "release 25.2.15 (there are no facts for 25.2.17" in later.out
    assert later.report["release"]["asked"] == "25.2.17"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["-o", "out", "-t", "config"], "-i/--input-list"),
        (["-i", "input.txt", "-o", "out", "-t", "config", "--no-recoo"], "--no-recoo"),
        (["-i", "input.txt", "-o", "out", "-t", "config", "--no-reco"], "nothing to do"),
        (["-i", "input.txt", "-o", "out", "-t", "config", "-e", "many"], "many"),
    ],
)
def test_arguments_that_make_no_sense_end_with_64(tmp_path: Path, arguments: list[str], complaint: str) -> None:
    done = command(tmp_path, *arguments)
    assert done.returncode == 64
    assert done.stderr.startswith("ERROR ")
    assert complaint in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_the_help_names_every_flag_of_the_toolkit(tmp_path: Path) -> None:
    text = command(tmp_path, "--help").stdout
    flags = ("-i", "-o", "-t", "-e", "--no-systematics", "--parton", "--particle", "--no-reco", "--no-filter")
    assert all(flag in text for flag in flags)


def test_an_output_that_cannot_be_written_ends_with_73(tmp_path: Path, run2_sample: Path) -> None:
    write_inputs(tmp_path, EXAMPLE.read_text(), (run2_sample,))
    done = command(tmp_path, "-i", "input.txt", "-o", "nowhere/out", "-t", "config")
    assert done.returncode == 73
    assert done.stderr.startswith("ERROR nowhere/out.root: ")


def test_a_bug_is_one_line_and_leaves_nothing_behind(run: Run, example: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def stumble(*_: object) -> None:
        raise ZeroDivisionError("on purpose")

    monkeypatch.setattr("topcp_columnar.one_file.kept_events", stumble)
    done = run(example)
    assert done.code == 70
    assert done.err == "ERROR internal: ZeroDivisionError: on purpose; this is a bug, --debug shows where\n"
    assert done.left_behind == set()
    assert "Traceback" in run(example, "--debug").err
