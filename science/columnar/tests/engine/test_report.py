"""The report: of every block and every branch a verdict, a source, and the payload whose numbers it holds."""

from __future__ import annotations

from pathlib import Path

from .conftest import Run, added, changed, line_of
from .payloads import entry, flat, write_payload

CLUSTERING = """
JetReclustering:
  - {containerName: 'AnaReclustered', jets: 'AnaJets'}
"""


TAGGER = "btagger: '{}'\n        btagWP: 'FixedCutBEff_85'"


def test_every_block_has_a_verdict_and_its_place(run: Run, example: str) -> None:
    config = changed(added(example, CLUSTERING), ("isolation: 'Tight_VarRad'", "isolation: 'PLVTight'"))
    done = run(config, "--allow-missing")
    assert done.code == 0, done.err
    found = {block["block"]: block for block in done.report["blocks"]}
    blocks = [line for line in config.splitlines() if line.strip().startswith(("- btagger", "- selectionName"))]
    assert len([path for path in found if "FlavourTagging" in path or "WorkingPoint" in path]) == len(blocks)
    verdicts = {path: block["verdict"] for path, block in found.items()}
    assert verdicts["JetReclustering[0]"] == verdicts["Muons[0].WorkingPoint[1]"] == "left out"
    assert verdicts["Jets[0].JVT"] == "left out"
    assert "prompt-lepton" in found["Muons[0].WorkingPoint[1]"]["why"]
    assert {verdicts[path] for path in ("Muons[0]", "Electrons[0].IFFClassification", "EventCleaning")} == {"exact"}
    assert f":{line_of(config, '- containerName: ' + repr('AnaMuons'))}:" in found["Muons[0]"]["place"]
    branches = [branch["block"] for branch in done.report["trees"][0]["branches"]]
    assert {path: block["branches"] for path, block in found.items() if block["branches"]} == {
        path: branches.count(path) for path in branches
    }
    for path, verdict in verdicts.items():
        (line,) = [line for line in done.out.splitlines() if line.startswith(f"  {path} ")]
        assert line.split(path, 1)[1].lstrip().startswith(verdict)


def test_branches_and_blocks_name_the_payload_that_their_numbers_are_from(
    run: Run, example: str, tmp_path: Path
) -> None:
    entries = [
        entry("JET_TEST", "scale", "s"),
        entry("EL_EFF_TEST", "weight", "w", "electrons", variable="id_effSF_*"),
    ]
    payload = write_payload(tmp_path / "p.json", [flat("s", 0.05), flat("w", 0.02)], entries)
    report = run(example, "--payload", str(payload)).report
    named = {branch["name"] for branch in report["trees"][0]["branches"] if branch["payload"] == "test"}
    assert {"jet_pt_JET_TEST__1up", "el_id_effSF_tight_NOSYS", "el_id_effSF_tight_EL_EFF_TEST__1down"} <= named
    assert not named & {"jet_pt_NOSYS", "el_pt_NOSYS", "weight_mc_NOSYS"}
    assert not any(name.startswith("weight_mc") for name in named)
    of_blocks = {block["block"]: block["payloads"] for block in report["blocks"]}
    assert of_blocks["Electrons[0].WorkingPoint[0]"] == ["test"]
    assert of_blocks["GeneratorLevelAnalysis"] == []
    assert all(branch["source"] for branch in report["trees"][0]["branches"])


def test_what_hangs_on_a_refused_tagger_is_no_refusal_of_its_own(run: Run, example: str) -> None:
    config = changed(
        added(
            example,
            """
EventSelection:
  - electrons: 'AnaElectrons.tight'
    jets: 'AnaJets'
    btagDecoration: 'ftag_select_GN2v01_FixedCutBEff_85'
    selectionCutsDict:
      'tagged': |
        JET_N_BTAG >= 1
        SAVE
""",
        ),
        (
            "btagger: 'DL1dv01'\n        btagWP: 'FixedCutBEff_85'",
            "btagger: 'GN2v01'\n        btagWP: 'FixedCutBEff_85'",
        ),
    )
    refused = run(config)
    assert refused.code == 65
    assert len(refused.err.splitlines()) == 1
    assert "FlavourTagging[0].btagger" in refused.error
    allowed = run(config, "--allow-missing")
    assert allowed.code == 0, allowed.err
    assert {block["block"]: block["verdict"] for block in allowed.report["blocks"]}["EventSelection[0]"] == "left out"
