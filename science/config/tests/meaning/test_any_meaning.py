"""Whatever cuts, references and commands say, checking them ends; and what follows the rules is accepted."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from topcp_config import LATE, RELEASES, Cut, check_text, load_text
from topcp_config.cuts import SIGNS
from topcp_config.language import Argument, Form, Keyword, Language, load_language

from .world import NEW, OBJECTS, TALK, errors_in, inputs_of, with_cuts

# No deadline: how long an example takes on a busy machine says nothing.
steady = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
releases = st.sampled_from(RELEASES)
WORDS = sorted({*load_language(NEW).keywords, *load_language(TALK).keywords, *SIGNS})
WORDS += [
    "25000",
    "25",
    "-1",
    "1e999",
    "nan",
    "0x10",
    "1_000",
    "hard",
    "tight||loose",
    "a:b",
    "DL1dv01:FixedCutBEff_77",
]
WORDS += [
    "veto",
    "#",
    "B!C",
    "IMPORT",
    "SUBa",
    "signal",
    "(",
    ")",
    "[",
    "]",
    ",",
    "+",
    "el[0]",
    "pt(",
    "\u0663",
    "\x85",
    "\ufeff",
]
jumbles = st.lists(st.sampled_from(WORDS) | st.text(max_size=5), max_size=8).map(" ".join)
texts = st.lists(jumbles | st.text(max_size=30), max_size=6).map("\n".join)


def block_of(release: str, regions: dict[str, str]) -> dict[str, Any]:
    if release == NEW:
        items = [{**inputs_of(release), "selectionName": name, "selectionCuts": text} for name, text in regions.items()]
        return {"EventSelection": items}
    return {"EventSelection": {**inputs_of(release), "selectionCutsDict": regions}}


@steady
@given(releases, st.dictionaries(st.text(max_size=6) | st.just("SUBa"), texts, max_size=3), st.sampled_from("|>'\""))
def test_any_text_for_cuts_gives_problems_within_it(release: str, regions: dict[str, str], style: str) -> None:
    text = OBJECTS + yaml.safe_dump(block_of(release, regions), default_style=style, allow_unicode=True)
    lines = re.split("\r\n|[\n\r\x85\u2028\u2029]", text)

    for problem in check_text(text, release=release):
        assert problem.line is not None
        assert problem.column is not None
        assert 1 <= problem.column <= len(lines[problem.line - 1]) + 1
        assert str(problem).isprintable()


REFERENCES = [
    "AnaJets",
    ".",
    "hard",
    "&&",
    "||",
    "!",
    "(",
    ")",
    " ",
    "tight",
    "AnaElectrons",
    "x",
    "é",
    "true",
    "EventInfo",
]


@steady
@given(releases, st.lists(st.sampled_from(REFERENCES) | st.text(max_size=3), max_size=12).map("".join))
def test_any_text_for_a_reference_gives_problems_within_it(release: str, reference: str) -> None:
    blocks = {
        "OverlapRemoval": {"electrons": reference, "jets": "AnaJets", "selectionName": reference},
        "Thinning": {"containerName": "AnaElectrons", "selectionName": reference},
        "Output": {"treeName": "reco", "vars": [reference], "containers": {"x_": reference}},
    }

    for problem in check_text(OBJECTS + yaml.safe_dump(blocks), release=release):
        assert problem.line is not None


@steady
@given(
    releases,
    st.lists(
        st.sampled_from(
            ["enable", "disable", "rename", "optional", " ", "el_", ".*", "(", ")", "*", "{9}", "\\1", "[", "|"]
        ),
        max_size=9,
    ).map("".join),
)
def test_any_command_gives_problems_with_their_lines(release: str, command: str) -> None:
    output = {"Output": {"treeName": "reco", "containers": {"el_": "AnaElectrons"}, "commands": [command]}}

    problems = check_text(OBJECTS + yaml.safe_dump(output), release=release)

    assert all(problem.line for problem in problems)


# --- cuts that follow the rules --------------------------------------------------------------------------------------

SELECTIONS = {
    "electrons": "tight",
    "muons": "loose",
    "photons": "tight",
    "taus": "tight",
    "jets": "hard",
    "largeRjets": "heavy",
}
TEXTS = {"decoration": "myFlag_%SYS%", "postfix": "_matched", "variable": "myNumber_%SYS%", "type": "float"}


def word_of(draw: st.DrawFn, keyword: Keyword, argument: Argument) -> str:
    """Draw a word for an argument of a cut."""
    if argument.kind in ("energy", "number"):
        return repr(draw(st.floats(1e3, 1e7) | st.integers(1000, 10**7)))
    if argument.kind == "count":
        return str(draw(st.integers(0, 10**6)))
    if argument.kind == "selection":
        return SELECTIONS[keyword.selections[argument.name]]
    fixed = {"btag": "DL1dv01:FixedCutBEff_77", "ghost": "B!C", "container": "AnaMuons.tight"}
    if argument.kind == "sign":
        return draw(st.sampled_from(SIGNS))
    return fixed.get(argument.kind) or TEXTS[argument.name]


def forms_of(language: Language) -> list[tuple[Keyword, Form]]:
    """The forms of cuts that a release surely has and whose objects there are."""
    words = [word for word in language.keywords.values() if word.known == "yes" and word.name not in ("SAVE", "IMPORT")]
    return [(word, form) for word in words for form in word.forms if form.known == "yes"]


@st.composite
def cuts(draw: st.DrawFn, language: Language) -> tuple[Keyword, list[str], frozenset[str]]:
    """Draw a cut: its keyword, the words behind it, and flags."""
    keyword, form = draw(st.sampled_from(forms_of(language)))
    words = [word_of(draw, keyword, argument) for argument in form.arguments]
    names = [argument.name for argument in form.arguments]
    if "low" in names:
        at = names.index("low")
        words[at + 1] = repr(float(words[at]) + 1000)  # the upper end of a window
    flags = draw(st.sets(st.sampled_from(keyword.flags))) if keyword.flags_known == "yes" and keyword.flags else set()
    return keyword, words, frozenset(flags)


def read(release: str, line: str) -> Cut:
    """Read one line of a configuration that has no problems."""
    text = with_cuts(release, line)
    assert check_text(text, release=release) == []
    return load_text(text, release=release).selections[0].regions[0].cuts[0]


@pytest.mark.parametrize("release", RELEASES)
@steady
@given(data=st.data())
def test_a_cut_that_follows_the_rules_is_accepted_and_read(release: str, data: st.DataObject) -> None:
    keyword, words, flags = data.draw(cuts(load_language(release)))
    blanks = st.text(" \t", min_size=1, max_size=3)
    line = keyword.name + "".join(data.draw(blanks) + word for word in [*words, *sorted(flags)])

    cut = read(release, line)

    assert (cut.keyword, cut.flags) == (keyword.name, flags)
    signs = [word for word in words if word in SIGNS]
    assert ([cut.sign] if cut.sign else []) == signs
    assert cut.value == (float(words[-1]) if signs else None)
    numbers = [float(word) for word in (words[:-2] if signs else words) if re.fullmatch(r"[\d.e+]+", word)]
    assert [value for value in cut.arguments.values() if isinstance(value, float | int)] == numbers


@pytest.mark.parametrize("release", RELEASES)
@steady
@given(data=st.data())
def test_a_cut_without_its_sign_or_with_too_many_words_is_an_error(release: str, data: st.DataObject) -> None:
    keyword, words, _ = data.draw(cuts(load_language(release)))
    without = [word for word in words if word not in SIGNS]
    longest = max(len(form.arguments) for form in keyword.forms)
    wrong = [*words, *["1"] * (longest - len(words) + 1)] if without == words else without

    errors = errors_in(with_cuts(release, "OS", " ".join([keyword.name, *wrong])), release)

    assert errors
    assert {problem.code for problem in errors} <= {"cut-arguments", "cut-sign", "cut-value", "unknown-selection"}


@st.composite
def expressions(draw: st.DrawFn) -> tuple[str, int]:
    """Draw an expression, with how many operands it has."""
    language = load_language(NEW)
    name = draw(st.sampled_from(sorted(language.variables)))
    variable = language.variables[name]
    count = variable.operands or draw(st.integers(1, 4))
    collections = [one for one in language.collections if one != "met" or variable.met]
    operands = [
        one if one == "met" else f"{one}[{draw(st.integers(0, 20))}]"
        for one in draw(st.lists(st.sampled_from(collections), min_size=count, max_size=count))
    ]
    blank = draw(st.sampled_from(["", " "]))
    value = draw(st.floats(1e3, 1e7).map(repr) | st.integers(1000, 10**7).map(str))
    inside = f"{blank}{variable.separator}{blank}".join(operands)
    return f"{name}({blank}{inside}{blank}){blank}{draw(st.sampled_from(SIGNS))}{blank}{value}", count


@steady
@given(expressions())
def test_an_expression_that_follows_the_grammar_is_accepted_and_read(expression: tuple[str, int]) -> None:
    text, count = expression

    cut = read(NEW, f"EXPR {text}")

    assert cut.expression is not None
    assert text.startswith(cut.expression.variable + "(")
    assert len(cut.expression.operands) == count


names = st.sampled_from(["tight", "loose", "!tight", "true"])
selections = st.recursive(
    names,
    lambda inner: (
        st.tuples(inner, st.sampled_from(["&&", "||", " && ", " || "]), inner).map("".join)
        | inner.map(lambda one: f"({one})")
        | inner.map(lambda one: f"!({one})")
    ),
    max_leaves=8,
)


@steady
@given(releases, selections)
def test_an_expression_of_selections_that_follows_the_rules_is_accepted(release: str, selection: str) -> None:
    block = {"OverlapRemoval": {"electrons": f"AnaElectrons.{selection}", "jets": "AnaJets"}}

    assert errors_in(OBJECTS + yaml.safe_dump(block), release) == []


# --- all of it -------------------------------------------------------------------------------------------------------


def test_every_late_mistake_is_shown_by_a_test() -> None:
    sources = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))

    assert {code for code in LATE if f'"{code}"' in sources} == set(LATE)


@pytest.mark.parametrize("release", RELEASES)
def test_a_quarter_of_a_megabyte_of_cuts_is_read(release: str) -> None:
    text = with_cuts(release, *["EL_N tight 25000 >= 1"] * 9000)

    assert check_text(text, release=release) == []
