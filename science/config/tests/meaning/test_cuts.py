"""The lines of an event selection: what each release takes, and what is wrong with the others, and where."""

from __future__ import annotations

import pytest
from topcp_config import RELEASES, load_text

from .world import DOCS, LAST, MID, NEW, OLD, TALK, Found, found_in, problems_of, with_cuts

ALWAYS = [
    "",
    "   ",
    "# EL_N of 25 GeV",
    "#no space is needed",
    "EL_N 25000 >= 1",
    "EL_N 25e3 == 0",
    "  EL_N\t27000.5   <   2  ",
    "EL_N loose 25000 > 1",
    "EL_N 0 >= 0",
    "MU_N 25000 <= 1",
    "MU_N tight||loose 25000 == 1",
    "SUM_EL_N_MU_N 25000 >= 1",
    "SUM_EL_N_MU_N 25000 27000 >= 1",
    "JET_N 25000 >= 4",
    "JET_N hard 25000 >= 4",
    "JET_N_BTAG >= 2",
    "JET_N_BTAG DL1dv01:FixedCutBEff_77 >= 2",
    "PH_N 25000 >= 1",
    "PH_N tight 25000 >= 1",
    "TAU_N 25000 >= 1",
    "MET >= 20000",
    "MWT > 30000",
    "MET+MWT >= 60000",
    "MLL > 15000",
    "MLLWINDOW 80000 100000",
    "MLLWINDOW 80000 100000 veto",
    "MLL_OSSF 80000 100000",
    "MLL_OSSF 80000 100000 veto",
    "OS",
    "SS",
]
SINCE_DOCS = [
    "LJET_N 200000 >= 1",
    "LJET_N heavy 200000 >= 1",
    "LJETMASS_N 100000 >= 1",
    "LJETMASSWINDOW_N 100000 200000 >= 1",
    "LJETMASSWINDOW_N heavy 100000 200000 >= 1 veto",
    "JET_N_BTAG hard >= 2",
    "JET_N_BTAG hard DL1dv01:FixedCutBEff_77 >= 2",
    "JET_N_GHOST B >= 1",
    "JET_N_GHOST B!C >= 1",
    "JET_N_GHOST H 25000 >= 1",
    "LJET_N_GHOST T >= 1",
    "GLOBALTRIGMATCH",
    "GLOBALTRIGMATCH _matched",
    "EVENTFLAG pass_something_%SYS%",
]
SINCE_MID = [
    "RUN_NUMBER >= 297730",
    "SUM_EL_N_MU_N_TAU_N 25000 >= 1",
    "SUM_EL_N_MU_N_TAU_N 25000 27000 20000 >= 1",
]
SINCE_LAST = [
    "OBJ_N AnaElectrons.tight 25000 >= 1",
    "OBJ_N AnaJets 25000 >= 1",
    "OS el mu",
    "SS tau",
    "SUM_EL_N_MU_N tight tight 25000 27000 >= 1",
    "SUM_EL_N_MU_N_TAU_N tight loose tight 25000 27000 20000 == 1",
    "MLLWINDOW 80000 100000 VETO",
]
SINCE_NEW = [
    "EVENTVAR float discriminant_%SYS% >= -0.5",
    "EL_N 25000 >= 2.0",
    "MLLWINDOW veto 80000 100000",
    "EXPR pt(el[0]) > 25000",
    "EXPR dR(el[0],jet[0]) >= 0.4",
    "EXPR dEta( el[0] , mu[1] ) < 2",
    "EXPR dPhi(met, bjet[0]) < 2.5",
    "EXPR m(el[0]+mu[0]) > 1.5e4",
    "EXPR e(jet[0]+jet[1]+jet[2]) > 25000",
    "EXPR eta(ph[0]) < -1.5",
    "EXPR phi(met) == 0",
    "EXPR pt(ljet[0])>200000",
]
ADDED = [(DOCS, SINCE_DOCS), (MID, SINCE_MID), (LAST, SINCE_LAST), (NEW, SINCE_NEW)]


def known_to(release: str) -> list[str]:
    return ALWAYS + [
        line for since, lines in ADDED for line in lines if RELEASES.index(release) >= RELEASES.index(since)
    ]


@pytest.mark.parametrize(("release", "line"), [(release, line) for release in RELEASES for line in known_to(release)])
def test_a_cut_that_a_release_has_is_accepted_without_a_word(release: str, line: str) -> None:
    assert found_in(release, "# first", line) == []


UNKNOWN_TO = [
    (
        OLD,
        "unknown-cut",
        ["LJET_N 200000 >= 1", "JET_N_GHOST B >= 1", "EVENTFLAG x", "RUN_NUMBER > 1", "OBJ_N a 1000 > 1"],
    ),
    (OLD, "cut-value", ["JET_N_BTAG hard >= 2"]),
    (OLD, "cut-arguments", ["OS el", "SUM_EL_N_MU_N loose loose 25000 27000 >= 1"]),
    (OLD, "cut-arguments", ["MLLWINDOW 80000 100000 VETO"]),
    (LAST, "unknown-cut", ["EXPR pt(el[0]) > 25000", "EVENTVAR float x > 1"]),
    (LAST, "cut-value", ["EL_N 25000 >= 2.0"]),
    (LAST, "cut-arguments", ["MLLWINDOW veto 80000 100000 1"]),
]


@pytest.mark.parametrize(
    ("release", "code", "line"), [(release, code, line) for release, code, lines in UNKNOWN_TO for line in lines]
)
def test_a_cut_of_a_later_release_is_an_error(release: str, code: str, line: str) -> None:
    assert [(found.severity, found.code) for found in found_in(release, line)] == [("error", code)]


@pytest.mark.parametrize("line", ["EVENTFLAG x", "RUN_NUMBER > 1", "SUM_EL_N_MU_N_TAU_N 25000 >= 1"])
def test_a_cut_warns_when_it_is_not_known_whether_the_release_has_it(line: str) -> None:
    assert found_in(TALK, line) == [Found("warning", "inferred-cut", 0, 0)]


BAD = [
    # what, line, code, column
    ("a misspelt keyword", "ELN 25000 >= 1", "unknown-cut", 0),
    ("small letters", "el_n 25000 >= 1", "unknown-cut", 0),
    ("no keyword", "25000 >= 1", "unknown-cut", 0),
    ("a glued line", "EL_N>=1", "unknown-cut", 0),
    ("indented further", "    JETS_N 25000 >= 1", "unknown-cut", 4),
    ("too few arguments", "EL_N >= 1", "cut-arguments", 0),
    ("too many arguments", "EL_N loose tight 25000 >= 1", "cut-arguments", 0),
    ("no arguments", "JET_N", "cut-arguments", 0),
    ("a comment behind", "EL_N 25000 >= 1 # one", "cut-arguments", 0),
    ("a glued sign", "EL_N 25000 >=1", "cut-arguments", 0),
    ("a save with a name", "OS now", "cut-arguments", 0),
    ("text for an energy", "EL_N abc >= 1", "cut-value", 5),
    ("a unit", "EL_N 25GeV >= 1", "cut-value", 5),
    ("not a number", "EL_N nan >= 1", "cut-value", 5),
    ("a negative energy", "EL_N loose -25000 >= 1", "cut-value", 11),
    ("a fraction of electrons", "EL_N 25000 >= 1.5", "cut-value", 14),
    ("a negative count", "EL_N 25000 >= -1", "cut-value", 14),
    ("a count beyond all bounds", "EL_N 25000 >= " + "9" * 400, "cut-value", 14),
    ("more digits than are read", "EL_N 25000 >= " + "9" * 5000, "cut-value", 14),
    ("text for a count", "MET >= much", "cut-value", 7),
    ("one equals sign", "EL_N 25000 = 1", "cut-sign", 11),
    ("a sign the wrong way round", "EL_N 25000 => 1", "cut-sign", 11),
    ("not equal", "EL_N 25000 != 1", "cut-sign", 11),
    ("a sign of one character", "EL_N 25000 ≥ 1", "cut-sign", 11),
    ("a number for a sign", "EL_N 25000 1 1", "cut-sign", 11),
    ("a colon too many", "JET_N_BTAG a:b:c >= 1", "cut-value", 11),
    ("no working point", "JET_N_BTAG DL1dv01: >= 1", "cut-value", 11),
    ("an unknown working point", "JET_N_BTAG DL1dv01:FixedCutBEff_70 >= 1", "unknown-btagging", 11),
    ("a list", " - EL_N 25000 >= 1", "unknown-cut", 1),
]


@pytest.mark.parametrize("release", [TALK, DOCS, MID, LAST, NEW])
@pytest.mark.parametrize(("line", "code", "column"), [bad[1:] for bad in BAD], ids=[bad[0] for bad in BAD])
def test_a_wrong_cut_is_one_error_at_its_word(release: str, line: str, code: str, column: int) -> None:
    expected = {("error", code, 1, column)}

    assert {found for found in found_in(release, "# first", line) if found.severity == "error"} == expected


@pytest.mark.parametrize(("line", "code", "column"), [bad[1:] for bad in BAD], ids=[bad[0] for bad in BAD])
def test_lines_before_and_after_a_wrong_cut_do_not_move_it(line: str, code: str, column: int) -> None:
    found = found_in(OLD, "EL_N 25000 >= 1", "", "# two", line, "OS")

    assert [one for one in found if one.severity == "error"] == [Found("error", code, 3, column)]


SUSPICIOUS = [
    ("EL_N 25 >= 1", 5, "For 25 GeV write 25000."),
    ("EL_N loose 27.5 >= 1", 11, "For 27.5 GeV write 27500."),
    ("MET >= 20", 7, "For 20 GeV write 20000."),
    ("SUM_EL_N_MU_N 25000 27 >= 1", 20, "For 27 GeV write 27000."),
    ("MLLWINDOW 80 100000", 10, "For 80 GeV write 80000."),
]


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize(("line", "column", "hint"), SUSPICIOUS)
def test_an_energy_below_one_gev_warns_that_energies_are_in_mev(
    release: str, line: str, column: int, hint: str
) -> None:
    (problem,) = problems_of(release, line)

    assert (problem.severity, problem.code, problem.hint) == ("warning", "suspicious-energy", hint)
    assert found_in(release, line)[0].column == column


WARNINGS = [
    (NEW, "SAVE", "deprecated-cut", 0),
    (NEW, "EXPR pt(el[0]) > 25", "suspicious-energy", 17),
    (DOCS, "JET_N_GHOST Q >= 1", "unknown-ghost", 12),
    (OLD, "MLLWINDOW 100000 80000", "empty-window", 0),
    (OLD, "EL_N inf >= 1", "not-finite", 5),
    (DOCS, "JET_N_BTAG hard >= 2", None, 0),
    (TALK, "JET_N_BTAG hard >= 2", "inferred-cut", 0),
    (TALK, "OS el", "inferred-cut", 3),
    (TALK, "MET >= 20000", None, 0),
]


@pytest.mark.parametrize(("release", "line", "code", "column"), WARNINGS)
def test_what_may_be_meant_otherwise_warns(release: str, line: str, code: str | None, column: int) -> None:
    assert found_in(release, line) == ([Found("warning", code, 0, column)] if code else [])


BAD_EXPRESSIONS = [
    ("EXPR", 4),
    ("EXPR pt", 7),
    ("EXPR pt(el[0])", 14),
    ("EXPR pt(el[0]) > ", 16),
    ("EXPR pt(el[0]) = 25000", 15),
    ("EXPR pt(el[0]) > 25000 MeV", 23),
    ("EXPR pt(el[0]) > abc", 17),
    ("EXPR pt(el) > 25000", 8),
    ("EXPR pt(el[1.5]) > 25000", 11),
    ("EXPR pt(el[-1]) > 25000", 11),
    ("EXPR pt(met[0]) > 25000", 8),
    ("EXPR m(met) > 25000", 7),
    ("EXPR pT(el[0]) > 25000", 5),
    ("EXPR pt(electron[0]) > 25000", 8),
    ("EXPR dR(el[0]) > 0.4", 5),
    ("EXPR dR(el[0]+mu[0]) > 0.4", 5),
    ("EXPR dR(el[0],mu[0],jet[0]) > 0.4", 5),
    ("EXPR m(el[0],mu[0]) > 25000", 5),
    ("EXPR m(el[0]+mu[0],jet[0]) > 25000", 18),
    ("EXPR pt(el[0] > 25000", 14),
    ("EXPR pt(el[0]) > 25000 && eta(el[0]) < 2", 23),
]


@pytest.mark.parametrize(("line", "column"), BAD_EXPRESSIONS)
def test_an_expression_that_is_none_is_an_error_where_it_goes_wrong(line: str, column: int) -> None:
    assert found_in(NEW, line) == [Found("error", "cut-expression", 0, column)]


HINTS = [
    (TALK, "ELN 25000 >= 1", "Did you mean EL_N"),
    (TALK, "el_n 25000 >= 1", "Keywords are written in capitals: EL_N."),
    (OLD, "LJET_N 200000 >= 1", "It was added between 24.2.37 and 25.2.29; 24.2.37 does not have it."),
    (LAST, "EXPR pt(el[0]) > 25000", "It was added between 25.2.88 and 25.2.110; 25.2.88 does not have it."),
    (TALK, "EL_N>=1", "Put spaces around the sign."),
    (
        TALK,
        "EL_N 25000 >=1",
        "Put spaces around the sign in >=1. Write `EL_N pt sign count` or `EL_N selection pt sign",
    ),
    (TALK, "25000 >= 1", "A line begins with its keyword"),
    (TALK, "EL_N 25000 >= 1 # one", "A comment needs a line of its own."),
    (TALK, "EL_N 25000 = 1", "Write ==."),
    (TALK, "EL_N 25000 ≥ 1", "Write >=."),
    (TALK, "MLLWINDOW 80000", "Write `MLLWINDOW low high [veto]`."),
    (TALK, "MLLWINDOW 100000 80000", "write `80000 100000` and `veto`"),
    (OLD, "JET_N_BTAG DL1dv01 >= 2", "For instance GN2v01:FixedCutBEff_77."),
    (
        TALK,
        "JET_N_BTAG 2",
        "Write `JET_N_BTAG sign count`, `JET_N_BTAG tagger:WP sign count`, `JET_N_BTAG selection sign",
    ),
    (TALK, "JET_N_BTAG DL1dv01:FixedCutBEff_70 >= 2", "Did you mean ftag_select_DL1dv01_FixedCutBEff_77?"),
    (TALK, "EL_N lose 25000 >= 1", "Did you mean loose?"),
    (LAST, "OBJ_N AnaElectron 25000 >= 1", "Did you mean AnaElectrons?"),
]


@pytest.mark.parametrize(("release", "line", "hint"), HINTS)
def test_a_hint_says_how_the_cut_is_written(release: str, line: str, hint: str) -> None:
    hints = [problem.hint or "" for problem in problems_of(release, line)]

    assert any(hint in given for given in hints), hints


def test_until_25_2_88_a_keyword_counts_wherever_it_stands_in_a_line() -> None:
    line = "EVENTFLAG MET"

    assert found_in(LAST, line) == [Found("error", "unknown-cut", 0, 10)]
    assert found_in(NEW, line) == []


def test_the_message_of_an_error_names_the_release_and_what_is_written() -> None:
    (problem,) = problems_of(TALK, "ELN 25000 >= 1")

    assert problem.message == "25.2.15 does not know the cut 'ELN'"
    assert problem.path == "EventSelection.selectionCutsDict.signal"


def test_what_a_mistyped_line_says_cannot_forge_another_line() -> None:
    (problem,) = problems_of(TALK, "\x85EL_N\u202e 25000 >= 1")

    assert str(problem).isprintable()


def test_the_cuts_of_a_configuration_are_there_for_an_engine() -> None:
    lines = [
        "# one lepton",
        "EL_N tight 27e3 == 1",
        "JET_N_BTAG DL1dv01:FixedCutBEff_77 >= 2",
        "MLLWINDOW 1e3 9e4 veto",
    ]
    lines += ["JET_N_GHOST B!C >= 1", "OS el mu"]
    config = load_text(with_cuts(LAST, *lines), release=LAST)

    (selection,) = config.selections
    (region,) = selection.regions
    electrons, btag, window, ghost, opposite, save = region.cuts
    assert selection.block.options["electrons"] == "AnaElectrons.loose"
    assert (region.name, region.is_filter) == ("signal", True)
    assert (electrons.keyword, electrons.arguments, electrons.sign, electrons.value) == (
        "EL_N",
        {"selection": "tight", "pt": 27000.0},
        "==",
        1,
    )
    assert (electrons.text("selection"), electrons.text("pt"), btag.text("selection")) == ("tight", "", "")
    assert btag.arguments == {"tagger": "DL1dv01", "workingPoint": "FixedCutBEff_77"}
    assert window.arguments == {"low": 1000.0, "high": 90000.0}
    assert (set(window.flags), window.sign) == ({"veto"}, None)
    assert ghost.arguments == {"ghost": "B", "vetoedGhost": "C"}
    assert (set(opposite.flags), save.keyword) == ({"el", "mu"}, "SAVE")
    assert (electrons.mark.line, electrons.mark.column) == (region.mark.line + 2, 7)


def test_an_expression_is_there_for_an_engine() -> None:
    config = load_text(with_cuts(NEW, "EXPR dPhi(met,el[1]) > -0.5"), release=NEW)

    ((cut,),) = (region.cuts for region in config.selections[0].regions)
    assert cut.expression is not None
    assert cut.expression.variable == "dPhi"
    assert [(one.collection, one.index) for one in cut.expression.operands] == [("met", None), ("el", 1)]
    assert (cut.sign, cut.value) == (">", -0.5)
