"""The example's ntuple, branch by branch, against plain loops over the same input (recipe.py).

The real sample has 100 events of Z→ee. What it never shows (a bad event, a dead calorimeter region) is in an altered
copy of it.
"""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import uproot

from tests.altered import alter
from tests.independent import recipe
from tests.independent.physlite import read_events

EXAMPLE = Path(__file__).parents[2] / "client" / "examples" / "talk"

# Branches that recipe.py does not recompute, and why.
NOT_CHECKED: dict[str, str] = {}

ELECTRONS, MUONS, EVENT = "AnalysisElectronsAuxDyn.", "AnalysisMuonsAuxDyn.", "EventInfoAuxDyn."


def make_ntuple(physlite: Path, folder: Path) -> dict[str, list[Any]]:
    """Run the engine's command as the transform script does; return its branches as lists."""
    (folder / "input.txt").write_text(f"{physlite}\n")
    (folder / "customConfig").symlink_to(EXAMPLE)
    command = [Path(sys.executable).with_name("runTop_el.py"), "-i", "input.txt", "-o", "output", "-t", "customConfig"]
    subprocess.run(command, cwd=folder, check=True)
    with uproot.open(folder / "output.root") as file:
        return {name: branch.array().to_list() for name, branch in file["reco"].items()}


@pytest.fixture(scope="module")
def real(run2_sample: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[list[recipe.Row], dict[str, list[Any]]]:
    """Expected rows and the engine's branches for the real sample."""
    return recipe.rows(read_events(run2_sample)), make_ntuple(run2_sample, tmp_path_factory.mktemp("real"))


@pytest.fixture(scope="module")
def altered(run2_sample: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[list[recipe.Row], dict[str, Any]]:
    """The same for a copy in which each cut that the sample always passes rejects something."""
    folder = tmp_path_factory.mktemp("altered")
    physlite = alter(run2_sample, folder / "altered.root", ALTERATIONS)
    return recipe.rows(read_events(physlite)), make_ntuple(physlite, folder)


def first_of_each(value: float) -> Any:
    """Give the first object of every second event another value."""
    return lambda events: [
        [value, *event[1:]] if event and number % 2 else event for number, event in enumerate(events)
    ]


ALTERATIONS = {
    EVENT + "DFCommonJets_eventClean_LooseBad": lambda events: [0, 0, *events[2:]],
    "PrimaryVerticesAuxDyn.vertexType": lambda events: [*events[:-1], [0] * len(events[-1])],
    ELECTRONS + "OQ": first_of_each(1 << 10),
    ELECTRONS + "eta": lambda events: [*events[:90], *([2.5] * len(event) for event in events[90:])],
    "egammaClustersAuxDyn.eta_sampl": lambda events: [
        [[2.49] * len(cluster) for cluster in event] if number < 10 else event for number, event in enumerate(events)
    ],
    MUONS + "DFCommonMuonPassPreselection": lambda events: [[0] * len(event) for event in events],
    MUONS + "eta": lambda events: [
        [2.75] * len(event) if number > 60 else event for number, event in enumerate(events)
    ],
    MUONS + "pt": first_of_each(2900.0),
    MUONS + "DFCommonMuonPassIDCuts": lambda events: [[0] * len(event) for event in events],
}


def test_every_branch_of_the_real_sample_equals_the_recipe(
    real: tuple[list[recipe.Row], dict[str, list[Any]]],
) -> None:
    rows, branches = real
    assert len(rows) == 100
    assert_equal(rows, branches)


def test_every_branch_of_the_altered_sample_equals_the_recipe(
    altered: tuple[list[recipe.Row], dict[str, list[Any]]],
) -> None:
    rows, branches = altered
    assert 0 < len(rows) < 100
    assert_equal(rows, branches)


@pytest.mark.usefixtures("real", "altered")
def test_each_cut_rejects_something() -> None:
    idle = {name for name, count in recipe.rejected.items() if count == 0}
    assert not idle


def test_no_branch_goes_unseen(real: tuple[list[recipe.Row], dict[str, list[Any]]]) -> None:
    rows, branches = real
    assert set(branches) == set(rows[0]) | set(NOT_CHECKED)


def assert_equal(rows: list[recipe.Row], branches: dict[str, list[Any]]) -> None:
    """Every recomputed branch, event by event, object by object."""
    for name in rows[0]:
        assert len(branches[name]) == len(rows), name
        for number, row in enumerate(rows):
            assert same(branches[name][number], row[name]), f"{name} of event {number}"


def same(found: Any, expected: Any) -> bool:
    """Equal numbers; what is computed (not copied) may differ by the rounding of a float."""
    if isinstance(expected, list):
        return len(found) == len(expected) and all(map(same, found, expected))
    return found == expected or math.isclose(found, expected, rel_tol=1e-6, abs_tol=1e-6)
