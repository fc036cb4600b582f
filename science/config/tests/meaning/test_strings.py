"""Working points and other texts of which an option takes only some: errors where that is sure, otherwise warnings."""

from __future__ import annotations

import pytest
from topcp_config import RELEASES, check_text
from topcp_config.strings import closed_sets

from .world import LAST, MID, NEW, OLD, TALK

ELECTRONS = "Electrons: {{containerName: E, WorkingPoint: {{selectionName: tight, isolationWP: NonIso, {}}}}}\n"
MUONS = "Muons: {{containerName: M, WorkingPoint: {{selectionName: tight, {}}}}}\n"
PHOTONS = "Photons: {{containerName: P, WorkingPoint: {{selectionName: tight, isolationWP: NonIso, {}}}}}\n"
TAUS = "TauJets: {{containerName: T, WorkingPoint: {{selectionName: tight, {}}}}}\n"
JETS = "Jets: {{containerName: J, jetCollection: AntiKt4EMPFlowJets, {}}}\n"
TOPO_JETS = "Jets: {{containerName: J, jetCollection: AntiKt4EMTopoJets, {}}}\n"
TAGGING = "Jets: {{containerName: J, jetCollection: AntiKt4EMPFlowJets, FlavourTagging: {{{}}}}}\n"


def found_in(text: str, release: str) -> list[tuple[str, str]]:
    return [(problem.severity, problem.code) for problem in check_text(text, release=release)]


GOOD = [
    (OLD, ELECTRONS, "likelihoodWP: TightLH"),
    (OLD, ELECTRONS, "likelihoodWP: LooseBLLH"),
    (NEW, ELECTRONS, "identificationWP: TightDNN"),
    (MID, ELECTRONS, "identificationWP: NoID"),
    (NEW, ELECTRONS, "identificationWP: TightLH, convSelection: Veto"),
    (OLD, ELECTRONS, "likelihoodWP: TightDNN, recomputeLikelihood: true"),
    (OLD, MUONS, "quality: LowPtEfficiency, isolation: PflowTight_VarRad"),
    (NEW, MUONS, "quality: Medium, isolation: PLIVTight"),
    (OLD, PHOTONS, "qualityWP: Tight"),
    (OLD, TAUS, "quality: Baseline"),
    (MID, TAUS, "quality: BaselineForFakes"),
    (OLD, JETS, "systematicsModelJES: R4_GlobalReduction_SR_Scenario1, systematicsModelJER: Simple"),
    (OLD, JETS, "systematicsModelJES: All, systematicsModelJER: All"),
    (NEW, JETS, "systematicsModelJES: Category, systematicsModelJER: Full"),
    (MID, TAGGING, "btagger: GN2v01, btagWP: FixedCutBEff_65"),
    (MID, TAGGING, "btagger: GN2v01, btagWP: Continuous"),
    (OLD, JETS, "runNNJvtUpdate: true, runFJvtSelection: true"),
    (NEW, JETS, "runFJvtSelection: true, runFJvtEfficiency: true"),
]


@pytest.mark.parametrize(("release", "block", "options"), GOOD)
def test_a_value_that_the_release_takes_is_accepted(release: str, block: str, options: str) -> None:
    assert found_in(block.format(options), release) == []


BAD = [
    (OLD, ELECTRONS, "likelihoodWP: Tight", "error", "Did you mean TightLH"),
    (OLD, ELECTRONS, "likelihoodWP: tightLH", "error", "Did you mean TightLH"),
    (TALK, ELECTRONS, "likelihoodWP: TigthLH", "warning", "Did you mean TightLH"),
    (NEW, ELECTRONS, "identificationWP: Tight", "error", "Did you mean TightLH"),
    (NEW, ELECTRONS, "identificationWP: VeryTightLHC", "warning", ""),
    (
        OLD,
        "Electrons: {{containerName: E, WorkingPoint: {{selectionName: a_, {}}}}}\n",
        "isolationWP: Tigth_VarRad",
        "error",
        "Did you mean Tight_VarRad",
    ),
    (OLD, MUONS, "quality: Mediun", "error", "Did you mean Medium?"),
    (LAST, MUONS, "quality: LowPt", "error", ""),
    (NEW, MUONS, "quality: Mediun", "warning", "Did you mean Medium?"),
    (OLD, MUONS, "isolation: NoIso", "error", "Did you mean NonIso?"),
    (MID, MUONS, "isolation: NoIso", "warning", "Did you mean NonIso?"),
    (OLD, PHOTONS, "qualityWP: Medium", "error", "It is Tight or Loose."),
    (MID, PHOTONS, "qualityWP: Tigth", "error", "Did you mean Tight?"),
    (MID, TAUS, "quality: NoID", "error", ""),
    (OLD, JETS, "systematicsModelJES: Categry", "error", "Did you mean Category?"),
    (OLD, JETS, "systematicsModelJER: Reduced", "error", "It is All, Full or Simple."),
    (TALK, TAGGING, "btagger: GN2v10", "warning", "Did you mean GN2v01"),
    (TALK, TAGGING, "btagWP: 77", None, ""),
    (TALK, TAGGING, "btagWP: FixedCutBEf_77", "warning", "Did you mean FixedCutBEff_77"),
    (
        NEW,
        "CommonServices: {{{}}}\n",
        "onlySystematicsCategories: [jets, electron]",
        "warning",
        "Did you mean electrons?",
    ),
]


@pytest.mark.parametrize(("release", "block", "options", "severity", "hint"), BAD)
def test_another_value_is_an_error_where_that_is_sure_and_else_warns(
    release: str, block: str, options: str, severity: str | None, hint: str
) -> None:
    text = block.format(options)

    problems = [problem for problem in check_text(text, release=release) if problem.code == "unknown-value"]

    assert [problem.severity for problem in problems] == ([severity] if severity else [])
    for problem in problems:
        assert hint in (problem.hint or "")
        value = options.partition(": ")[2].strip("[]").split(", ")[-1]
        assert problem.column == text.rindex(value) + 1


COMBINATIONS = [
    (OLD, JETS, "systematicsModelJES: All, systematicsModelJER: Simple"),
    (NEW, JETS, "systematicsModelJES: Category, systematicsModelJER: All"),
    (MID, JETS, "systematicsModelJER: All"),
    (OLD, JETS, "systematicsModelJES: R4_Scenario1, systematicsModelJER: Full"),
    (OLD, ELECTRONS, "likelihoodWP: TightDNN"),
    (NEW, ELECTRONS, "identificationWP: TightDNN, convSelection: Veto"),
    (OLD, JETS, "runFJvtSelection: true, runFJvtEfficiency: true"),
    (OLD, TOPO_JETS, "runNNJvtUpdate: true"),
    (NEW, TOPO_JETS, "runNNJvtUpdate: true"),
]


@pytest.mark.parametrize(("release", "block", "options"), COMBINATIONS)
def test_values_that_do_not_go_together_are_an_error(release: str, block: str, options: str) -> None:
    assert found_in(block.format(options), release) == [("error", "value-combination")]


def test_of_a_wrong_value_only_that_is_said() -> None:
    assert found_in(JETS.format("systematicsModelJES: Everything, systematicsModelJER: All"), OLD) == [
        ("error", "unknown-value")
    ]


def test_at_the_other_levels_another_value_warns() -> None:
    text = MUONS.format("quality: Mediun")

    assert [p.severity for p in check_text(text, release=OLD, level="particle") if p.code == "unknown-value"] == [
        "warning"
    ]


@pytest.mark.parametrize("release", RELEASES)
def test_a_release_has_no_two_sure_answers_to_one_question(release: str) -> None:
    for block, several in closed_sets().items():
        sure = [one.option for one in several if one.certain and one.span.holds(release) == "yes"]
        assert len(sure) == len(set(sure)), block


def test_every_set_takes_the_values_that_it_lists_and_no_other_word() -> None:
    for several in closed_sets().values():
        for one in several:
            assert all(one.takes(value) for value in one.values)
            assert not one.takes("")
            assert not one.takes("Something Else")
