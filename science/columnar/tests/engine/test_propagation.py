"""Variations: each reaches what depends on it and nothing else, and gives what running everything again would give."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from topcp_columnar.chunk import Chunk, are_identical
from topcp_columnar.containers import Column
from topcp_columnar.output import kept_events, kept_objects
from topcp_columnar.plan.model import EVENT, Branch, Container, EventFilter, Plan, Step, Tree, Variable, View
from topcp_columnar.read import PhysliteFile, open_physlite

STORED = ("Jets.pt", "Jets.eta", "Jets.m")
UP, DOWN = "JET_X__1up", "JET_X__1down"


@pytest.fixture(scope="module")
def file(run2_sample: Path) -> Iterator[PhysliteFile]:
    with open_physlite(str(run2_sample)) as opened:
        yield opened


def make_plan(*steps: Step) -> Plan:
    plan = Plan(
        containers={EVENT: Container(EVENT, EVENT), "Jets": Container("Jets", "AnalysisJets")},
        views={"Jets": View("Jets", "Jets", steps[-1].makes if steps else None)},
    )
    for step in steps:
        plan.add(step)
    return plan


def step(makes: str, function: Callable[..., Column], *needs: str, systematic: str = "NOSYS") -> Step:
    return Step(makes, needs, lambda chunk: function(*(chunk.column(need) for need in needs)), systematic)


def scaled(factor: float, variable: str = "Jets.pt", systematic: str = UP) -> Step:
    return step(variable, lambda values: values * np.float32(factor), variable, systematic=systematic)


SELECT = step("Jets.select", lambda pt: pt > np.float32(25e3), "Jets.pt")
CENTRAL = step("Jets.central", lambda eta: np.abs(eta) < np.float32(1), "Jets.eta")
GOOD = step("Jets.good", lambda select, central: select & central, "Jets.select", "Jets.central")


def counting(step: Step, calls: list[str]) -> Step:
    """The step, noting under which variation it is called."""

    def compute(chunk: Chunk) -> Column:
        calls.append(chunk.systematic)
        return step.compute(chunk)

    return Step(step.makes, step.needs, compute, step.systematic, step.nominal_only)


def test_a_variation_reaches_what_depends_on_it_and_nothing_else() -> None:
    plan = make_plan(scaled(1.1), SELECT, CENTRAL, GOOD)
    assert plan.systematics == (UP,)
    assert [s.makes for s in plan.propagation.varied[UP]] == ["Jets.pt", "Jets.select", "Jets.good"]
    assert plan.propagation.systematics_of("Jets.good") == (UP,)
    assert plan.propagation.systematics_of("Jets.central", "Jets.eta") == ()


def test_a_variation_reaches_what_was_planned_before_it(file: PhysliteFile) -> None:
    plan = make_plan(SELECT, CENTRAL, GOOD, scaled(1.2))
    plan.views = {"Jets": View("Jets", "Jets", "Jets.good")}
    chunk = Chunk(plan, file, 0, 50)
    chunk.compute()
    hard = chunk.column("Jets.pt") * np.float32(1.2) > np.float32(25e3)
    assert np.array_equal(chunk.column("Jets.good", UP), hard & chunk.column("Jets.central"))
    assert not np.array_equal(chunk.column("Jets.good", UP), chunk.column("Jets.good"))


def test_what_the_variation_does_not_reach_is_computed_once(file: PhysliteFile) -> None:
    calls: list[str] = []
    Chunk(make_plan(scaled(1.1), SELECT, counting(CENTRAL, calls), GOOD), file, 0, 50).compute()
    assert calls == ["NOSYS"]


def test_what_does_not_change_in_these_events_is_not_computed_again(file: PhysliteFile) -> None:
    """A shift far too small to move a jet over the cut changes pt, and no flag that follows from it."""
    calls: list[str] = []
    chunk = Chunk(make_plan(scaled(1 + 2e-7), SELECT, CENTRAL, counting(GOOD, calls)), file, 0, 50)
    chunk.compute()
    assert calls == ["NOSYS"]
    assert chunk.column("Jets.good", UP) is chunk.column("Jets.good")


def test_a_variation_of_size_zero_is_nominal_bit_for_bit(file: PhysliteFile) -> None:
    chunk = Chunk(make_plan(scaled(1), SELECT, CENTRAL, GOOD), file, 0, 50)
    chunk.compute()
    for name in ("Jets.pt", "Jets.select", "Jets.good"):
        assert chunk.column(name, UP) is chunk.column(name)


def test_a_step_that_is_nominal_only_stops_a_variation(file: PhysliteFile) -> None:
    select = Step(SELECT.makes, SELECT.needs, SELECT.compute, nominal_only=True)
    plan = make_plan(scaled(3), select, CENTRAL, GOOD)
    assert plan.propagation.systematics_of("Jets.good") == ()
    chunk = Chunk(plan, file, 0, 50)
    chunk.compute()
    assert chunk.column("Jets.good", UP) is chunk.column("Jets.good")


def test_a_later_variation_sees_the_earlier_one_of_the_same_name_and_nominal(file: PhysliteFile) -> None:
    def follow(chunk: Chunk) -> Column:
        return chunk.column("Jets.m") * (chunk.column("Jets.pt") / chunk.nominal.column("Jets.pt"))

    mass = Step("Jets.m", ("Jets.m", "Jets.pt"), follow, UP)
    chunk = Chunk(make_plan(scaled(2), mass, step("Jets.x", lambda m: m, "Jets.m")), file, 0, 50)
    chunk.compute()
    assert np.array_equal(chunk.column("Jets.x", UP), 2 * chunk.column("Jets.m"))


def test_an_object_stays_that_passes_under_any_variation(file: PhysliteFile) -> None:
    chunk = Chunk(make_plan(scaled(1.2), scaled(0.8, systematic=DOWN), SELECT), file, 0, 50)
    chunk.compute()
    pt = chunk.column("Jets.pt")
    assert np.array_equal(kept_objects(chunk, "Jets.select"), pt * np.float32(1.2) > np.float32(25e3))


def test_an_event_stays_that_passes_all_filters_under_one_variation(file: PhysliteFile) -> None:
    """An event that passes one filter under one variation, the other under another, passes under none."""
    number = f"{EVENT}.eventNumber"
    plan = make_plan(
        step(f"{EVENT}.a", lambda n: n % 2 == 0, number),
        step(f"{EVENT}.b", lambda n: n % 3 == 0, number),
        step(f"{EVENT}.a", lambda n: n % 2 == 1, number, systematic=UP),
        step(f"{EVENT}.b", lambda n: n % 3 != 0, number, systematic=DOWN),
    )
    plan.filters = [EventFilter("a", f"{EVENT}.a"), EventFilter("b", f"{EVENT}.b")]
    chunk = Chunk(plan, file, 0, 100)
    chunk.compute()
    n = chunk.column(number)
    expected = ((n % 2 == 0) & (n % 3 == 0)) | ((n % 2 == 1) & (n % 3 == 0)) | ((n % 2 == 0) & (n % 3 != 0))
    assert np.array_equal(kept_events(chunk)[-1], expected)


def test_what_is_only_written_is_made_of_the_rows_that_are_written(file: PhysliteFile) -> None:
    calls: list[str] = []
    energy = replace(counting(step("Jets.e", lambda pt, m: pt + m, "Jets.pt", "Jets.m"), calls), rowwise=True)
    plan = make_plan(replace(scaled(1.1), rowwise=True), energy, SELECT)
    plan.trees = [Tree("some", (branch(plan, "Jets.e", UP), branch(plan, "Jets.pt", UP)))]
    chunk = Chunk(plan, file, 0, 50)
    chunk.compute()
    assert calls == ["NOSYS"]
    assert chunk.is_by_rows("Jets.e", UP)
    places = np.flatnonzero(chunk.column("Jets.select", UP))
    pt = chunk.column("Jets.pt") * np.float32(1.1)
    rows = chunk.rows(places)
    assert np.array_equal(rows.column("Jets.pt", UP), pt[places])
    assert np.array_equal(rows.column("Jets.e", UP), (pt + chunk.column("Jets.m"))[places])
    assert np.array_equal(rows.column("Jets.e"), chunk.column("Jets.e")[places])


@pytest.mark.parametrize("place", [0, 63, 64, 4095, 4096, 9999])
def test_one_value_anywhere_tells_columns_apart_and_bits_do(place: int) -> None:
    column = np.full(10_000, np.nan, np.float32)
    column[place] = 0
    other = column.copy()
    assert are_identical(column, other)
    other[place] = -0.0
    assert not are_identical(column, other)
    flags = column == 0
    assert are_identical(flags, flags.copy())
    assert not are_identical(flags, np.zeros_like(flags))


# Random plans, against running every step again.

FUNCTIONS: list[Callable[..., Column]] = [
    lambda a, b: a + b,
    lambda a, b: np.where(b > 2e4, a, -b),
    np.minimum,
    lambda a, b: (a > 2e4) * np.float32(3e4),
]


def of_some(makes: str, need: str, other: str) -> Step:
    """A column for which one column is read in full, and the other only where that is large."""

    def compute(chunk: Chunk) -> Column:
        values = chunk.column(need).copy()
        places = np.flatnonzero(values > 2e4)
        values[places] = chunk.rows(places).column(other)
        return values

    return Step(makes, (need,), compute, some=(other,))


def at_places(makes: str, need: str, other: str) -> list[Step]:
    """A column for which another is read where a column of places says."""
    places = f"{makes} places"

    def compute(chunk: Chunk) -> Column:
        rows = chunk.rows_at(places).column(other)
        values = np.zeros(chunk.offsets("Jets")[-1], rows.dtype)
        values[chunk.column(places)] = rows
        return values

    return [
        step(places, lambda values: np.flatnonzero(values > 2e4), need),
        Step(makes, (places, "Jets.pt"), compute, some=(other,)),
    ]


@st.composite
def random_steps(draw: st.DrawFn) -> list[Step]:
    names = [*STORED]
    steps = []
    for systematic in draw(st.lists(st.sampled_from(["A", "B", "C"]), unique=True)):
        variables = draw(st.lists(st.sampled_from(STORED), unique=True, min_size=1))
        factor = draw(st.sampled_from([0.5, 1.0, 1.01, 2.0]))
        steps += [scaled(factor, variable, systematic) for variable in variables]
    for number in range(draw(st.integers(1, 8))):
        makes = f"Jets.made{number}"
        needs = draw(st.tuples(st.sampled_from(names), st.sampled_from(names)))
        made = step(makes, draw(st.sampled_from(FUNCTIONS)), *needs)
        kind = draw(st.integers(0, 5))
        if kind == 0:
            made = of_some(makes, *needs)
        elif kind == 1:
            places, made = at_places(makes, *needs)
            steps.append(places)
        steps.append(replace(made, nominal_only=draw(st.booleans()) and number % 3 == 0))
        if draw(st.integers(0, 4)) == 0:
            steps.append(scaled(1.5, makes, draw(st.sampled_from(["A", "B", "D"]))))
        names.append(makes)
    of_places = {need for made in steps for need in made.needs if need.endswith(" places")}
    whole = [made.some or made.makes in of_places for made in steps]
    return [replace(made, rowwise=not w and draw(st.booleans())) for made, w in zip(steps, whole, strict=True)]


def branch(plan: Plan, column: str, systematic: str) -> Branch:
    return Branch(f"{column} {systematic}", plan.views["Jets"], Variable(column, column, ""), systematic)


class _Again(Chunk):
    """A chunk in which every step runs again, and its results are seen by those after it."""

    own: dict[str, Column]

    def column(self, name: str, systematic: str | None = None) -> Column:
        if name not in self.own:
            return super().column(name, systematic)
        return self.own[name] if self._places is None else self.own[name].take(self._places)


def run_again(plan: Plan, file: PhysliteFile, systematic: str, nominal: dict[str, Column]) -> dict[str, Column]:
    chunk = _Again(plan, file, 0, 30)
    chunk.own = {}
    for (makes, made_under), step in plan.steps.items():
        if made_under == systematic:
            chunk.own[makes] = step.compute(chunk)
        elif made_under == "NOSYS" and (makes, systematic) not in plan.steps:
            chunk.own[makes] = nominal[makes] if step.nominal_only and nominal else step.compute(chunk)
        elif made_under == "NOSYS":
            chunk.own[makes] = nominal[makes]
    return chunk.own


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=random_steps(), data=st.data())
def test_what_is_propagated_is_what_running_everything_again_gives(
    file: PhysliteFile, steps: list[Step], data: st.DataObject
) -> None:
    plan = make_plan(*steps)
    kept = {makes for makes in plan.made() if data.draw(st.booleans())}
    plan.filters = [EventFilter(makes, makes) for makes in kept]  # which are read in full; the others are written
    plan.trees = [Tree("all", tuple(branch(plan, makes, s) for makes in plan.made() - kept for s in plan.systematics))]
    chunk = Chunk(plan, file, 0, 30)
    chunk.compute()
    everything = chunk.rows(np.arange(chunk.offsets("Jets")[-1]))
    nominal = run_again(plan, file, "NOSYS", {})
    for systematic in ("NOSYS", *plan.systematics):
        again = run_again(plan, file, systematic, nominal)
        for name, column in again.items():
            if plan.makes(name):
                found = everything if chunk.is_by_rows(name, systematic) else chunk
                assert name not in kept or found is chunk
                assert are_identical(found.column(name, systematic), column), (name, systematic)
                assert are_identical(chunk.column(name, systematic), column), (name, systematic)
