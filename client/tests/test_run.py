"""`topcp run` and `topcp inspect`: a configuration on files here, and what came of it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import pytest
import uproot

from .command import TALK, TOPCP, topcp

RELEASE = "25.2.15"


@pytest.fixture(scope="module")
def ran(run2_sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ntuple of the first example, of ten events; the sample is named relative to where the command is run."""
    folder = tmp_path_factory.mktemp("run")
    shutil.copy(run2_sample, folder / "a sample.root")
    done = topcp("run", TALK, "a sample.root", "-o", "made.root", "-e", "10", "--no-systematics", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert {file.name for file in folder.iterdir()} == {"a sample.root", "made.root", "made.report.json"}
    return folder / "made.root"


def test_the_ntuple_is_written_where_it_was_asked_for(ran: Path) -> None:
    with uproot.open(ran) as file:
        assert file["reco"].num_entries == 10


def test_the_release_of_the_configuration_is_the_one_it_runs_with(ran: Path) -> None:
    assert json.loads(ran.with_name("made.report.json").read_text())["release"]["name"] == RELEASE


def test_a_configuration_from_standard_input_is_run_and_told_as_json(run2_sample: Path, tmp_path: Path) -> None:
    text = (TALK / "reco.yaml").read_text()
    flags = ("-e", "10", "--no-systematics", "-o", "made.root", "--json")
    done = topcp("run", "-", run2_sample, *flags, stdin=text, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == json.loads(topcp("inspect", tmp_path / "made.root", "--json").stdout)
    assert "wrote " in done.stderr


def test_a_wrong_configuration_from_standard_input_is_not_run(run2_sample: Path, tmp_path: Path) -> None:
    done = topcp("run", "-", run2_sample, stdin="Elektrons: []\n", cwd=tmp_path)
    assert done.returncode == 65
    assert "<stdin>:1:1" in done.stderr
    assert not list(tmp_path.iterdir())


def test_a_wrong_configuration_is_not_run(tmp_path: Path, run2_sample: Path) -> None:
    (tmp_path / "reco.yaml").write_text("Elektrons: []\n")
    done = topcp("run", "reco.yaml", run2_sample, cwd=tmp_path)
    assert done.returncode == 65
    assert "reco.yaml:1:1" in done.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["reco.yaml"]


def test_a_missing_input_is_named(tmp_path: Path) -> None:
    done = topcp("run", TALK, "nowhere.root", cwd=tmp_path)
    assert done.returncode == 66
    assert "nowhere.root" in done.stderr
    assert not list(tmp_path.iterdir())


def test_the_exit_code_is_that_of_the_program(tmp_path: Path) -> None:
    (tmp_path / "text.root").write_text("hello")
    done = topcp("run", TALK, "text.root", cwd=tmp_path)
    assert done.returncode == 66
    assert "text.root" in done.stderr


def test_files_are_processed_at_the_same_time_into_one_ntuple(run2_sample: Path, tmp_path: Path) -> None:
    flags = ("-e", "150", "--no-systematics", "--workers", "2")
    done = topcp("run", TALK, run2_sample, run2_sample, "-o", "made.root", *flags, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    with uproot.open(tmp_path / "made.root") as file:
        assert file["reco"].num_entries == 150


def test_terminated_it_ends_what_it_started_and_leaves_nothing(run2_sample: Path, tmp_path: Path) -> None:
    arguments = [TOPCP, "run", TALK, *[run2_sample] * 500, "-o", "made.root"]
    with subprocess.Popen(arguments, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as run:
        while run.poll() is None and not any(tmp_path.glob("made.root.*.part")):
            time.sleep(0.02)
        run.terminate()
        complaint = run.communicate()[1]
    assert (run.returncode, complaint) == (143, "ERROR terminated\n")
    assert not list(tmp_path.iterdir())


def test_inspect_tells_who_wrote_an_ntuple_and_what_is_in_it(ran: Path) -> None:
    found = json.loads(topcp("inspect", ran, "--json").stdout)
    assert found["kind"] == "ntuple"
    assert found["written"]["generator"] == f"topcp-columnar {version('topcp-columnar')}"
    assert found["written"]["release"]["name"] == RELEASE
    (tree,) = found["trees"]
    with uproot.open(ran) as file:
        names = file["reco"].keys()
    assert (tree["name"], tree["entries"], tree["columns"]) == ("reco", 10, len(names))
    assert tree["groups"]["el"] == sum(name.startswith("el_") for name in names)
    assert f"{tree['columns']} branches" in topcp("inspect", ran).stdout


@pytest.mark.parametrize("command", [("inspect",), ("systematics",), ("plot", "el_pt")])
def test_without_the_extra_it_is_told_what_to_install(command: tuple[str, ...], ran: Path, tmp_path: Path) -> None:
    """What sys.modules has None for is not found."""
    code = "import sys; sys.modules['uproot'] = None; from servicex_topcp.cli import main; main()"
    name, *variable = command
    words = [sys.executable, "-c", code, name, ran, *variable]
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 71
    assert done.stderr.strip() == "topcp: this needs uproot: pip install 'servicex-topcp[plot]'"


@pytest.mark.parametrize(
    ("sample", "tree", "form"),
    [
        ("TOPCP_SAMPLE_RUN2", "CollectionTree", "TTree"),
        pytest.param("TOPCP_SAMPLE_RUN3", "EventData", "RNTuple", marks=pytest.mark.run3),
    ],
)
def test_inspect_lists_the_containers_of_physlite(
    sample: str, tree: str, form: str, request: pytest.FixtureRequest
) -> None:
    path = request.getfixturevalue({"TOPCP_SAMPLE_RUN2": "run2_sample", "TOPCP_SAMPLE_RUN3": "run3_sample"}[sample])
    found = json.loads(topcp("inspect", path, "--json").stdout)
    assert found["kind"] == "PHYSLITE"
    assert [(one["name"], one["format"], one["entries"]) for one in found["trees"]] == [(tree, form, 100)]
    assert {"AnalysisElectrons", "AnalysisJets", "EventInfo"} <= set(found["trees"][0]["groups"])


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("text.root", "topcp: text.root: it cannot be read as a ROOT file: "),
        ("cut.root", "topcp: cut.root: it cannot be read as a ROOT file: "),
        ("tex.root", "topcp: no such file: tex.root "),
        (".", "topcp: . is a folder, "),
    ],
)
def test_what_is_no_root_file_is_refused_in_one_line(
    name: str, message: str, run2_sample: Path, tmp_path: Path
) -> None:
    (tmp_path / "text.root").write_text("hello")
    (tmp_path / "cut.root").write_bytes(run2_sample.read_bytes()[:1000])
    for command in (["inspect"], ["systematics"], ["plot"]):
        done = topcp(*command, name, *["el_pt"] * (command == ["plot"]), cwd=tmp_path)
        assert done.returncode == 66
        assert done.stderr.startswith(message)
        assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(("words", "offered"), [("topcp v", ["validate"]), ("topcp migrate --to 25.2.8", ["25.2.88"])])
def test_bash_completes_commands_and_releases(words: str, offered: list[str], tmp_path: Path) -> None:
    script = topcp("completion", "bash").stdout
    assert "complete" in script
    place = {"COMP_WORDS": words, "COMP_CWORD": str(len(words.split()) - 1)}
    asked = os.environ | {"_TOPCP_COMPLETE": "bash_complete"} | place
    told = subprocess.run([TOPCP], env=asked, capture_output=True, text=True, check=True, cwd=tmp_path).stdout
    assert [line.partition(",")[2] for line in told.splitlines()] == offered
