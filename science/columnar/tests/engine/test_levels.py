"""Detector level, particle level and partons in one run: a tree each, in one file."""

from __future__ import annotations

from pathlib import Path

import pytest
import uproot

from .conftest import Done, Run, changed, write_inputs

PARTICLE = """
CommonServices: {systematicsHistogram: listOfSystematicsParticleLevel}
GeneratorLevelAnalysis: {}
PL_Jets: {PtEtaSelection: {minPt: 25000.0}}
Thinning: [{containerName: AntiKt4TruthDressedWZJets, outputName: OutJets}]
Output:
  treeName: particleLevel
  vars: ['EventInfo.eventNumber -> eventNumber']
  containers: {'': EventInfo, jet_: OutJets}
# release: 25.2.52
"""


@pytest.fixture
def both(run: Run, tmp_path: Path) -> Run:
    """Run two levels; their configurations stand in one folder."""

    def both(reco: str, particle: str, *flags: str, **more: tuple[Path | str, ...]) -> Done:
        write_inputs(tmp_path, particle, (), "particle")
        return run(reco, "--particle", *flags, **more)

    return both


def test_each_level_writes_its_tree_of_the_same_events(both: Run, example: str) -> None:
    done = both(example, PARTICLE, "-e", "50")
    assert done.code == 0, done.err
    reco, particle = done.branches("reco"), done.branches("particleLevel")
    assert reco["eventNumber"] == particle["eventNumber"]
    assert reco["weight_mc_GEN_INDEX_3"] == particle["weight_mc_GEN_INDEX_3"]
    assert {name for name in particle if name.startswith("jet_")} >= {"jet_pt", "jet_e", "jet_nGhosts_bHadron"}


def test_a_level_is_the_same_alone_and_beside_another(run: Run, both: Run, example: str) -> None:
    together = both(example, PARTICLE, "-e", "50", "--chunk-events", "13").branches("particleLevel")
    assert together == run(PARTICLE, "--particle", "--no-reco", "-e", "50", level="particle").branches("particleLevel")


def test_the_report_tells_of_each_level(both: Run, example: str) -> None:
    report = both(example, PARTICLE, "-e", "5").report
    (other,) = report["further_levels"]
    assert [one["configuration"]["level"] for one in (report, other)] == ["reco", "particle"]
    assert [tree["name"] for one in (report, other) for tree in one["trees"]] == ["reco", "particleLevel"]
    assert other["release"]["name"] == "25.2.52"
    assert {branch["verdict"] for branch in other["trees"][0]["branches"]} == {"exact"}


@pytest.mark.run3
def test_sums_of_weights_are_kept_once(run: Run, both: Run, example: str, run3_sample: Path) -> None:
    done = both(example, PARTICLE, "-e", "5", inputs=(run3_sample,))
    with uproot.open(done.folder / "out.root") as file:
        names = list(file.keys(cycle=False))
        sums = file["CutBookkeeper_601229_450000_NOSYS"].values()
    assert len(names) == len(set(names))
    assert {"listOfSystematics", "listOfSystematicsParticleLevel"} <= set(names)
    alone = run(example, inputs=(run3_sample,))
    with uproot.open(alone.folder / "out.root") as file:
        assert file["CutBookkeeper_601229_450000_NOSYS"].values().tolist() == sums.tolist()


def test_all_levels_are_refused_at_once(both: Run, example: str) -> None:
    missing = PARTICLE.replace("PL_Jets: {", "PL_Jets: {containerName: AntiKt10TruthTrimmedPtFrac5SmallR20Jets, ")
    done = both(changed(example, ("isolation: 'Tight_VarRad'", "isolation: 'PLVTight'")), missing)
    assert (done.code, done.left_behind) == (65, set())
    assert "config/reco.yaml" in done.err
    assert "config/particle.yaml" in done.err
    assert "AntiKt10TruthSoftDropBeta100Zcut10Jets" in done.err


def test_what_two_levels_write_has_two_names(both: Run, example: str) -> None:
    done = both(example, PARTICLE.replace("treeName: particleLevel", "treeName: reco"))
    assert (done.code, done.left_behind) == (65, set())
    assert "'reco'" in done.error


def test_a_level_without_configuration_is_an_error(run: Run, example: str) -> None:
    done = run(example, "--particle")
    assert done.code == 65
    assert "config/particle.yaml" in done.error
