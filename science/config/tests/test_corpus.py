"""Configurations made from the facts: the valid ones are accepted by their release, and each mistake in one is found.

What counts as a mistake in which release is the table of verdicts in the README of this package.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any, NamedTuple

import pytest
import yaml
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from topcp_config import RELEASES, check_text
from topcp_config.facts import load_facts
from topcp_config.model import ROOT, BlockFacts, Facts, Option
from topcp_config.registry import look_up, raw_references
from topcp_config.setup import raw_setup
from topcp_config.spans import span_of
from topcp_config.strings import closed_sets

# No deadline: how long an example takes on a busy machine says nothing.
steady = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])

Config = dict[str, Any]
WORDS = ("tight", "loose_2", "signalRegion", "AntiId", "w77")
NOT_MADE = {"AddConfigBlocks", "EventSelection"}
"""AddConfigBlocks is made where it is needed; event selections have tests of their own."""
SET_OTHERWISE = {"containerName", "jetCollection", "selectionName", "postfix", "ignoreDependencies"}
SET_OTHERWISE |= {
    "convSelection",
    "likelihoodWP",
    "systematicsModelJES",
    "systematicsModelJER",
    "treatPUJets",
    "globalSF",
    "runSelection",
}  # not every value goes with every other


# --- valid configurations --------------------------------------------------------------------------------------------


def values(draw: st.DrawFn, block: BlockFacts, option: Option, release: str) -> Any:
    """Draw a value of an option, or None where none is sure to be valid."""
    references = (look_up(raw_references()["references"], block.path) or {"options": {}})["options"]
    if option.name in references and references[option.name] != "new":
        return None
    if any(one.option == option.name for one in closed_sets().get(block.path, ())):
        free = free_values(block, option.name, release)
        value = draw(st.sampled_from(free)) if free and option.default in (None, "") else option.default
        return [value] if option.type == "list" and value is not None else value
    numbers = {"int": st.integers(-100, 100), "float": st.floats(-1e5, 1e5), "bool": st.booleans()}
    lists = st.lists(st.integers(0, 9), max_size=2)
    return draw(numbers.get(option.type, st.sampled_from(WORDS) if option.type == "str" else lists))


def free_values(block: BlockFacts, name: str, release: str) -> list[str]:
    """The values of an option that takes only some; none if it takes any. DNN needs another option too."""
    closed = [
        one for one in closed_sets().get(block.path, ()) if one.option == name and one.span.holds(release) != "no"
    ]
    return [value for value in closed[0].values if "DNN" not in value] if closed else []


def usable(block: BlockFacts, option: Option) -> bool:
    """Tell whether an option of a block for small-R jets, electrons and so on is surely there and free to set."""
    fits = (
        option.name not in SET_OTHERWISE and option.type not in ("any", "dict") and option.cases in ((), ("small-R",))
    )
    return block.is_sure(option) and fits and not option.expert


def some_of(things: list[Any]) -> st.SearchStrategy[list[Any]]:
    """Draw up to three things."""
    if not things:
        return st.just([])
    return st.lists(st.integers(0, len(things) - 1), max_size=3, unique=True).map(
        lambda drawn: [things[n] for n in drawn]
    )


@st.composite
def blocks(draw: st.DrawFn, facts: Facts, path: str, number: int) -> Config:
    """Draw a block with some of its options and sub-blocks."""
    block = facts.blocks[path]
    made: Config = {}
    if "containerName" in block.options and "." not in path and block.options["containerName"].required:
        made["containerName"] = f"Ana{path}{number}"
    if "jetCollection" in block.options:
        made["jetCollection"] = "AntiKt4EMPFlowJets"
    if block.options.get("selectionName") and path.endswith("WorkingPoint"):
        made["selectionName"] = f"selection{number}"
    free = [option for option in block.options.values() if usable(block, option)]
    for option in draw(some_of(free)):
        value = values(draw, block, option, facts.release)
        made |= {} if value is None else {option.name: value}
    for option in block.options.values():
        if option.required is True and option.name not in made and option.name != "containerName":
            made[option.name] = draw(st.sampled_from(WORDS))
    children = [facts.blocks[f"{path}.{child}"] for child in block.children if child != "Thinning"]
    for inner in draw(some_of([child for child in children if child.sure])):
        made[inner.path.rpartition(".")[2]] = draw(some_blocks(facts, inner.path))
    return made


@st.composite
def some_blocks(draw: st.DrawFn, facts: Facts, path: str) -> Any:
    """Draw a block, or a list of them."""
    if draw(st.booleans()):
        return draw(blocks(facts, path, 0))
    items = [draw(blocks(facts, path, number)) for number in range(draw(st.integers(1, 2)))]
    own = [item for item in items if set(item) - set(facts.blocks[path].children)]
    return own if own else {}


@st.composite
def configs(draw: st.DrawFn, release: str) -> Config:
    """Draw a configuration that is valid for a release."""
    facts = load_facts(release)
    world = {"ObjectCutFlow", "Thinning", "PtEtaSelection", "SystObjectLink"}  # what needs containers that are made
    names = [name for name in facts.roots if facts.blocks[name].sure and name not in NOT_MADE | world]
    chosen = draw(st.lists(st.sampled_from(names), min_size=1, max_size=4, unique=True))
    config = {name: draw(some_blocks(facts, name)) for name in chosen}
    for name in list(config):
        for child in facts.blocks[name].children:
            for need in facts.blocks[f"{name}.{child}"].needs:
                config.setdefault(need, {"containerName": f"Ana{need}0"})
    set_up(config, facts)
    return config


ONE_ALONE = {"CommonServices", "EventCleaning", "GeneratorLevelAnalysis", "Trigger", "Bootstraps"}
ONE_ALONE |= {"SystObjectLink", "IFFClassification"}
"""Blocks that no option tells apart: there is one of each, or one on each container."""


def set_up(config: Config, facts: Facts) -> None:
    """Give blocks the names and inputs without which their algorithms cannot be set up."""
    for place in places(config, facts):
        if place.key in ONE_ALONE and place.in_list and facts.release == "24.2.37":
            place.holder[place.key] = place.holder[place.key][:1]
    for number, place in enumerate(places(config, facts)):
        for name in names_of(place, facts.release):
            place.item[name] = f"{name}{number}"
        if place.key == "JVT" and facts.release == "24.2.37":  # there can be but one scale factor
            place.item.update(globalSF=False, runSelection=False)
        for name in needed(place, facts.release) - place.item.keys():
            free = free_values(place.facts, name, facts.release)
            place.item[name] = free[0] if free else "EventInfo"


def names_of(place: Place, release: str) -> list[str]:
    """The options that name what a block makes."""
    names = ["postfix", "eventSF", "name"] if release == "24.2.37" else ["outputName"]
    selected = ("WorkingPoint", "FlavourTagging", "PtEtaSelection")
    names += ["selectionName"] if place.key in selected else []
    return [name for name in names if name in place.facts.options and place.facts.options[name].type in ("str", "any")]


def needed(place: Place, release: str) -> set[str]:
    """The options that must be given although the form does not say so."""
    return set(look_up_setup(place, release).get("given", ()))


def look_up_setup(place: Place, release: str) -> Config:
    """What a block surely needs in a release."""
    entry = dict(look_up(raw_setup()["blocks"], place.facts.path) or {})
    later = entry.get("later", {"since": "99.0.0"})
    return entry if release == "24.2.37" else later if span_of(later).holds(release) == "yes" else {}


def errors(config: Config, release: str) -> list[tuple[str, str]]:
    text = yaml.safe_dump(config, sort_keys=False)
    problems = [problem for problem in check_text(text, release=release) if problem.severity == "error"]
    return [(problem.code, problem.path) for problem in problems]


@pytest.mark.parametrize("release", RELEASES)
@steady
@given(data=st.data())
def test_a_configuration_that_is_valid_for_a_release_has_no_errors(release: str, data: st.DataObject) -> None:
    config = data.draw(configs(release))

    assert errors(config, release) == []


# --- mistakes --------------------------------------------------------------------------------------------------------


class Place(NamedTuple):
    """A block in a configuration: its items, one of them, what is known of it and where it stands."""

    holder: Config
    key: str
    item: Config
    facts: BlockFacts
    path: str

    @property
    def in_list(self) -> bool:
        return isinstance(self.holder[self.key], list)


def places(config: Config, facts: Facts, parent: str = ROOT, at: str = "") -> list[Place]:
    """List all blocks of a configuration."""
    found = []
    for name in facts.roots if parent == ROOT else facts.blocks[parent].children:
        if name not in config:
            continue
        full, path = (name, name) if parent == ROOT else (f"{parent}.{name}", f"{at}.{name}")
        for index, item in enumerate(config[name] if isinstance(config[name], list) else [config[name]]):
            here = f"{path}[{index}]" if isinstance(config[name], list) else path
            found.append(Place(config, name, item, facts.blocks[full], here))
            found += places(item, facts, full, here)
    return found


WRONG = {
    "str": [7, True, ["x"]],
    "bool": [1, "yes"],
    "int": [True, 1.5, "3"],
    "float": ["much", False],
    "list": ["x", 3],
}
Outcome = tuple[str, str] | None
"""The code of the error that must be found, and the path where; None where the mistake cannot be made."""


def misspelt_block(draw: st.DrawFn, place: Place, facts: Facts) -> Outcome:
    if "." in place.facts.path:
        return None
    place.holder[place.key + "Q"] = place.holder.pop(place.key)
    return "unknown-block", place.key + "Q"


def misspelt_option(draw: st.DrawFn, place: Place, facts: Facts) -> Outcome:
    name = draw(st.sampled_from(sorted(place.facts.options) or ["option"])) + "Q"
    place.item[name] = 1
    return "unknown-option", f"{place.path}.{name}"


def left_over(draw: st.DrawFn, place: Place, facts: Facts) -> Outcome:
    """An option of another block."""
    other = draw(st.sampled_from([block for block in facts.blocks.values() if block.sure and block.options]))
    name = draw(st.sampled_from(sorted(other.options)))
    known = {*place.facts.options, *place.facts.children, *facts.roots, "include"}
    if name in known or any(block.path.endswith(f".{name}") for block in facts.blocks.values()):
        return None
    place.item[name] = 1
    return "-option", f"{place.path}.{name}"  # renamed-option, where another release has it


def wrong_type(draw: st.DrawFn, place: Place, facts: Facts) -> Outcome:
    options = [one for one in place.facts.options.values() if usable(place.facts, one) and one.type in WRONG]
    if not options:
        return None
    option = draw(st.sampled_from(options))
    place.item[option.name] = draw(st.sampled_from(WRONG[option.type]))
    return "wrong-type", f"{place.path}.{option.name}"


def int_for_float(draw: st.DrawFn, place: Place, facts: Facts) -> Outcome:
    options = [one for one in place.facts.options.values() if usable(place.facts, one) and one.type == "float"]
    if not options:
        return None
    option = draw(st.sampled_from(options))
    place.item[option.name] = 3
    return "wrong-type", f"{place.path}.{option.name}"


def no_required_option(draw: st.DrawFn, place: Place, facts: Facts) -> Outcome:
    names = [one.name for one in place.facts.options.values() if one.required is True and one.name in place.item]
    if not names or (place.in_list and place.holder[place.key].index(place.item) > 0):
        return None  # a later item would get the containerName of the one before
    name = draw(st.sampled_from(names))
    del place.item[name]
    return "missing-option", place.path


def null_option(draw: st.DrawFn, place: Place, facts: Facts) -> Outcome:
    rejects = facts.rules.null_option == "reject"
    names = [one.name for one in place.facts.options.values() if usable(place.facts, one) or one.rejects_null]
    names = [name for name in names if rejects or place.facts.options[name].rejects_null]
    if not names:
        return None
    name = draw(st.sampled_from(names))
    place.item[name] = None
    return "null-option", f"{place.path}.{name}"


def null_block(draw: st.DrawFn, place: Place, facts: Facts) -> Outcome:
    if place.in_list:
        return None
    place.holder[place.key] = None
    return "null-block", place.path


def a_word_for_a_block(draw: st.DrawFn, place: Place, facts: Facts) -> Outcome:
    if place.in_list:
        return None
    place.holder[place.key] = "word"
    return "wrong-shape", place.path


def sub_block_in_another_block(draw: st.DrawFn, place: Place, facts: Facts) -> Outcome:
    others = {path.rpartition(".")[2] for path, block in facts.blocks.items() if "." in path and block.sure}
    names = sorted(others - set(place.facts.children) - set(place.facts.options))
    if not names:
        return None
    name = draw(st.sampled_from(names))
    place.item[name] = {"containerName": "Somewhere"}
    return "misplaced-block", f"{place.path}.{name}"


def empty_item(draw: st.DrawFn, place: Place, facts: Facts) -> Outcome:
    if not place.in_list:
        return None
    place.holder[place.key].insert(0, {})
    return "empty-item", f"{place.path.rpartition('[')[0]}[0]"


def the_same_twice(draw: st.DrawFn, place: Place, facts: Facts) -> Outcome:
    made = look_up_setup(place, facts.release).get("algorithms", ())
    is_inner = "." in place.path and facts.release != "24.2.37"  # what stands around may be for some samples only
    if is_inner or not any("if" not in one and "of" not in one for one in made):
        return None
    for name in ("skipOnData", "skipOnMC", "onlyForDSIDs"):
        place.item.pop(name, None)
    items, path = [place.item], place.path
    if place.in_list:
        items, path = place.holder[place.key], place.path.rpartition("[")[0]
    place.holder[place.key] = [*items, deepcopy(place.item)]
    return "made-twice", f"{path}[{len(items)}]"


def no_needed_option(draw: st.DrawFn, place: Place, facts: Facts) -> Outcome:
    names = sorted(needed(place, facts.release))
    if not names:
        return None
    del place.item[draw(st.sampled_from(names))]
    return "needed-option", place.path


def a_value_of_no_use(draw: st.DrawFn, place: Place, facts: Facts) -> Outcome:
    types = look_up_setup(place, facts.release).get("types", {})
    if not types:
        return None
    name = draw(st.sampled_from(sorted(types)))
    place.item[name] = 7 if "int" not in types[name] else ["word"]
    return "unusable-value" if place.facts.options[name].type == "any" else "wrong-type", f"{place.path}.{name}"


MISTAKES: dict[Callable[[st.DrawFn, Place, Facts], Outcome], tuple[str, ...]] = {
    misspelt_block: RELEASES,
    misspelt_option: RELEASES,
    left_over: RELEASES,
    wrong_type: RELEASES,
    int_for_float: ("24.2.37",),
    no_required_option: RELEASES,
    null_option: ("24.2.37", "25.2.88", "25.2.110"),
    null_block: RELEASES,
    a_word_for_a_block: RELEASES,
    sub_block_in_another_block: RELEASES,
    empty_item: ("25.2.52", "25.2.88", "25.2.110"),
    the_same_twice: ("24.2.37", "25.2.88", "25.2.110"),
    no_needed_option: ("24.2.37", "25.2.88", "25.2.110"),
    a_value_of_no_use: ("24.2.37",),
}
"""What is done to a configuration, and the releases in which that is surely an error."""


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.__name__)
@steady
@given(data=st.data())
def test_a_mistake_in_a_valid_configuration_is_an_error_at_its_place(
    mistake: Callable[..., Outcome], data: st.DataObject
) -> None:
    release = data.draw(st.sampled_from(MISTAKES[mistake]))
    facts = load_facts(release)
    config = data.draw(configs(release))
    outcomes = (mistake(data.draw, place, facts) for place in data.draw(st.permutations(places(config, facts))))
    code, path = next((outcome for outcome in outcomes if outcome), ("", ""))
    assume(code)

    found = errors(config, release)

    assert any(one.endswith(code) and where == path for one, where in found), (config, code, path, found)
