"""Random configurations with random payloads: what is propagated, against runs that know of no variations."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from topcp_columnar.chunk import Chunk, are_identical
from topcp_columnar.containers import Column, Jagged
from topcp_columnar.payload import Payload, PayloadVariation, load_payload
from topcp_columnar.payload.smearing import normal_numbers, stream_of
from topcp_columnar.plan.model import Plan
from topcp_columnar.plan.part import Job
from topcp_columnar.planner import make_plan
from topcp_columnar.read import PhysliteFile, open_physlite
from topcp_config import load_text

from .payloads import write_payload
from .random_configs import EDGES, RELEASE, configs, payloads

N_EVENTS = 50


@pytest.fixture(scope="module")
def file(run2_sample: Path) -> Iterator[PhysliteFile]:
    with open_physlite(str(run2_sample)) as opened:
        yield opened


def planned(config: str, file: PhysliteFile, payload: Payload, *, no_systematics: bool) -> Plan:
    checked = load_text(config, release=RELEASE)
    names = tuple(block.name for block in checked.blocks)
    return make_plan(
        checked, Job(RELEASE, file, no_systematics, names, checked.selections, payload), allow_missing=False
    )


Changes = dict[str, Callable[[Jagged, int, int | None], Column]]


class Altered:
    """A file some of whose numbers are others; everything else is the file's own."""

    def __init__(self, file: PhysliteFile, changes: Changes) -> None:
        self._file, self._changes = file, changes

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def read(self, name: str, start: int = 0, stop: int | None = None) -> Any:
        value = self._file.read(name, start, stop)
        if name in self._changes and isinstance(value, Jagged):
            return Jagged(value.offsets, self._changes[name](value, start, stop))
        return value


def changes_by(file: PhysliteFile, variation: PayloadVariation, sizes: list[float], sign: int) -> Changes:
    """What a variation makes of momenta and masses."""
    container = variation.container

    def factor(offsets: np.ndarray, start: int, stop: int | None) -> Column:
        pt = file.read(f"{container}.pt", start, stop).content.astype(np.float64)
        bins = np.clip(np.digitize(pt, EDGES) - 1, 0, len(sizes) - 1)
        shift = np.float32(sign) * np.asarray(sizes, np.float32)[bins]
        if variation.effect == "resolution":
            numbers = np.asarray(file.read("EventInfo.eventNumber", start, stop))
            shift = shift * normal_numbers(numbers, offsets, stream_of(container))
        return np.maximum(np.float32(1) + shift, np.float32(0))

    def change(value: Jagged, start: int, stop: int | None) -> Column:
        return value.content * factor(value.offsets, start, stop)

    changed = ["m"] if variation.effect == "mass" else ["pt"] + ["m"] * (variation.objects == "jets")
    return {f"{container}.{variable}": change for variable in changed}


def computed(plan: Plan, file: Any) -> Chunk:
    chunk = Chunk(plan, file, 0, N_EVENTS)
    chunk.compute()
    return chunk


def written(plan: Plan) -> set[str]:
    """The columns of branches that may vary, and of what decides which events and objects are kept."""
    branches = {b.variable.column for tree in plan.trees for b in tree.branches if not b.variable.no_sys}
    return branches | {view.keep for view in plan.views.values() if view.keep} | {f.column for f in plan.filters}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(config=configs(), given=payloads())
def test_a_variation_is_what_a_run_on_altered_inputs_gives(
    file: PhysliteFile, tmp_path: Path, config: str, given: tuple[list[Any], list[Any]]
) -> None:
    """Of momenta and masses. The electrons in the map of missing momentum stay as stored, whatever their variation."""
    payload = load_payload(str(write_payload(tmp_path / "payload.json", *given)))
    plan = planned(config, file, payload, no_systematics=False)
    alone = planned(config, file, payload, no_systematics=True)
    chunk = computed(plan, file)
    sizes = [correction["data"]["content"] for correction in given[0]]
    for name, sign in (("SYS_A", 1), ("SYS_B", -1)):
        acting = [(v, of_v) for v, of_v in zip(payload.variations, sizes, strict=True) if v.name == name]
        effects = {variation.effect for variation, _ in acting}
        with_electrons = any(variation.objects == "electrons" for variation, _ in acting)
        if not effects or not effects <= {"scale", "resolution", "mass"} or (with_electrons and "MissingET" in config):
            continue
        changes = {key: c for v, of_v in acting for key, c in changes_by(file, v, of_v, sign).items()}
        expected = computed(alone, Altered(file, changes))
        systematic = f"{name}__1{'up' if sign > 0 else 'down'}"
        for column in written(plan):
            assert are_identical(chunk.column(column, systematic), expected.column(column)), (column, systematic)


class Again(Chunk):
    """A chunk in which every step runs, and what it makes is seen by those after it."""

    made: dict[str, Column]

    def column(self, name: str, systematic: str | None = None) -> Column:
        if name not in self.made:
            return super().column(name, systematic)
        return self.made[name] if self._places is None else self.made[name].take(self._places)


def again(plan: Plan, nominal: Chunk, systematic: str) -> Again:
    """All steps under a variation, whatever they declare to read; twice, so that their order does not matter."""
    chunk = Again(plan, nominal.file, 0, N_EVENTS)
    chunk.made = {}
    for (makes, made_under), step in [*plan.steps.items()] * 2:
        if made_under == "NOSYS" and ((makes, systematic) in plan.steps or step.nominal_only):
            chunk.made.setdefault(makes, nominal.column(makes))
        elif made_under in ("NOSYS", systematic):
            chunk.made[makes] = step.compute(_Showing(chunk, nominal))  # type: ignore[arg-type]
    return chunk


class _Showing:
    """The chunk in which all steps run; `nominal` is that of the run itself."""

    def __init__(self, chunk: Again, nominal: Chunk) -> None:
        self._chunk, self.nominal = chunk, nominal

    def __len__(self) -> int:
        return len(self._chunk)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._chunk, name)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(config=configs(), given=payloads())
def test_a_variation_is_what_running_everything_again_gives(
    file: PhysliteFile, tmp_path: Path, config: str, given: tuple[list[Any], list[Any]]
) -> None:
    payload = load_payload(str(write_payload(tmp_path / "payload.json", *given)))
    plan = planned(config, file, payload, no_systematics=False)
    chunk = computed(plan, file)
    nominal = computed(planned(config, file, payload, no_systematics=True), file)
    assert all(are_identical(chunk.column(column), nominal.column(column)) for column in written(plan))
    for systematic in (name for name in plan.systematics if name.startswith("SYS")):
        expected = again(plan, chunk, systematic)
        for column in written(plan):
            assert are_identical(chunk.column(column, systematic), expected.column(column)), (column, systematic)
