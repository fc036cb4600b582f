"""What Output writes: rules for branches, prefixes of containers and commands."""

from __future__ import annotations

import time

import pytest
from topcp_config import RELEASES

from .world import LAST, MID, NEW, OBJECTS, OLD, TALK, checked, with_cuts

CONTAINERS = "  containers: {el_: AnaElectrons, mu_: AnaMuons, jet_: AnaJets, met_: AnaMET, '': EventInfo}\n"
OUTPUT = f"Output:\n  treeName: reco\n{CONTAINERS}"


def found_in(release: str, lines: str, output: str = OUTPUT, world: str = OBJECTS) -> list[tuple[str, str, int, int]]:
    """The problems of the last lines of a block Output: severity, code, the line from the first of these, column."""
    text = world + output
    first = text.count("\n") + 1
    problems = checked(text + lines, release)
    return [(p.severity, p.code, (p.line or 0) - first, p.column or 0) for p in problems]


def hint_of(release: str, lines: str) -> str:
    (problem,) = checked(OBJECTS + OUTPUT + lines, release)
    return problem.hint or ""


# --- rules for branches ----------------------------------------------------------------------------------------------

RULES = [
    "EventInfo.runNumber -> runNumber",
    "EventInfo.mcChannelNumber->dsid",
    "AnaElectrons_%SYS%.pt -> el_pt_%SYS%",
    "AnaElectrons_NOSYS.truthType -> el_truthType",
    "AnaElectrons_%SYS%.select_%SYS% -> el_select_%SYS%",
    "EventInfo.pass_%SYS% -> pass_%SYS%",
    "AnaMET_%SYS%.met -> met_%SYS%",
    "TruthElectrons.pdgId -> truth_pdgId",
    "  EventInfo.runNumber  ->  runNumber",
]


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("rule", RULES)
def test_a_rule_for_a_branch_is_accepted(release: str, rule: str) -> None:
    assert found_in(release, f"  vars:\n    - '{rule}'\n") == []


BAD_RULES = [
    ("nothing", "''", "branch-rule", 0),
    ("no arrow", "EventInfo.runNumber", "branch-rule", 19),
    ("a double arrow", "EventInfo.runNumber => runNumber", "branch-rule", 19),
    ("no dot", "EventInfo -> runNumber", "branch-rule", 9),
    ("no branch", "EventInfo.runNumber ->", "branch-rule", 22),
    ("no variable", "EventInfo. -> runNumber", "branch-rule", 10),
    ("a dot in the branch", "EventInfo.runNumber -> run.number", "branch-rule", 26),
    ("a minus", "EventInfo.run-number -> run", "branch-rule", 13),
    ("two branches", "EventInfo.runNumber -> run number", "branch-rule", 26),
    ("systematics on the left only", "AnaElectrons_%SYS%.pt -> el_pt", "branch-systematics", 0),
    ("systematics on the right only", "AnaElectrons_NOSYS.pt -> el_pt_%SYS%", "branch-systematics", 0),
    ("an unknown container", "AnaElektrons_%SYS%.pt -> el_pt_%SYS%", "unknown-container", 0),
]


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize(("rule", "code", "column"), [bad[1:] for bad in BAD_RULES], ids=[bad[0] for bad in BAD_RULES])
def test_what_is_no_rule_is_an_error_where_it_goes_wrong(release: str, rule: str, code: str, column: int) -> None:
    assert found_in(release, f"  vars:\n    - {rule}\n") == [("error", code, 1, 7 + column)]


@pytest.mark.parametrize("option", ["varsOnlyForMC", "metVars", "truthMetVars"])
def test_other_lists_of_rules_are_checked_too(option: str) -> None:
    assert found_in(MID, f"  {option}:\n    - EventInfo.runNumber\n") == [("error", "branch-rule", 1, 26)]


def test_a_container_of_the_configuration_is_called_otherwise_in_the_event() -> None:
    lines = "  vars: ['AnaElectrons.pt -> el_pt']\n"

    assert found_in(TALK, lines) == [("warning", "branch-systematics", 0, 11)]
    assert hint_of(TALK, lines) == "Write AnaElectrons_%SYS%, and %SYS% in the branch, or AnaElectrons_NOSYS."


def test_the_variables_of_met_are_of_a_missing_transverse_momentum() -> None:
    assert found_in(TALK, "  metVars: ['AnaMET_%SYS%.sumet -> sumet_%SYS%']\n") == []
    assert [one[:2] for one in found_in(TALK, "  metVars: ['AnaJets_%SYS%.pt -> pt_%SYS%']\n")] == [
        ("warning", "bad-reference")
    ]


def test_later_releases_may_say_what_type_a_branch_has() -> None:
    lines = "  vars: ['EventInfo.runNumber -> runNumber type=int']\n"

    assert [one[1] for one in found_in(OLD, lines)] == ["branch-rule"]
    assert found_in(LAST, lines) == found_in(NEW, lines) == []


SHAPES = [
    ("  vars: 'EventInfo.runNumber -> runNumber'\n", ["wrong-shape"]),
    ("  vars: [1]\n", ["wrong-type"]),
    ("  vars: [{a: b}]\n", ["wrong-type"]),
    ("  commands: disable mu_.*\n", ["wrong-shape"]),
]


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize(("lines", "codes"), SHAPES)
def test_rules_and_commands_are_lists_of_texts(release: str, lines: str, codes: list[str]) -> None:
    assert [one[1] for one in found_in(release, lines)] == codes


# --- containers ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("release", RELEASES)
def test_a_prefix_stands_for_a_container_that_a_block_makes(release: str) -> None:
    text = OBJECTS + "Output:\n  treeName: reco\n  containers: {el_: AnaElektrons, '': EventInfo}\n"

    (problem,) = checked(text, release)
    assert (problem.severity, problem.code, problem.column) == ("error", "unknown-container", 21)
    assert problem.hint == "Did you mean AnaElectrons?"


def test_a_prefix_is_given_once() -> None:
    found = found_in(MID, "  containersOnlyForMC: {mu_: AnaMuons}\n")

    assert found == [("error", "duplicate-prefix", 0, 25)]


@pytest.mark.parametrize("entry", ["1: AnaMuons", "x_: 1", "x_: [AnaMuons]", "x_: ~"])
def test_prefix_and_container_are_texts(entry: str) -> None:
    assert [one[:2] for one in found_in(MID, f"  containersOnlyForMC: {{{entry}}}\n")] == [("error", "wrong-type")]


def test_at_the_other_levels_containers_may_come_from_the_input() -> None:
    text = "Output: {treeName: parton, containers: {x_: TruthParticles}}\n"

    (problem,) = checked(text, TALK, level="parton")
    assert (problem.severity, problem.code) == ("warning", "unknown-container")


def test_containers_are_a_mapping() -> None:
    found = checked(OBJECTS + "Output:\n  treeName: reco\n  containers: [AnaMuons]\n", TALK)

    assert [(p.severity, p.code, p.column) for p in found] == [("error", "wrong-shape", 15)]


# --- commands --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize(
    "command",
    ["disable el_.*", "enable el_pt", "disable mu_(pt|eta)$", "disable .*", "disable jet_[a-z]+", "enable met_"],
)
def test_a_command_that_matches_branches_is_accepted(release: str, command: str) -> None:
    assert found_in(release, f"  commands: ['{command}']\n") == []


BAD_COMMANDS = [
    ("remove el_pt", "bad-command", 0, "The commands are enable and disable."),
    ("disabel el_pt", "bad-command", 0, "Did you mean disable?"),
    ("", "bad-command", -1, "The commands are enable and disable."),
    (" disable el_pt", "bad-command", -1, "The commands are"),
    ("disable", "bad-command", 0, "Write `disable REGEX`."),
    ("disable  el_pt", "bad-command", 0, "Write `disable REGEX`."),
    ("disable el_pt mu_pt", "bad-command", 0, "Write `disable REGEX`."),
    ("disable el_(", "bad-pattern", 11, ""),
    ("disable *_pt", "bad-pattern", 8, ""),
    ("enable el_[pt", "bad-pattern", 10, ""),
    ("enable el_pt)", "bad-pattern", 12, ""),
]


@pytest.mark.parametrize("release", [OLD, TALK])
@pytest.mark.parametrize(("command", "code", "column", "hint"), BAD_COMMANDS)
def test_a_wrong_command_is_an_error_where_it_goes_wrong(
    release: str, command: str, code: str, column: int, hint: str
) -> None:
    lines = f"  commands:\n    - 'disable el_pt'\n    - '{command}'\n"

    assert found_in(release, lines) == [("error", code, 2, 8 + column)]
    assert hint in hint_of(release, lines)


UNMATCHED = "  commands: ['disable elec_.*']\n"


def test_a_command_that_matches_no_branch_is_an_error_where_all_branches_are_known() -> None:
    assert found_in(OLD, UNMATCHED) == [("error", "unmatched-pattern", 0, 23)]
    assert [one[:2] for one in found_in(TALK, UNMATCHED)] == [("warning", "unmatched-pattern")]
    assert [one[:2] for one in found_in(NEW, UNMATCHED)] == [("warning", "unmatched-pattern")]


def test_where_a_block_may_write_anything_a_command_that_matches_nothing_warns() -> None:
    world = OBJECTS + "KLFitter:\n  electrons: AnaElectrons\n"

    assert ("warning", "unmatched-pattern") in [one[:2] for one in found_in(OLD, UNMATCHED, world=world)]


def test_a_pattern_is_matched_with_the_begin_of_a_name_without_the_systematics() -> None:
    assert found_in(OLD, "  commands: ['disable pt']\n")[0][1] == "unmatched-pattern"
    assert found_in(OLD, "  commands: ['disable el_pt_NOSYS']\n")[0][1] == "unmatched-pattern"
    assert found_in(OLD, "  commands: ['disable el_p']\n") == []


def test_an_unmatched_pattern_has_a_near_branch() -> None:
    assert hint_of(OLD, "  commands: ['disable el_charg_.*']\n") == "Did you mean el_charge?"


def test_a_pass_flag_of_a_region_is_a_branch() -> None:
    world = with_cuts(OLD, "EL_N 25000 >= 1")

    assert found_in(OLD, "  commands: ['disable pass_signal']\n", world=world) == []
    assert [one[1] for one in found_in(OLD, "  commands: ['disable pass_control']\n", world=world)] == [
        "unmatched-pattern"
    ]


def test_only_the_containers_that_are_written_have_branches() -> None:
    output = "Output:\n  treeName: reco\n  containers: {mu_: AnaMuons}\n"

    assert [one[1] for one in found_in(OLD, "  commands: ['disable el_pt']\n", output)] == ["unmatched-pattern"]


DEBUG = OBJECTS + "EventSelection: {debugMode: true, selectionCutsDict: {all: SAVE}}\n"
"""Writes a branch of the event for every cut."""


def test_of_branches_that_nobody_knows_only_those_of_the_event_are() -> None:
    electrons = "Output:\n  treeName: reco\n  containers: {el_: AnaElectrons}\n"

    assert found_in(OLD, UNMATCHED, electrons, world=DEBUG)[0][:2] == ("error", "unmatched-pattern")
    assert found_in(OLD, UNMATCHED, world=DEBUG)[0][:2] == ("warning", "unmatched-pattern")


def test_without_containers_no_pattern_matches() -> None:
    for world in (OBJECTS, DEBUG):
        found = found_in(OLD, UNMATCHED, "Output:\n  treeName: reco\n", world=world)
        assert [one[:2] for one in found] == [("error", "unmatched-pattern")]


RENAME = "  commands: ['rename el_(.*) lep_\\1', 'optional disable nothing']\n"


@pytest.mark.parametrize(("release", "severity"), [(OLD, "error"), (MID, "error"), (LAST, None), (NEW, None)])
def test_later_releases_rename_branches_and_take_optional_commands(release: str, severity: str | None) -> None:
    codes = {one[:2] for one in found_in(release, RENAME)}

    assert codes == ({(severity, "bad-command")} if severity else set())


BAD_RENAMES = [
    ("rename el_pt", "bad-command"),
    ("rename el_pt a b", "bad-command"),
    ("optional", "bad-command"),
    ("optional remove x", "bad-command"),
    ("rename el_(pt) \\2", "bad-pattern"),
]


@pytest.mark.parametrize(("command", "code"), BAD_RENAMES)
def test_a_wrong_renaming_is_an_error(command: str, code: str) -> None:
    assert [one[:2] for one in found_in(NEW, f"  commands: ['{command}']\n")] == [("error", code)]


HARD = ["(a*)*b", "(.+)+$", "(.|.)*x", ".*.*.*.*.*.*x", "a{1000}{1000}", "((((((((a", "(?P<x>a)(?P=x)+", "a" * 100_000]


@pytest.mark.parametrize("pattern", HARD)
def test_an_expression_that_takes_for_ever_takes_no_time(pattern: str) -> None:
    start = time.perf_counter()

    found_in(OLD, f"  commands: ['disable {pattern}']\n")

    assert time.perf_counter() - start < 2
