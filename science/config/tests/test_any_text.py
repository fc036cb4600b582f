"""Whatever the text, checking it ends with a list of problems that make sense."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from topcp_config import CODES, RELEASES, ConfigError, Problem, check_text, load_text
from topcp_config.facts import BlockFacts, load_facts
from topcp_config.reader import read_text
from topcp_config.registry import raw_references
from topcp_config.strings import closed_sets
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


def value_of_type(kind: str) -> st.SearchStrategy[Any]:
    return {
        "str": st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1),
        "bool": st.booleans(),
        "int": st.integers(-1000, 1000),
        "float": st.floats(-1e6, 1e6),
        "list": st.lists(st.integers(), max_size=2),
        "dict": st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
        "any": st.integers(),
    }[kind]


CLOSED = {closed.option for several in closed_sets().values() for closed in several}
"""The options that take but some texts."""
MEANINGFUL = set(raw_references()["references"])
"""The blocks with references to others, which text at random does not name."""


def free_blocks(release: str) -> list[BlockFacts]:
    """The blocks that a release surely has and whose options take any value of their type."""
    blocks = load_facts(release).blocks.values()
    meaningful = MEANINGFUL | {"AddConfigBlocks", "Output"}
    return [block for block in blocks if block.sure and "." not in block.path and block.path not in meaningful]


@st.composite
def valid_blocks(draw: st.DrawFn, block: BlockFacts) -> dict[str, Any]:
    """Values of the right types for the sure options of a block, all required ones among them."""
    options = [
        option
        for option in block.options.values()
        if block.is_sure(option) and not (option.cases or option.expert or option.name in CLOSED)
    ]
    chosen = [option for option in options if option.required or draw(st.booleans())]
    made = {option.name: draw(value_of_type(option.type)) for option in chosen}
    return made | ({"jetCollection": "AntiKt4EMPFlowJets"} if "jetCollection" in block.options else {})


@steady
@given(st.data(), releases)
def test_right_types_under_known_names_are_accepted_and_kept(data: st.DataObject, release: str) -> None:
    block = data.draw(st.sampled_from(free_blocks(release)))
    options = data.draw(valid_blocks(block))

    config = load_text(yaml.safe_dump({block.path: options}), release=release)

    (loaded,) = config.blocks
    assert config.problems == ()
    assert {name: loaded.options[name] for name in options} == options
    assert set(loaded.given) == set(options)


@steady
@given(st.data(), releases)
def test_one_letter_added_to_an_option_is_always_found(data: st.DataObject, release: str) -> None:
    sure = [block for path, block in load_facts(release).blocks.items() if block.sure and "." not in path]
    block = data.draw(st.sampled_from([block for block in sure if block.options and block.path != "AddConfigBlocks"]))
    options = data.draw(valid_blocks(block))
    name = data.draw(st.sampled_from(sorted(block.options)))
    wrong = name + "Q"

    problems = check_text(yaml.safe_dump({block.path: options | {wrong: 1}}), release=release)

    assert [p.path for p in problems if p.code == "unknown-option"] == [f"{block.path}.{wrong}"]
