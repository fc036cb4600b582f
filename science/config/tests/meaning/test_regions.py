"""The regions of event selections: how they are named, saved and imported, and what objects their cuts act on."""

from __future__ import annotations

import pytest
from topcp_config import RELEASES, load_text

from .world import DOCS, INPUTS, LAST, MID, NEW, OBJECTS, OLD, TALK, checked, errors_in, inputs_of

DICT = [release for release in RELEASES if release != NEW]
"""The releases with selectionCutsDict."""
CUTS = {
    "electrons": "EL_N 25000 >= 1",
    "muons": "MU_N 25000 >= 1",
    "photons": "PH_N 25000 >= 1",
    "taus": "TAU_N 25000 >= 1",
    "jets": "JET_N 25000 >= 1",
    "largeRjets": "LJET_N 25000 >= 1",
    "met": "MET > 20000",
    "btagDecoration": "JET_N_BTAG >= 1",
}


def selection_of(release: str, regions: dict[str, str], inputs: dict[str, str] | None = None) -> str:
    """Blocks EventSelection with these regions, in the form of the release."""
    given = inputs_of(release) if inputs is None else {**inputs}
    given |= {"noFilter": "false"} if release == OLD and len(regions) != 1 else {}
    head = "".join(f"    {name}: {value}\n" for name, value in given.items())
    texts = {name: "".join(f"       {line}\n" for line in cuts.split("; ")) for name, cuts in regions.items()}
    if release == NEW:
        items = [f"  - selectionName: {name}\n{head}    selectionCuts: |\n{text}" for name, text in texts.items()]
        return OBJECTS + "EventSelection:\n" + "".join(items)
    cuts = "".join(f"      {name}: |\n{text}" for name, text in texts.items())
    return f"{OBJECTS}EventSelection:\n  -\n{head}    selectionCutsDict:\n{cuts}"


def found_in(release: str, regions: dict[str, str]) -> list[tuple[str, str, str]]:
    """The problems: severity, code, and the line of the text without its indentation."""
    text = selection_of(release, regions)
    lines = text.split("\n")
    return [(p.severity, p.code, lines[(p.line or 0) - 1].strip()) for p in checked(text, release)]


GOOD = [
    {"signal": "EL_N 25000 >= 1; SAVE"},
    {"signal": "SAVE"},
    {"SUBcommon": "EL_N 25000 >= 1; SAVE", "signal": "IMPORT SUBcommon; OS; SAVE"},
    {"one": "EL_N 25000 >= 1; SAVE", "two": "IMPORT one; SAVE"},
    {"SUBa": "SAVE", "SUBb": "IMPORT SUBa; SAVE", "signal": "IMPORT SUBb; IMPORT SUBa; SAVE"},
    {"signal": "EL_N 25000 >= 1; SAVE; # the end"},
]


@pytest.mark.parametrize("release", DICT)
@pytest.mark.parametrize("regions", GOOD)
def test_regions_that_are_saved_and_imported_in_order_are_accepted(release: str, regions: dict[str, str]) -> None:
    assert found_in(release, regions) == []


@pytest.mark.parametrize("regions", GOOD)
def test_after_25_2_88_each_region_is_a_block_without_save(regions: dict[str, str]) -> None:
    unsaved = {name: text.replace("; SAVE", "").replace("SAVE", "# nothing") for name, text in regions.items()}

    assert found_in(NEW, unsaved) == []
    assert {code for _, code, _ in found_in(NEW, regions)} == {"deprecated-cut"}
    assert errors_in(selection_of(NEW, regions), NEW) == []


BAD = [
    ("no save", {"signal": "EL_N 25000 >= 1"}, "missing-save", "signal: |"),
    ("nothing but a comment", {"signal": "# nothing"}, "missing-save", "signal: |"),
    ("a sub-region not saved", {"SUBa": "OS", "signal": "IMPORT SUBa; SAVE"}, "missing-save", "SUBa: |"),
    ("a cut behind save", {"signal": "SAVE; OS"}, "after-save", "OS"),
    ("saved twice", {"signal": "OS; SAVE; SAVE"}, "after-save", "SAVE"),
    ("no such region", {"signal": "IMPORT SUBcommon; SAVE"}, "unknown-region", "IMPORT SUBcommon"),
    ("a region below", {"signal": "IMPORT SUBb; SAVE", "SUBb": "SAVE"}, "unknown-region", "IMPORT SUBb"),
    ("itself", {"signal": "IMPORT signal; SAVE"}, "unknown-region", "IMPORT signal"),
    ("import of nothing", {"signal": "IMPORT; SAVE"}, "cut-arguments", "IMPORT"),
    ("import of two", {"SUBa": "SAVE", "signal": "IMPORT SUBa SUBb; SAVE"}, "cut-arguments", "IMPORT SUBa SUBb"),
]


@pytest.mark.parametrize("release", DICT)
@pytest.mark.parametrize(("regions", "code", "line"), [bad[1:] for bad in BAD], ids=[bad[0] for bad in BAD])
def test_a_wrong_region_is_one_error_at_its_place(release: str, regions: dict[str, str], code: str, line: str) -> None:
    assert found_in(release, regions) == [("error", code, line)]


def test_a_sub_region_that_is_not_saved_and_not_imported_warns() -> None:
    assert found_in(TALK, {"SUBa": "OS", "signal": "SAVE"}) == [("warning", "missing-save", "SUBa: |")]


@pytest.mark.parametrize(
    ("release", "severity"), [(OLD, "warning"), (TALK, "warning"), (LAST, "error"), (NEW, "error")]
)
def test_without_a_region_to_filter_on_there_is_nothing_to_select(release: str, severity: str) -> None:
    found = found_in(release, {"SUBa": "OS" if release == NEW else "OS; SAVE"})

    assert [one[:2] for one in found] == [(severity, "no-region")]


@pytest.mark.parametrize(("release", "severity"), [(OLD, "warning"), (LAST, "error"), (NEW, "error")])
def test_the_name_of_a_region_becomes_that_of_a_branch(release: str, severity: str) -> None:
    found = found_in(release, {"e+jets": "OS" if release == NEW else "OS; SAVE"})

    assert [one[:2] for one in found] == [(severity, "region-name")]


def test_regions_of_one_name_collide_in_whatever_block_they_are() -> None:
    text = selection_of(NEW, {"signal": "OS"})
    again = text + text[text.index("  - selectionName") :]

    (problem,) = errors_in(again, NEW)
    assert (problem.code, problem.line) == ("duplicate-region", text.count("\n") + 1)
    assert f"line {OBJECTS.count(chr(10)) + 2}" in problem.message


def test_a_region_is_imported_from_another_block() -> None:
    text = selection_of(NEW, {"SUBcommon": "OS", "signal": "IMPORT SUBcommon"})

    assert errors_in(text, NEW) == []
    assert [region.name for one in load_text(text, release=NEW).selections for region in one.regions] == [
        "SUBcommon",
        "signal",
    ]


def test_an_unknown_region_has_a_near_name() -> None:
    text = selection_of(OLD, {"SUBcommon": "SAVE", "signal": "IMPORT SUBcomon; SAVE"})

    (problem,) = errors_in(text, OLD)
    assert problem.hint == "Did you mean SUBcommon?"


def test_a_region_that_is_no_text_is_refused() -> None:
    text = OBJECTS + "EventSelection:\n  selectionCutsDict:\n    signal: [OS, SAVE]\n    1: SAVE\n"

    problems = errors_in(text, TALK)

    assert [(p.code, p.path.rpartition(".")[2]) for p in problems] == [("wrong-type", "signal"), ("wrong-type", "1")]
    assert "Write `signal: |` and the cuts below it." in str(problems[0].hint)


INPUT_CASES = [
    (release, option) for release in RELEASES for option in CUTS if option != "largeRjets" or release > "25.2.2"
]


@pytest.mark.parametrize(("release", "option"), INPUT_CASES)
def test_a_cut_on_objects_that_the_selection_does_not_name_is_an_error(release: str, option: str) -> None:
    inputs = inputs_of(release, option)
    cut = CUTS[option] if release == NEW else f"{CUTS[option]}; SAVE"
    without = selection_of(release, {"signal": cut}, inputs)

    (problem,) = errors_in(without, release)
    assert problem.code == "missing-input"
    assert without.split("\n")[(problem.line or 0) - 1].strip() == CUTS[option]
    assert f"`{option}:" in str(problem.hint)
    assert errors_in(selection_of(release, {"signal": cut}), release) == []


GROUPS = [
    ("MWT > 30000", ["met", "electrons"], ["muons"]),
    ("MLL > 15000", [], ["electrons or muons"]),
    ("OS", ["taus"], []),
    ("OS", ["jets"], ["electrons or muons or taus"]),
    ("SUM_EL_N_MU_N 25000 > 1", ["muons"], ["electrons"]),
    ("JET_N_BTAG DL1dv01:FixedCutBEff_77 >= 1", ["jets"], []),
    ("JET_N_BTAG DL1dv01:FixedCutBEff_77 >= 1", ["btagDecoration"], ["jets"]),
    ("EXPR dR(el[0],mu[0]) > 1", ["electrons"], ["muons"]),
    ("EXPR pt(bjet[0]) > 25000", ["jets"], ["btagDecoration"]),
    ("EXPR pt(jet[0]) > 25000", ["jets"], []),
]


@pytest.mark.parametrize(("cut", "given", "missing"), GROUPS)
def test_a_cut_on_several_objects_needs_them_all_or_one_of_a_group(
    cut: str, given: list[str], missing: list[str]
) -> None:
    inputs = {name: INPUTS[name] for name in given}
    found = errors_in(selection_of(NEW, {"signal": cut}, inputs), NEW)

    assert [(p.code, p.message.split(" is missing")[0]) for p in found] == [
        ("missing-input", f"the input {'' if name == 'btagDecoration' else 'for '}{name}") for name in missing
    ]


def test_the_oldest_release_knows_no_charges_of_taus() -> None:
    inputs = {"taus": INPUTS["taus"]}

    (problem,) = errors_in(selection_of(OLD, {"signal": "OS; SAVE"}, inputs), OLD)

    assert (problem.code, problem.message.split(" is missing")[0]) == (
        "missing-input",
        "the input for electrons or muons",
    )


FLAGS = [
    ({"debugMode": "0"}, ["one"], "error"),
    ({"noFilter": "1"}, ["one"], "error"),
    ({"debugMode": "0", "cutFlowHistograms": "true"}, ["one"], "warning"),
    ({"noFilter": "1", "cutFlowHistograms": "true"}, ["one"], "warning"),
    ({"debugMode": "0", "noFilter": "true"}, ["one", "two"], "warning"),
    ({"noFilter": "0"}, ["one", "two"], "error"),
    ({"cutFlowHistograms": "1"}, ["one"], "warning"),
    ({"cutFlowHistograms": "2"}, ["one"], "error"),
]


@pytest.mark.parametrize(("flags", "regions", "severity"), FLAGS)
def test_the_oldest_release_takes_0_and_1_for_the_flags_whose_type_it_does_not_test(
    flags: dict[str, str], regions: list[str], severity: str
) -> None:
    cuts = "".join(f"    {name}: SAVE\n" for name in regions)
    given = "".join(f"  {name}: {value}\n" for name, value in flags.items())

    found = checked(f"EventSelection:\n{given}  selectionCutsDict:\n{cuts}", OLD)

    assert [(one.severity, one.code) for one in found] == [(severity, "wrong-type")]


WRONG_INPUTS = [
    ("electrons", "AnaElektrons.loose", "unknown-container", 0),
    ("electrons", "AnaElectrons.lose", "unknown-selection", 13),
    ("electrons", "AnaElectrons.loose.tight", "bad-reference", 0),
    ("jets", "AnaJets.hard&&lose", "unknown-selection", 14),
    ("met", "AnaJet", "unknown-container", 0),
    ("btagDecoration", "ftag_select_DL1dv01_FixedCutBEff_70", "unknown-btagging", 0),
]


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize(("option", "value", "code", "offset"), WRONG_INPUTS)
def test_an_input_that_no_block_makes_is_an_error_where_a_cut_uses_it(
    release: str, option: str, value: str, code: str, offset: int
) -> None:
    inputs = inputs_of(release) | {option: value}
    cut = CUTS[option] if release == NEW else f"{CUTS[option]}; SAVE"
    text = selection_of(release, {"signal": cut}, inputs)

    (problem,) = errors_in(text, release)
    assert problem.code == code
    assert text.split("\n")[(problem.line or 0) - 1].endswith(value)
    assert problem.column == len(f"    {option}: ") + offset + 1
    other = "OS" if release == NEW else "OS; SAVE"
    if option not in ("electrons", "btagDecoration"):
        assert errors_in(selection_of(release, {"signal": other}, inputs), release) == []


def test_a_decoration_of_another_name_may_come_from_anywhere() -> None:
    inputs = inputs_of(TALK) | {"btagDecoration": "my_own_tagger"}

    assert checked(selection_of(TALK, {"signal": "JET_N_BTAG >= 1; SAVE"}, inputs), TALK) == []


SELECTIONS_OF_CUTS = [
    (MID, "LJET_N hevy 200000 >= 1", 7),
    (DOCS, "JET_N_BTAG hadr DL1dv01:FixedCutBEff_77 >= 1", 11),
    (LAST, "SUM_EL_N_MU_N tight tihgt 25000 27000 >= 1", 20),
    (LAST, "OBJ_N AnaElectrons.tihgt 25000 >= 1", 19),
]


@pytest.mark.parametrize(("release", "line", "column"), SELECTIONS_OF_CUTS)
def test_a_selection_within_a_cut_must_exist_on_the_container_of_its_objects(
    release: str, line: str, column: int
) -> None:
    text = selection_of(release, {"signal": f"{line}; SAVE"})

    (problem,) = errors_in(text, release)
    assert (problem.code, problem.column) == ("unknown-selection", 8 + column)


@pytest.mark.parametrize(("written_for", "release"), [(NEW, TALK), (NEW, LAST), (TALK, NEW), (LAST, NEW)])
def test_cuts_in_the_form_of_another_release_are_not_read(written_for: str, release: str) -> None:
    found = errors_in(selection_of(written_for, {"signal": "NONSENSE"}), release)

    assert "renamed-option" in {problem.code for problem in found}
    assert {problem.code for problem in found} <= {"renamed-option", "unknown-option", "missing-option"}
