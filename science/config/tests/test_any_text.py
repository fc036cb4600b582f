"""Whatever the text, checking it ends with a list of problems that make sense."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from topcp_config import CODES, RELEASES, ConfigError, Problem, check_text, load_text
from topcp_config.facts import load_facts
from topcp_config.reader import read_text
from topcp_config.tree import plain

# No deadline: how long an example takes on a busy machine says nothing.
steady = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
releases = st.sampled_from(RELEASES)
FACTS = load_facts("25.2.15")
NAMES = sorted({*FACTS.blocks, *(name for block in FACTS.blocks.values() for name in block.options)})
PIECES = [
    "- ",
    "  ",
    "\n",
    ": ",
    "{",
    "}",
    "[",
    "]",
    "'",
    '"',
    "&a ",
    "*a",
    "<<: ",
    "|\n",
    "!!",
    "#",
    "\t",
    "0x",
    "~",
    *NAMES,
]

jumbles = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.dates()
values = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(NAMES), inner), max_leaves=12
)


def sensible(problems: list[Problem], text: str) -> None:
    lines = text.splitlines() or [""]
    for problem in problems:
        assert problem.code in CODES
        assert problem.line is not None
        assert problem.column is not None
        assert 1 <= problem.line <= text.count("\n") + text.count("\r") + len(lines) + 1
        assert problem.column >= 1
        assert problem.severity in ("error", "warning")
        assert str(problem).isprintable()


@steady
@given(st.text(), releases)
def test_any_text_gives_problems_never_an_exception(text: str, release: str) -> None:
    sensible(check_text(text, release=release), text)


@steady
@given(jumbles, releases)
def test_any_jumble_of_yaml_gives_problems_never_an_exception(text: str, release: str) -> None:
    sensible(check_text(text, release=release), text)


@steady
@given(st.dictionaries(st.sampled_from(NAMES), values, max_size=4), releases)
def test_any_data_under_known_names_gives_problems_never_an_exception(data: Any, release: str) -> None:
    text = yaml.safe_dump(data)

    sensible(check_text(text, release=release), text)


@steady
@given(st.dictionaries(st.text(max_size=8), values, max_size=4))
def test_a_tree_holds_what_the_safe_loader_reads(data: Any) -> None:
    text = yaml.safe_dump(data)

    tree, problems = read_text(text, None)

    assert tree is not None
    assert not problems
    assert repr(plain(tree)) == repr(yaml.safe_load(text))


@steady
@given(jumbles | st.text(), releases)
def test_loading_fails_exactly_when_checking_finds_an_error(text: str, release: str) -> None:
    problems = check_text(text, release=release)
    if any(problem.severity == "error" for problem in problems):
        with pytest.raises(ConfigError) as caught:
            load_text(text, release=release)
        assert list(caught.value.problems) == problems
    else:
        assert list(load_text(text, release=release).problems) == problems
