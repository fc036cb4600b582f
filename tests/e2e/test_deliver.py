"""What a physicist is promised: deliver() with q.TopCPToolkit returns ntuples, or says what is wrong and where."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
import uproot

from tests.altered import alter
from tests.conftest import COMMANDS, EXAMPLES

TALK = EXAMPLES / "talk" / "reco.yaml"


def deliver(servicex: Path, conffile: Path, *files: Path | str, out: Path) -> subprocess.CompletedProcess[str]:
    """Run the example script against the running ServiceX."""
    arguments = ["--conffile", conffile, "--out", out, *(part for file in files for part in ("--file", file))]
    command = [sys.executable, EXAMPLES / "deliver_topcp.py", *arguments]
    return subprocess.run(command, cwd=servicex, capture_output=True, text=True, check=False, timeout=120)


@pytest.fixture(scope="module")
def ntuple(servicex: Path, run2_sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ntuple that the talk's example delivers."""
    out = tmp_path_factory.mktemp("out")
    done = deliver(servicex, TALK, run2_sample, out=out)
    assert done.returncode == 0, done.stdout + done.stderr
    (file,) = out.iterdir()
    return file


def test_the_delivered_ntuple_opens_in_uproot(ntuple: Path) -> None:
    with uproot.open(ntuple) as file:
        assert file["reco"].num_entries == 100
        assert file["reco/el_pt_NOSYS"].typename == "std::vector<float>"


def test_the_delivered_ntuple_opens_in_root(ntuple: Path, cern_root: None) -> None:
    program = f"""
import warnings
warnings.simplefilter("ignore")
import ROOT
file = ROOT.TFile.Open({str(ntuple)!r})
tree = file.Get("reco")
assert not file.TestBit(ROOT.TFile.kRecovered)
electrons = sum(event.el_pt_NOSYS.size() for event in tree)
print(tree.GetEntries(), electrons, ROOT.RDataFrame(tree).GetColumnType("el_pt_NOSYS"))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    with uproot.open(ntuple) as file:
        electrons = sum(map(len, file["reco/el_pt_NOSYS"].array().to_list()))
    assert done.stdout.split() == ["100", str(electrons), "ROOT::VecOps::RVec<float>"]
    assert not done.stderr


OTHER_LEVELS = {
    "reco": """
CommonServices: {}
Electrons:
  - containerName: AnaElectrons
    WorkingPoint: [{selectionName: loose, identificationWP: LooseLH, isolationWP: NonIso}]
Output: {treeName: reco, containers: {el_: AnaElectrons}}
""",
    "particle": """
CommonServices: {}
PL_Electrons: {}
PL_MissingET: {}
Output: {treeName: particleLevel, containers: {el_: TruthElectrons, met_: TruthMET}}
""",
    "parton": """
AddConfigBlocks:
  - {modulePath: TopCPToolkit.truthConfig, functionName: truthConfig, algName: PartonHistory, pos: Output}
CommonServices: {}
PartonHistory: [{histories: Ttbar}]
Output: {treeName: truth, containers: {Ttbar_: PartonHistoryTtbar}}
""",
}


def test_a_folder_of_configurations_is_delivered_as_a_tree_for_each_level(
    servicex: Path, run2_sample: Path, tmp_path: Path
) -> None:
    config, out = tmp_path / "config", tmp_path / "out"
    config.mkdir()
    for level, text in OTHER_LEVELS.items():
        (config / f"{level}.yaml").write_text(f"{text}# release: 25.2.52\n")
    done = deliver(servicex, config, run2_sample, out=out)
    assert done.returncode == 0, done.stdout + done.stderr
    (ntuple,) = out.iterdir()
    with uproot.open(ntuple) as file:
        assert {name: file[name].num_entries for name in ("reco", "particleLevel", "truth")} == {
            "reco": 100,
            "particleLevel": 100,
            "truth": 100,
        }
        assert {"el_pt", "met_met"} <= set(file["particleLevel"].keys())
        assert "Ttbar_MC_t_afterFSR_pt" in file["truth"]


BAD_YAML = {
    "misspelt block": ("Electrons:\n", "Elektrons:\n", "Electrons"),
    "misspelt option": ("crackVeto", "crackVetto", "crackVeto"),
    "wrong type": ("minPt: 25000.0", "minPt: 'high'", "float"),
    "syntax error": ("PileupReweighting: {}", "PileupReweighting: {", "reco.yaml"),
    "alias bomb": (
        "PileupReweighting: {}",
        "a: &a [x,x,x,x,x,x,x,x,x]\n"
        + "".join(
            f"{n}: &{n} [{', '.join([f'*{p}'] * 9)}]\n" for p, n in ("ab", "bc", "cd", "de", "ef", "fg", "gh", "hi")
        ),
        "alias",
    ),
}


@pytest.mark.parametrize("mistake", BAD_YAML)
def test_a_mistake_in_the_yaml_is_found_before_anything_is_sent(
    mistake: str, servicex: Path, run2_sample: Path, tmp_path: Path
) -> None:
    good, bad, expected = BAD_YAML[mistake]
    text = TALK.read_text()
    line = text[: text.index(good)].count("\n") + 1
    conffile = tmp_path / "reco.yaml"
    conffile.write_text(text.replace(good, bad, 1))
    requests = (servicex / "harness.log").read_text().count("request")
    done = deliver(servicex, conffile, run2_sample, out=tmp_path / "out")
    assert done.returncode != 0
    assert expected in done.stderr
    assert f"reco.yaml:{line}" in done.stderr or mistake in ("syntax error", "alias bomb")
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()
    assert (servicex / "harness.log").read_text().count("request") == requests


def test_a_missing_file_is_named_at_once(servicex: Path, tmp_path: Path) -> None:
    done = deliver(servicex, TALK, tmp_path / "missing.root", out=tmp_path / "out")
    assert done.returncode != 0
    assert "missing.root" in done.stderr
    assert "no such file" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_each_bad_file_has_its_reason_and_the_good_ones_arrive(
    servicex: Path, run2_sample: Path, tmp_path: Path
) -> None:
    page = tmp_path / "page.root"
    page.write_text("<html>503 Service Unavailable</html>")
    lacking = alter(run2_sample, tmp_path / "lacking.root", dropped=["AnalysisJetsAuxDyn.NNJvtPass"])
    reasons = failures(deliver(servicex, TALK, page, lacking, run2_sample, out=tmp_path / "out"))
    assert any("page.root" in reason and "HTML page" in reason for reason in reasons)
    assert any("lacking.root" in reason and "AnalysisJets.NNJvtPass" in reason for reason in reasons)
    assert len(reasons) == 2
    (only,) = (tmp_path / "out").iterdir()
    with uproot.open(only) as file:
        assert file["reco"].num_entries == 100


def test_when_all_files_fail_the_example_says_so_and_where_the_reasons_are(servicex: Path, tmp_path: Path) -> None:
    text = tmp_path / "text.root"
    text.write_text("not a ROOT file")
    (reason,) = failures(deliver(servicex, TALK, text, out=tmp_path / "out"))
    assert "text.root" in reason
    assert not list((tmp_path / "out").glob("*"))


def failures(done: subprocess.CompletedProcess[str]) -> list[str]:
    """The reasons on the page that the failed script names."""
    assert done.returncode != 0
    assert "Traceback" not in done.stdout
    (line,) = [line for line in done.stderr.splitlines() if "failed files:" in line]
    with urllib.request.urlopen(line.split()[-1]) as answer:
        page = answer.read().decode()
    return [row for row in page.split("<tr>") if ".root" in row]


def test_the_doctor_finds_nothing_wrong(servicex: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("X509_USER_PROXY", "/nowhere")
    done = subprocess.run(
        [COMMANDS / "topcp", "doctor", "--json"], cwd=servicex, capture_output=True, text=True, check=True
    )
    found = {one["subject"]: one["state"] for one in json.loads(done.stdout)["findings"]}
    assert found["endpoint"] == found["code generator"] == "ok"
    assert "wrong" not in found.values()
