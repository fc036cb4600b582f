"""What the toolkit finds only when it sets up its algorithms, in the releases whose code was read for it."""

from __future__ import annotations

import pytest
from topcp_config import check_text

from .world import LAST, MID, NEW, OBJECTS, OLD, TALK, fitted

JETS = "Jets:\n  - containerName: AnaJets\n    jetCollection: AnalysisJets\n"
LARGE = "  - containerName: AnaLarge\n    jetCollection: AnalysisLargeRJets\n"
ELECTRONS = "Electrons:\n  - containerName: AnaElectrons\n"
TWICE = [
    ("two kinds of jets", JETS + LARGE, 4, "JetPileupLabelAlg already", "Give one of them another postfix."),
    (
        "two working points of one name",
        ELECTRONS + "    WorkingPoint:\n"
        "      - {selectionName: tight, likelihoodWP: TightLH, isolationWP: NonIso}\n"
        "      - {selectionName: tight, likelihoodWP: LooseLH, isolationWP: NonIso}\n",
        5,
        "ElectronSelectionSummary_tight already",
        "Give one of them another postfix.",
    ),
    (
        "one container from two blocks",
        JETS + "Muons: {containerName: AnaJets}\n",
        4,
        "the container AnaJets already",
        "Give one of them another containerName.",
    ),
    ("services twice", "CommonServices: [{}, {}]\n", 1, "SystematicsSvc already", "Keep one of them."),
    (
        "cuts on pt twice",
        JETS + "    PtEtaSelection: [{minPt: 25000.0}, {maxEta: 2.5}]\n",
        4,
        "PtEtaSelectionAlgAnaJets already",
        "Give one of them another containerName or postfix.",
    ),
    (
        "one container in the output twice",
        JETS + "Thinning:\n"
        "  - {containerName: AnaJets, outputName: OutJets}\n"
        "  - {containerName: AnaJets, outputName: OutJets, postfix: other}\n",
        6,
        "the output OutJets already",
        "Give one of them another outputName.",
    ),
    (
        "two scale factors of one name",
        JETS + "    JVT: [{}, {postfix: other}]\n",
        4,
        "the output EventInfo.weight_jvt_effSF already",
        "Keep one of them.",
    ),
    (
        "overlap of one container twice",
        JETS + "OverlapRemoval:\n  - {jets: AnaJets}\n  - {jets: AnaJets.jvt, postfix: other}\n",
        6,
        "the output AnaJets.select_or already",
        "Keep one of them.",
    ),
    (
        "overlap of a container with itself",
        JETS + "OverlapRemoval:\n  jets: AnaJets\n  fatJets: AnaJets.jvt\n",
        4,
        "the output AnaJets.select_or already",
        "Keep one of them.",
    ),
]
CUTS = "    selectionCutsDict: {one: SAVE, two: SAVE}\n"
REGIONS = "EventSelection:\n  - noFilter: false\n" + CUTS
MERGED_TWICE = REGIONS + REGIONS.partition("\n")[2].replace("one", "three").replace("two", "four")


@pytest.mark.parametrize(("text", "line", "message", "hint"), [case[1:] for case in TWICE], ids=[c[0] for c in TWICE])
def test_what_two_blocks_make_under_one_name_is_an_error_at_the_second(
    text: str, line: int, message: str, hint: str
) -> None:
    (problem,) = check_text(text, release=OLD)

    assert (problem.severity, problem.code, problem.line) == ("error", "made-twice", line)
    assert message in problem.message
    assert problem.hint == hint


@pytest.mark.parametrize(
    "text",
    [
        JETS + LARGE + "    postfix: large\n",
        fitted(OBJECTS, OLD),
        JETS + "    PtEtaSelection: [{minPt: 25000.0}, {maxEta: 2.5, postfix: eta}]\n",
        JETS + "    JVT: [{globalSF: false}, {postfix: other}]\n",
        JETS + "    FlavourTagging: [{btagWP: FixedCutBEff_70}, {btagWP: FixedCutBEff_77}]\n",
    ],
)
def test_names_that_differ_are_accepted(text: str) -> None:
    assert [problem for problem in check_text(text, release=OLD) if problem.code == "made-twice"] == []


@pytest.mark.parametrize("release", [TALK, MID, NEW])
def test_later_releases_name_algorithms_by_themselves(release: str) -> None:
    assert check_text(JETS + LARGE, release=release) == []


LATER = [
    ("a container of jets twice", JETS + JETS.partition("\n")[2], "made-twice", "warning"),
    ("a container of muons twice", "Muons: [{containerName: Ana}, {containerName: Ana}]\n", "made-twice", "warning"),
    ("a container of taus twice", "TauJets: [{containerName: Ana}, {containerName: Ana}]\n", "made-twice", "warning"),
    (
        "a working point of muons twice",
        "Muons: {containerName: Ana, WorkingPoint: [{selectionName: tight}, {selectionName: tight}]}\n",
        "made-twice",
        None,
    ),
    (
        "a working point of taus twice",
        "TauJets: {containerName: Ana, WorkingPoint: [{selectionName: tight}, {selectionName: tight}]}\n",
        "made-twice",
        None,
    ),
    ("a container of electrons twice", ELECTRONS + "  - containerName: AnaElectrons\n", "made-twice", "warning"),
    (
        "a working point twice",
        ELECTRONS + "    WorkingPoint: [{selectionName: tight}, {selectionName: tight}]\n",
        "made-twice",
        None,
    ),
    ("cuts on pt twice", JETS + "    PtEtaSelection: [{minPt: 25000.0}, {maxEta: 2.5}]\n", "made-twice", None),
    (
        "one container in the output twice",
        JETS
        + "Thinning:\n  - {containerName: AnaJets, outputName: Out}\n  - {containerName: AnaJets, outputName: Out}\n",
        "made-twice",
        "warning",
    ),
    ("MET without jets", JETS + "MissingET:\n  containerName: AnaMET\n", "needed-option", "warning"),
]


@pytest.mark.parametrize(("text", "code", "between"), [case[1:] for case in LATER], ids=[case[0] for case in LATER])
def test_what_later_releases_refuse_as_well_only_warns_in_those_that_were_not_read(
    text: str, code: str, between: str | None
) -> None:
    for release, severity in ((TALK, between), (LAST, "error"), (NEW, "error")):
        found = [problem.severity for problem in check_text(text, release=release) if problem.code == code]
        assert found == ([severity] if severity else [])


@pytest.mark.parametrize("condition", ["skipOnData: true", "skipOnMC: true", "onlyForDSIDs: ['410470']"])
def test_what_runs_on_some_samples_only_is_not_made_twice(condition: str) -> None:
    cuts = f"    PtEtaSelection: [{{minPt: 25000.0, {condition}}}, {{maxEta: 2.5}}]\n"
    both = f"{ELECTRONS}    {condition}\n{cuts}{ELECTRONS.partition(chr(10))[2]}{cuts}"

    assert check_text(JETS + cuts, release=NEW) == []
    assert [one.code for one in check_text(both, release=NEW)] == []


def test_regions_are_merged_once() -> None:
    (problem,) = check_text(MERGED_TWICE, release=OLD)

    assert (problem.code, problem.line) == ("made-twice", 4)
    assert problem.hint == "Put all regions into one block."


NEEDED = [
    (ELECTRONS + "    WorkingPoint: {selectionName: tight, isolationWP: NonIso}\n", 3, "Write likelihoodWP."),
    ("Muons:\n  containerName: A\n  WorkingPoint: {selectionName: tight, isolation: NonIso}\n", 3, "Write quality."),
    (JETS + "MissingET:\n  containerName: AnaMET\n", 4, "Write jets."),
    (JETS + "MissingET:\n  containerName: AnaMET\n  jets: ''\n", 4, "Write jets."),
    ("PerEventSF:\n  name: SF\n  particles: ''\n", 1, "Write particles."),
    ("Trigger:\n  triggerChainsPerYear: {'2018': [HLT_mu50]}\n", 1, "Write electrons, muons or photons."),
    ("EventSelection:\n  - debugMode: false\n" + CUTS, 2, "Write noFilter: false."),
]


@pytest.mark.parametrize(("text", "line", "hint"), NEEDED)
def test_an_option_whose_default_is_of_no_use_must_be_given(text: str, line: int, hint: str) -> None:
    (problem,) = check_text(text, release=OLD)

    assert (problem.severity, problem.code, problem.line) == ("error", "needed-option", line)
    assert problem.hint == hint


def test_a_label_that_becomes_a_selection_must_be_a_name() -> None:
    text = JETS + "OverlapRemoval:\n  jets: AnaJets\n  outputLabel: passes-OR\n"

    (problem,) = check_text(text, release=OLD)

    assert (problem.severity, problem.code, problem.line, problem.column) == ("error", "selection-name", 6, 16)


@pytest.mark.parametrize("name", ["selectionName: noOverlap", "jetsSelectionName: noOverlap"])
def test_a_label_that_stays_a_label_may_be_anything(name: str) -> None:
    text = JETS + f"OverlapRemoval:\n  jets: AnaJets\n  outputLabel: passes-OR\n  {name}\n"

    assert check_text(text, release=OLD) == []


@pytest.mark.parametrize(("options", "column"), [("{btagWP: Eff-77}", 30), ("{btagger: GN 2, btagWP: Eff_77}", 31)])
def test_a_tagger_and_its_point_must_be_a_name_together_unless_another_is_given(options: str, column: int) -> None:
    text = JETS + f"    FlavourTagging: {options}\n"
    named = JETS + f"    FlavourTagging: {options[:-1]}, selectionName: mine}}\n"

    assert [(one.code, one.column) for one in check_text(text, release=OLD) if one.severity == "error"] == [
        ("selection-name", column)
    ]
    assert [one for one in check_text(named, release=OLD) if one.severity == "error"] == []


def test_a_trigger_given_twice_writes_one_branch_twice() -> None:
    chains = "Trigger: {triggerChainsForSelection: [HLT_mu50, HLT_mu26, HLT_mu50]}\n"

    (problem,) = check_text(chains, release=OLD)

    assert (problem.severity, problem.code) == ("error", "made-twice")
    assert "the output EventInfo.trigPassed_HLT_mu50 already" in problem.message
    assert check_text(chains.replace(", HLT_mu50]", "]"), release=OLD) == []


UNUSABLE = [
    ("EventCleaning: {userGRLFiles: 1}\n", 31, "Write a list."),
    (
        "Trigger: {muons: AnaMuons, triggerChainsPerYear: [HLT_mu26]}\nMuons: {containerName: AnaMuons}\n",
        50,
        "Write a mapping.",
    ),
    (
        "Trigger: {muons: Ana, triggerChainsPerYear: {'2018': HLT_mu50}}\nMuons: {containerName: Ana}\n",
        54,
        "Write a list.",
    ),
    ("Trigger: {triggerChainsForSelection: [HLT_mu50, 7]}\n", 49, "Write a text."),
    (
        "Trigger: {muons: Ana, triggerChainsPerYear: {'2018': [[HLT_mu50]]}}\nMuons: {containerName: Ana}\n",
        55,
        "Write a text.",
    ),
    ("EventCutFlow: {customSelections: {a: 1}}\n", 34, "Write a text or a list."),
]


@pytest.mark.parametrize(("text", "column", "hint"), UNUSABLE)
def test_a_value_of_a_kind_that_no_algorithm_can_use_is_an_error(text: str, column: int, hint: str) -> None:
    (problem,) = check_text(text, release=OLD)

    assert (problem.severity, problem.code, problem.column) == ("error", "unusable-value", column)
    assert problem.hint == hint
