"""References between blocks: containers, selections on them and b-tagging exist, in the release that is meant."""

from __future__ import annotations

import re
from typing import Literal

import pytest
from topcp_config import RELEASES, Problem

from .world import DOCS, LAST, MID, NEW, OBJECTS, OLD, TALK, checked, errors_in

WORLD = OBJECTS[: OBJECTS.index("MissingET")]
MET = "MissingET:\n  containerName: AnaMET\n"


def found_in(block: str, release: str, world: str = WORLD) -> list[tuple[str, str, int, int]]:
    """The problems of a block behind others: severity, code, line in the block and column."""
    before = world.count("\n")
    problems = checked(world + with_jets(block), release)
    return [(p.severity, p.code, (p.line or 0) - before, p.column or 0) for p in problems]


def with_jets(block: str) -> str:
    """Give the jets that it needs to MissingET, as its last line."""
    own = re.search(rf"{MET}(  .*\n)*", block)
    if own is None or "  jets:" in own[0]:
        return block
    return f"{block[: own.end()]}  jets: AnaJets\n{block[own.end() :]}"


def hint_of(block: str, release: str, world: str = WORLD) -> str:
    (problem,) = checked(world + with_jets(block), release)
    return problem.hint or ""


GOOD = [
    MET + "  electrons: AnaElectrons\n",
    MET + "  electrons: AnaElectrons.tight\n  muons: AnaMuons.loose\n  jets: AnaJets\n",
    MET + "  electrons: AnaElectrons.loose&&tight\n",
    MET + "  electrons: AnaElectrons.loose || tight\n",
    MET + "  electrons: AnaElectrons.loose&&!(tight||loose)\n",
    MET + "  electrons: AnaElectrons.loose&&true\n",
    MET + "  electrons: ''\n",
    "Thinning:\n  containerName: AnaElectrons\n  selectionName: tight\n  outputName: OutElectrons\n",
    "Thinning:\n  containerName: AnaElectrons\n  selectionName: tight||loose\n",
    "ObjectCutFlow:\n  containerName: AnaElectrons\n  selectionName: tight\n",
    "OverlapRemoval:\n  electrons: AnaElectrons.loose\n  jets: AnaJets\n",
]


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("block", GOOD)
def test_what_other_blocks_make_can_be_referred_to(release: str, block: str) -> None:
    assert [one for one in found_in(block, release) if one[0] == "error"] == []


BAD = [
    ("a misspelt container", MET + "  electrons: AnaElektrons\n", "unknown-container", 3, 14),
    ("a misspelt selection", MET + "  electrons: AnaElectrons.tihgt\n", "unknown-selection", 3, 27),
    ("the second of two", MET + "  electrons: AnaElectrons.tight||lose\n", "unknown-selection", 3, 34),
    ("a selection of muons", MET + "  muons: AnaMuons.quality\n", "unknown-selection", 3, 19),
    ("two dots", MET + "  muons: AnaMuons.a.b\n", "bad-reference", 3, 10),
    ("no selection behind the dot", MET + "  muons: AnaMuons.\n", "bad-reference", 3, 19),
    ("an operator at the end", MET + "  muons: AnaMuons.loose&&\n", "bad-reference", 3, 26),
    ("one ampersand", MET + "  muons: AnaMuons.loose&tight\n", "bad-reference", 3, 24),
    ("a word for an operator", MET + "  muons: AnaMuons.loose and tight\n", "bad-reference", 3, 25),
    ("one letter", MET + "  muons: AnaMuons.loose && x\n", "bad-reference", 3, 28),
    ("a bracket left open", MET + "  muons: AnaMuons.(loose\n", "bad-reference", 3, 25),
    ("a bracket closed", MET + "  muons: AnaMuons.loose)\n", "bad-reference", 3, 24),
    ("not without anything", MET + "  muons: AnaMuons.!\n", "bad-reference", 3, 20),
    ("a minus", MET + "  muons: AnaMuons.loose-tight\n", "bad-reference", 3, 24),
    ("a selection for MET's jets", MET + "  jets: AnaJets.hard\n", "bad-reference", 3, 9),
    (
        "a cutflow of what is not there",
        "ObjectCutFlow:\n  containerName: AnaMet\n  selectionName: tight\n",
        "unknown-container",
        2,
        18,
    ),
    (
        "a cutflow of an expression",
        "ObjectCutFlow:\n  containerName: AnaMuons\n  selectionName: loose||tight\n",
        "bad-reference",
        3,
        18,
    ),
    (
        "thinning by what is not there",
        "Thinning:\n  containerName: AnaMuons\n  selectionName: medium\n",
        "unknown-selection",
        3,
        18,
    ),
    ("overlap removal of what is not there", "OverlapRemoval:\n  jets: AnaJet\n", "unknown-container", 2, 9),
    (
        "a selection of one letter",
        "OverlapRemoval:\n  jets: AnaJets\n  selectionName: x\n",
        "selection-name",
        3,
        18,
    ),
    (
        "a selection with a minus",
        "OverlapRemoval:\n  jets: AnaJets\n  selectionName: passes-or\n",
        "selection-name",
        3,
        18,
    ),
]


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize(("block", "code", "line", "column"), [bad[1:] for bad in BAD], ids=[bad[0] for bad in BAD])
def test_a_reference_to_what_no_block_makes_is_an_error_at_its_place(
    release: str, block: str, code: str, line: int, column: int
) -> None:
    errors = [one for one in found_in(block, release) if one[0] == "error"]

    assert errors == [("error", code, line, column)]


HINTS = [
    (MET + "  electrons: AnaElektrons\n", "Did you mean AnaElectrons?"),
    (MET + "  electrons: anaElectrons\n", "Did you mean AnaElectrons?"),
    (MET + "  electrons: AnaElectrons.tihgt\n", "Did you mean tight?"),
    (MET + "  electrons: AnaElectrons.medium\n", "There is loose, tight."),
    (MET + "  jets: AnaJets.hard\n", "Write AnaJets."),
    (MET + "  muons: EventInfo.tight\n", "Nothing selects in this container."),
    (MET + "  invisible: AnaMuons.tight\n", "Write AnaMuons."),
]


@pytest.mark.parametrize(("block", "hint"), HINTS)
def test_a_hint_names_what_is_near_or_what_there_is(block: str, hint: str) -> None:
    assert hint in hint_of(block, MID)


JVT_NAMES = [
    (OLD, "jvt", None),
    (OLD, "baselineJvt", "error"),
    (TALK, "jvt", "error"),
    (TALK, "baselineJvt", None),
    (DOCS, "baselineJvt", None),
    (DOCS, "jvt", "error"),
    (NEW, "baselineJvt", None),
]


@pytest.mark.parametrize(("release", "name", "severity"), JVT_NAMES)
def test_what_the_selection_on_the_jet_vertex_tagger_is_called_depends_on_the_release(
    release: str, name: str, severity: str | None
) -> None:
    found = found_in(f"ObjectCutFlow:\n  containerName: AnaJets\n  selectionName: {name}\n", release)

    assert [one[:2] for one in found] == ([(severity, "unknown-selection")] if severity else [])


def test_without_the_tool_there_is_no_selection_of_it() -> None:
    world = WORLD.replace("    FlavourTagging", "    runJvtSelection: false\n    FlavourTagging")

    assert found_in("ObjectCutFlow:\n  containerName: AnaJets\n  selectionName: baselineJvt\n", DOCS, world)[0][:2] == (
        "error",
        "unknown-selection",
    )


@pytest.mark.parametrize("release", [TALK, DOCS])
@pytest.mark.parametrize("name", ["baselineJvt", "DL1dv01_FixedCutBEff_77"])
def test_what_a_release_may_select_is_no_error(release: str, name: str) -> None:
    found = found_in(f"ObjectCutFlow:\n  containerName: AnaJets\n  selectionName: {name}\n", release)

    assert found in ([], [("warning", "unknown-selection", 3, 18)])


@pytest.mark.parametrize("release", [MID, LAST, NEW])
def test_flavour_tagging_makes_a_selection(release: str) -> None:
    cutflow = "ObjectCutFlow:\n  containerName: AnaJets\n  selectionName: DL1dv01_FixedCutBEff_77\n"

    assert found_in(cutflow, release) == []
    renamed = WORLD.replace("btagger: DL1dv01", "selectionName: tagged, btagger: DL1dv01")
    assert found_in(cutflow.replace("DL1dv01_FixedCutBEff_77", "tagged"), release, renamed) == []
    assert [one[1] for one in found_in(cutflow, release, renamed)] == ["unknown-selection"]
    continuous = WORLD.replace("FixedCutBEff_77", "Continuous")
    assert [one[1] for one in found_in(cutflow.replace("FixedCutBEff_77", "Continuous"), release, continuous)] == [
        "unknown-selection"
    ]


@pytest.mark.parametrize("release", RELEASES)
def test_pt_and_eta_make_the_selection_they_are_given_a_name_for(release: str) -> None:
    cutflow = "ObjectCutFlow:\n  containerName: AnaJets\n  selectionName: hard\n"

    assert found_in(cutflow, release) == []
    assert found_in(cutflow, release, WORLD.replace("selectionName: hard, ", ""))[0][:2] == (
        "error",
        "unknown-selection",
    )


OVERLAP = "OverlapRemoval:\n  jets: AnaJets\n  electrons: AnaElectrons.loose\n"
AFTER_OVERLAP = [
    ("  outputLabel: passesOR\n", "passesOR", [OLD, DOCS], [MID, LAST, NEW]),
    ("  outputLabel: passesOR\n  selectionName: clean\n", "clean", RELEASES, []),
    ("  outputLabel: passesOR\n  electronsSelectionName: clean\n", "clean", RELEASES, []),
    ("  outputLabel: passesOR\n  jetsSelectionName: clean\n", "clean", [], RELEASES),
]


@pytest.mark.parametrize(("options", "name", "made", "not_made"), AFTER_OVERLAP)
def test_overlap_removal_makes_selections_on_the_containers_it_is_given(
    options: str, name: str, made: list[str], not_made: list[str]
) -> None:
    cutflow = f"ObjectCutFlow:\n  containerName: AnaElectrons\n  selectionName: {name}\n"
    for release in RELEASES:
        text = OVERLAP + options + cutflow
        codes = [one[1] for one in found_in(text, release) if one[0] == "error"]
        if release in made:
            assert codes == []
        if release in not_made:
            assert codes == ["unknown-selection"]


def test_what_thinning_makes_exists_in_the_output_only() -> None:
    thinning = "Thinning:\n  containerName: AnaMuons\n  selectionName: tight\n  outputName: OutMuons\n"

    assert errors_in(WORLD + thinning + "Output:\n  treeName: reco\n  containers: {mu_: OutMuons}\n", TALK) == []
    (problem,) = errors_in(WORLD + thinning + MET + "  muons: OutMuons\n", TALK)
    assert (problem.code, problem.hint) == ("unknown-container", "Write AnaMuons.")


# --- the order of blocks ---------------------------------------------------------------------------------------------


def test_until_24_2_37_what_is_read_must_be_made_by_a_block_that_runs_before() -> None:
    selection = "OverlapRemoval:\n  electrons: AnaElectrons\n  selectionName: clean\n"
    reader = MET + "  electrons: AnaElectrons.clean\n"

    assert [one[:2] for one in found_in(reader + selection, OLD)] == [("error", "made-later")]
    assert [one[:2] for one in found_in(selection + reader, OLD)] == [("error", "made-later")]
    assert [one[0] for one in found_in(selection + reader, TALK)] == ["warning"]
    assert found_in(selection + reader, MID) == []


def test_the_order_of_blocks_in_the_text_says_nothing() -> None:
    before = MET + "  jets: AnaJets\n  electrons: AnaElectrons.tight\n" + WORLD

    assert checked(before, OLD) == []


# --- what is not known -----------------------------------------------------------------------------------------------


def severities(problems: list[Problem]) -> set[tuple[str, str]]:
    return {(problem.severity, problem.code) for problem in problems}


UNKNOWN_BLOCK = """\
AddConfigBlocks:
  - {modulePath: my.module, functionName: makeMine, algName: Mine, pos: Output}
Mine: {}
"""


def test_where_a_block_of_ones_own_may_make_anything_a_missing_container_only_warns() -> None:
    bad = WORLD + MET + "  jets: AnaJets\n  electrons: MyElectrons.mine\n  muons: AnaMuons.mine\n"

    assert severities(checked(bad, TALK)) == {
        ("error", "unknown-container"),
        ("error", "unknown-selection"),
    }
    found = severities(checked(bad + UNKNOWN_BLOCK, TALK))
    assert {("warning", "unknown-container"), ("warning", "unknown-selection")} <= found
    assert not [code for severity, code in found if severity == "error"]


@pytest.mark.parametrize("level", ["parton", "particle"])
def test_at_the_other_levels_what_is_missing_only_warns(level: Literal["parton", "particle"]) -> None:
    bad = "PL_Electrons: {}\nObjectCutFlow: {containerName: TruthJets}\n"

    found = severities(checked(bad, NEW, level=level))

    assert ("warning", "unknown-container") in found


def test_an_option_that_is_only_taken_for_a_reference_warns() -> None:
    block = "LeptonSF:\n  electrons: AnaElektrons.tight\n  muons: AnaMuons.tihgt\n"

    found = severities(checked(WORLD + block, LAST))

    assert found == {("warning", "unknown-container"), ("warning", "unknown-selection")}


def test_each_item_of_a_list_is_a_reference() -> None:
    block = MET + "  invisible: [AnaElectrons, AnaMuon]\n"

    assert found_in(block, TALK) == [("error", "unknown-container", 3, 29)]


# --- the oldest release alone ----------------------------------------------------------------------------------------


def test_a_cutflow_of_one_region_needs_that_region() -> None:
    selection = "EventSelection: {noFilter: true, selectionCutsDict: {ejets: SAVE}}\n"

    assert found_in(selection + "EventCutFlow: {customSelections: ejets}\n", OLD) == []
    assert found_in(selection + "EventCutFlow: {customSelections: [any, thing]}\n", OLD) == []
    assert found_in(selection + "EventCutFlow: {customSelections: ejest}\n", OLD) == [
        ("error", "unknown-region", 2, 34)
    ]


def test_an_empty_name_of_a_container_names_none() -> None:
    assert [one[:2] for one in found_in("Thinning: {containerName: ''}\n", OLD)] == [("error", "unknown-container")]


def test_a_selection_without_a_name_hides_no_others() -> None:
    world = WORLD.replace(
        "Photons: {containerName: AnaPhotons, WorkingPoint: {selectionName: tight",
        "Photons: {containerName: AnaPhotons, WorkingPoint: {selectionName: ''",
    )

    assert [one[:2] for one in found_in(MET + "  electrons: AnaElectrons.medium\n", OLD, world)] == [
        ("error", "unknown-selection")
    ]


def test_the_met_of_cuts_is_a_container() -> None:
    block = (
        'EventSelection:\n  noFilter: true\n  met: AnaMuons.tight\n  selectionCutsDict: {one: "MET > 30000\\nSAVE"}\n'
    )

    assert found_in(block, OLD) == [("error", "bad-reference", 3, 8)]
