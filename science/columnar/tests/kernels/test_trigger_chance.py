"""The chance to fire triggers, against plain loops over all outcomes and the formulas of the public tool's document."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Sequence
from importlib.resources import files
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from topcp_columnar.events.trigger_chance import Combination, Leptons
from topcp_columnar.events.triggers import UnknownTrigger
from topcp_columnar.kernels.trigger import have_all_legs

FACTS: Any = json.loads(files("topcp_columnar.events").joinpath("triggers.json").read_text())
E_OR = "e26_lhtight_nod0_ivarloose_OR_e60_lhmedium_nod0_OR_e140_lhloose_nod0"
MU_OR = "mu26_ivarmedium_OR_mu50"
# Of Run 2, all of whose legs the public hierarchy ranks.
TRIGGERS = (
    E_OR, MU_OR, "mu26_ivarmedium", "mu50", "mu40", "e26_lhtight_nod0_ivarloose", "e60_lhmedium_nod0",
    "2e17_lhvloose_nod0_L12EM15VHI", "2e24_lhvloose_nod0", "2mu14", "mu22_mu8noL1", "e17_lhloose_nod0_mu14",
    "e7_lhmedium_nod0_mu24", "e17_lhloose_nod0_2e9_lhloose_nod0", "3mu6", "mu6_2mu4", "2e12_lhloose_nod0_mu10",
)  # fmt: skip
KINDS = ("e", "mu")


class Lepton(NamedTuple):
    kind: str
    pt: float
    efficiencies: dict[str, float]


def looser(one: str, other: str, pt: float) -> str:
    """The later one in the first hierarchy of this pt that has both."""
    for line in FACTS["hierarchies"]:
        if line["from"] <= pt < (line["below"] or math.inf) and {one, other} <= set(line["legs"]):
            return one if line["legs"].index(one) > line["legs"].index(other) else other
    raise AssertionError((one, other, pt))


def fireable(lepton: Lepton, triggers: Sequence[str]) -> list[str]:
    """The legs that the lepton may fire, the loosest first, of single-lepton triggers the loosest alone."""
    every = [FACTS["legs"][trigger] for trigger in triggers]
    mine = [[leg for leg in legs if leg.startswith(lepton.kind)] for legs in every]
    singles = [legs[0] for legs, own in zip(every, mine, strict=True) if len(legs) == 1 and own]
    more = {leg for legs, own in zip(every, mine, strict=True) if len(legs) > 1 for leg in own}
    on = {leg for leg in {*singles, *more} if lepton.pt >= FACTS["thresholds"][leg]}
    one = [leg for leg in singles if leg in on]
    if len(one) > 1:
        one = [leg for leg in singles if all(looser(leg, other, lepton.pt) == leg for other in singles if other != leg)]
    chosen = list({*one, *(more & on)})
    return sorted(chosen, key=lambda leg: -sum(looser(leg, o, lepton.pt) == leg for o in chosen if o != leg))


def has_fired(fired: Sequence[Sequence[str]], trigger: str) -> bool:
    """Whether each leg of the trigger has a lepton of its own that fired it."""
    legs = FACTS["legs"][trigger]
    pick = itertools.permutations(range(len(fired)), len(legs))
    return any(all(leg in fired[i] for i, leg in zip(places, legs, strict=True)) for places in pick)


def slow_chance(leptons: Sequence[Lepton], triggers: Sequence[str]) -> float:
    """The sum over all that the leptons may fire; a leg fired means that all looser ones are."""
    outcomes = []
    for lepton in leptons:
        legs = fireable(lepton, triggers)
        steps = [1.0, *(lepton.efficiencies[leg] for leg in legs), 0.0]
        outcomes.append([(legs[:n], steps[n] - steps[n + 1]) for n in range(len(legs) + 1)])
    total = 0.0
    for outcome in itertools.product(*outcomes):
        if any(has_fired([fired for fired, _ in outcome], trigger) for trigger in triggers):
            total += math.prod(chance for _, chance in outcome)
    return total


def chances(events: Sequence[Sequence[Lepton]], triggers: Sequence[str]) -> list[float]:
    """By the engine."""
    combination = Combination(triggers)
    given = {}
    for kind, legs in combination.legs.items():
        mine = [[lepton for lepton in event if lepton.kind == kind] for event in events]
        flat = [lepton for event in mine for lepton in event]
        offsets = np.cumsum([0, *map(len, mine)])
        pt = np.array([lepton.pt for lepton in flat], np.float32)
        efficiencies = [np.array([lepton.efficiencies[leg] for lepton in flat]) for leg in legs]
        given[kind] = Leptons(offsets, np.ones(len(flat), np.bool_), pt, efficiencies)
    return combination.chance(given, np.ones(len(events), np.bool_)).tolist()


LEGS = sorted({leg for trigger in TRIGGERS for leg in FACTS["legs"][trigger]})
EDGES = sorted({float(FACTS["thresholds"][leg]) for leg in LEGS})
PTS = st.one_of(st.sampled_from(EDGES), st.floats(3e3, 200e3, width=32))


@st.composite
def leptons(draw: st.DrawFn) -> Lepton:
    """A lepton with an efficiency for each leg; they need not fall as legs get tighter: formulas hold all the same."""
    kind = draw(st.sampled_from(KINDS))
    chance = st.floats(0, 1)
    return Lepton(kind, draw(PTS), {leg: draw(chance) for leg in LEGS if leg.startswith(kind)})


@given(
    st.lists(st.lists(leptons(), max_size=4), min_size=1, max_size=3),
    st.lists(st.sampled_from(TRIGGERS), min_size=1, max_size=4, unique=True),
)
def test_any_combination_has_the_chance_that_all_outcomes_add_up_to(
    events: list[list[Lepton]], triggers: list[str]
) -> None:
    try:
        found = chances(events, triggers)
    except UnknownTrigger:
        assume(False)
    assert found == pytest.approx([slow_chance(event, triggers) for event in events], abs=1e-12)


def lepton(kind: str, pt: float, **efficiencies: float) -> Lepton:
    return Lepton(kind, pt, efficiencies)


ONES = st.lists(st.floats(0, 1), max_size=5)


@given(ONES, ONES)
def test_single_lepton_triggers_leave_one_minus_the_product_of_inefficiencies(e: list[float], mu: list[float]) -> None:
    event = [lepton("e", 30e3, **{E_OR: x}) for x in e] + [lepton("mu", 30e3, **{MU_OR: x}) for x in mu]
    assert chances([event], [E_OR, MU_OR]) == pytest.approx([1 - math.prod(1 - x for x in e + mu)], abs=1e-12)


@given(ONES)
def test_a_symmetric_dilepton_trigger_has_the_tools_induction(e: list[float]) -> None:
    fired, none = 0.0, 1.0
    for x in e:
        fired = (1 - x) * fired + x * (1 - none)
        none *= 1 - x
    event = [lepton("mu", 20e3, mu14=x) for x in e]
    assert chances([event], ["2mu14"]) == pytest.approx([fired], abs=1e-12)


@given(ONES, ONES)
def test_an_electron_muon_trigger_has_the_product_of_both_legs(e: list[float], mu: list[float]) -> None:
    event = [lepton("e", 20e3, e17_lhloose_nod0=x) for x in e] + [lepton("mu", 20e3, mu14=x) for x in mu]
    expected = math.prod(1 - math.prod(1 - x for x in some) for some in (e, mu))
    assert chances([event], ["e17_lhloose_nod0_mu14"]) == pytest.approx([expected], abs=1e-12)


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), max_size=5))
def test_an_asymmetric_dilepton_trigger_has_the_tools_induction(pairs: list[tuple[float, float]]) -> None:
    """mu8noL1 is looser than mu22, by the hierarchy."""
    fired, no_tight, no_loose = 0.0, 1.0, 1.0
    for tight, loose in pairs:
        either = 1 - no_loose  # of legs one of which follows from the other
        fired = (1 - loose) * fired + (loose - tight) * (1 - no_tight) + tight * either
        no_tight *= 1 - tight
        no_loose *= 1 - loose
    event = [lepton("mu", 30e3, mu22=tight, mu8noL1=loose) for tight, loose in pairs]
    assert chances([event], ["mu22_mu8noL1"]) == pytest.approx([fired], abs=1e-12)


def test_a_lepton_fires_from_the_plateau_on_and_not_below() -> None:
    events = [[lepton("mu", pt, **{MU_OR: 0.5})] for pt in (27299.99, 27300.0)]
    assert chances(events, [MU_OR]) == pytest.approx([0.0, 0.5])


def test_of_two_triggers_a_lepton_fires_the_looser_one_where_it_is_on_both_plateaus() -> None:
    efficiencies = {"mu26_ivarmedium": 0.7, "mu50": 0.9}
    events = [[lepton("mu", pt, **efficiencies)] for pt in (20e3, 30e3, 60e3)]
    assert chances(events, ["mu26_ivarmedium", "mu50"]) == pytest.approx([0.0, 0.7, 0.9])


def test_only_selected_leptons_of_wanted_events_fire() -> None:
    flags = np.array([True, False, True, True])
    pt = np.full(4, 60e3, np.float32)
    some = {"mu": Leptons(np.array([0, 2, 4]), flags, pt, [np.full(4, 0.5)])}
    assert Combination(["mu50"]).chance(some, np.array([True, True])).tolist() == [0.5, 0.75]
    assert Combination(["mu50"]).chance(some, np.array([False, True])).tolist() == [0.0, 0.75]


@pytest.mark.parametrize(
    ("triggers", "message"),
    [
        (["tau25_medium1_tracktwo"], "tau25_medium1_tracktwo is no trigger"),
        (["mu26_ivarmedium", "mu26_imedium"], "does not say which of mu26_imedium and mu26_ivarmedium is the looser"),
    ],
)
def test_what_the_public_files_do_not_say_is_refused_by_name(triggers: list[str], message: str) -> None:
    with pytest.raises(UnknownTrigger, match=message):
        Combination(triggers)


def test_each_leg_has_a_plateau_and_is_of_a_kind() -> None:
    legs = {leg for of_trigger in FACTS["legs"].values() for leg in of_trigger}
    assert legs == set(FACTS["thresholds"])
    assert {leg for line in FACTS["hierarchies"] for leg in line["legs"]} <= legs
    assert all(leg.startswith(("e", "mu", "g")) for leg in legs)


@given(
    st.integers(1, 3),
    st.lists(st.lists(st.tuples(st.integers(-1, 4), st.integers(0, 7)), max_size=5), min_size=1, max_size=4),
)
def test_a_combination_is_complete_with_a_lepton_for_each_leg(
    n_legs: int, combinations: list[list[tuple[int, int]]]
) -> None:
    """A lepton counts once, with the legs of its first link."""
    flat = [link for some in combinations for link in some]
    complete = np.zeros(len(combinations), np.bool_)
    leptons, legs = (np.array([link[i] for link in flat], np.int64) for i in range(2))
    have_all_legs(np.cumsum([0, *map(len, combinations)]), leptons, legs, n_legs, complete)
    for some, found in zip(combinations, complete, strict=True):
        fired = list({lepton: bits for lepton, bits in reversed(some) if lepton >= 0}.values())
        picks = itertools.permutations(fired, n_legs)
        assert found == any(all(bits >> leg & 1 for leg, bits in enumerate(pick)) for pick in picks)
