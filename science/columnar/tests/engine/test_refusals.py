"""What is asked for by name and cannot be computed: an error with the place, or, if allowed, left out and listed."""

from __future__ import annotations

import pytest

from .conftest import Run, added, changed, line_of

RECLUSTERED = """
JetReclustering:
  - containerName: 'AnaReclustered'
    jets: 'AnaJets'
"""


def test_a_block_that_is_not_computed_is_refused_at_its_place(run: Run, example: str) -> None:
    config = added(example, RECLUSTERED)
    done = run(config)
    assert (done.code, done.left_behind) == (65, set())
    assert f"reco.yaml:{line_of(config, '  - containerName: ' + repr('AnaReclustered'))}" in done.error
    assert "JetReclustering" in done.error


def test_all_refusals_are_listed_at_once(run: Run, example: str) -> None:
    config = changed(added(example, RECLUSTERED), ("runJvtUpdate: False", "runJvtUpdate: True"))
    done = run(config)
    assert done.error.endswith("(and 1 more)")
    assert {line.split(": ")[0].strip().rsplit(":", 1)[0] for line in done.err.removeprefix("ERROR ").splitlines()} == {
        f"config/reco.yaml:{line_of(config, 'runJvtUpdate')}",
        f"config/reco.yaml:{line_of(config, '- containerName: ' + repr('AnaReclustered'))}",
    }


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ("runJvtUpdate: False", "runJvtUpdate: True", "not stored"),
        (
            "jetCollection: 'AntiKt4EMPFlowJets'\n    runJvtUpdate: False\n    runNNJvtUpdate: True",
            "jetCollection: 'AntiKt4EMTopoJets'\n    runJvtUpdate: False",
            "AntiKt4EMPFlowJets",
        ),
        ("btagWP: 'Continuous'", "btagWP: 'FixedCutBEff_90'", "FixedCutBEff_85"),
        ("taggerName: 'DL1dv01'", "taggerName: 'GN2v01'", "not public"),
        ("isolation: 'Tight_VarRad'", "isolation: 'PLVTight'", "prompt-lepton"),
        (
            "isolationWP: 'NonIso'",
            "isolationWP: 'NonIso'\n        recomputeLikelihood: True",
            "inputs of the likelihood",
        ),
        ("minPt: 25000.0\n      maxEta: 2.47", "minPt: 25000.0\n      maxPt: 'low'", "'low' is not a number"),
        ("runEventCleaning: True", "runEventCleaning: True\n  selectionFlags: 'one'", "not a list of texts"),
        ("EventCleaning:\n", "EventCleaning:\n  invertFlags: [0, 1]\n", "selectionFlags"),
    ],
)
def test_an_option_that_cannot_be_honoured_is_refused_with_the_reason(
    run: Run, example: str, before: str, after: str, reason: str
) -> None:
    done = run(changed(example, (before, after)))
    assert (done.code, done.left_behind) == (65, set())
    assert reason in done.error
    assert "config/reco.yaml:" in done.error


def test_an_isolation_the_engine_does_not_know_is_refused_with_those_it_does(run: Run, example: str) -> None:
    config = changed(example, ("isolationWP: 'Tight_VarRad'", "isolationWP: 'Tighter'"))
    done = run(config)
    assert done.code == 65
    assert f"reco.yaml:{line_of(config, 'isolationWP: ' + repr('Tighter'))}" in done.error
    assert "Tight_VarRad" in done.error


def test_with_allow_missing_the_block_and_what_hangs_on_it_are_left_out(run: Run, example: str) -> None:
    config = changed(
        added(
            example,
            RECLUSTERED + "\nThinning:\n  - {containerName: 'AnaMuons', selectionName: 'tight', outputName: 'Out'}",
        ),
        ("isolation: 'Tight_VarRad'", "isolation: 'PLVTight'"),
        ("mu_: 'AnaMuons'", "mu_: 'AnaMuons'\n    ljet_: 'AnaReclustered'\n    out_: 'Out'"),
    )
    assert run(config).code == 65
    done = run(config, "--allow-missing")
    names = done.names()
    assert done.code == 0
    assert "mu_select_loose_NOSYS" in names
    assert not [name for name in names if name.startswith(("ljet_", "out_")) or name == "mu_select_tight_NOSYS"]
    omitted = {entry["what"]: entry["why"] for entry in done.report["omitted"]}
    assert "prompt-lepton" in omitted["Muons[0].WorkingPoint[1].isolation"] or any("PLV" in w for w in omitted.values())
    assert {"JetReclustering[0]", "the container AnaReclustered", "the container Out"} <= set(omitted)
    assert "JetReclustering[0]" in done.out


def test_what_is_merely_implied_is_left_out_and_listed(run: Run, example: str) -> None:
    done = run(example)
    omitted = {entry["what"]: entry for entry in done.report["omitted"]}
    assert done.code == 0
    assert "scale factors" in omitted["el_reco_effSF_loose_NOSYS"]["why"]
    assert "scale factors" in omitted["weight_jvt_effSF_NOSYS"]["why"]
    assert "MetaData" in omitted["CutBookkeeper_* histograms"]["why"]
    assert "left out" in done.out
    assert not set(omitted) & set(done.names())


def test_cut_book_keepers_asked_for_by_name_are_refused_where_the_file_has_none(run: Run, example: str) -> None:
    config = changed(example, ("GeneratorLevelAnalysis: {}", "GeneratorLevelAnalysis: {saveCutBookkeepers: True}"))
    assert run(config).code == 65


def test_the_stored_calibration_is_told_once(run: Run, example: str) -> None:
    done = run(example)
    lines = [line for line in done.out.splitlines() if "stored calibration used" in line]
    assert {"Jets[0].runNNJvtUpdate" in line for line in lines} == {True, False}
    notes = [note for note in done.report["notes"] if "stored calibration used" in note["why"]]
    assert len(notes) == 4
    calibrated = changed(
        example,
        ("crackVeto: True", "crackVeto: True\n    recalibratePhyslite: False"),
        ("containerName: 'AnaMuons'\n", "containerName: 'AnaMuons'\n    recalibratePhyslite: False\n"),
        ("runNNJvtUpdate: True", "recalibratePhyslite: False"),
    )
    assert "stored calibration" not in run(calibrated).out


def test_errors_of_the_configuration_come_with_their_places(run: Run, example: str) -> None:
    config = changed(example, ("crackVeto", "crackVetto"), ("systematicsModelJES", "systematicModelJES"))
    done = run(config)
    assert done.code == 65
    assert f"reco.yaml:{line_of(config, 'systematicModelJES')}" in done.error
    assert f"reco.yaml:{line_of(config, 'crackVetto')}" in done.err
    assert "crackVeto" in done.err


def test_a_configuration_without_output_is_refused(run: Run, example: str) -> None:
    done = run(example[: example.index("Output:")])
    assert done.code == 65
    assert "Output" in done.error
