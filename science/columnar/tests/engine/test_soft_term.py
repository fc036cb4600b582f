"""Variations of the soft term, against the shifts recomputed event by event."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from topcp_columnar.errors import ConfigRefused
from topcp_columnar.payload import load_payload

from ..as_lists import Sample
from .conftest import Done, Run, added, changed, run_in
from .payloads import correction, entry, flat, write_payload

HARD = ("RefEle", "RefGamma", "RefTau", "Muons", "MuonEloss", "RefJet")
MET = """
MissingET:
  - containerName: 'AnaMET'
    jets: 'AnaJets'
    electrons: 'AnaElectrons.tight'
    muons: 'AnaMuons.tight'
"""
EDGES, SHIFTS = (0.0, 20e3, 60e3, 1e6), (500.0, 1500.0, 4000.0)
NOT_INTERACTING, CROWDED = 0x21000, "averageInteractionsPerCrossing"


def binned_in_hard_momentum() -> dict[str, Any]:
    data = {"nodetype": "binning", "input": "ptHard", "edges": [*EDGES], "content": [*SHIFTS], "flow": "clamp"}
    return correction("shift", data, ("ptHard", "real"))


@pytest.fixture(scope="module")
def payload(tmp_path_factory: pytest.TempPathFactory) -> Path:
    crowded = {"nodetype": "formula", "expression": "100*x", "parser": "TFormula", "variables": [CROWDED]}
    corrections = [binned_in_hard_momentum(), correction("crowded", crowded, (CROWDED, "real"))]
    entries = [
        entry("MET_SoftTrk_Scale", "soft_scale", "shift", "met"),
        entry("MET_SoftTrk_ResoPara", "soft_parallel", "crowded", "met"),
        entry("MET_SoftTrk_ResoPerp", "soft_perpendicular", "crowded", "met"),
    ]
    return write_payload(tmp_path_factory.mktemp("payload") / "soft.json", corrections, entries)


@pytest.fixture(scope="module")
def shifted(config: str, payload: Path, tmp_path_factory: pytest.TempPathFactory, run2_sample: Path) -> Done:
    """The run that most tests look at."""
    done = run_in(tmp_path_factory.mktemp("run"), config, "--payload", str(payload), inputs=(run2_sample,))
    assert done.code == 0, done.err
    return done


@pytest.fixture(scope="module")
def config(example: str) -> str:
    lines = [f"'AnaMET_%SYS%.{term}_mp{axis} -> {term}_{axis}_%SYS%'" for term in (*HARD, "PVSoftTrk") for axis in "xy"]
    wanted = "".join(f"    - {line}\n" for line in lines)
    output = ("  treeName: 'reco'\n", f"  treeName: 'reco'\n  vars:\n{wanted}")
    return changed(added(example, MET), output, ("    mu_: 'AnaMuons'\n", "    mu_: 'AnaMuons'\n    met_: 'AnaMET'\n"))


def hard_momenta(done: Done, sample: Path) -> np.ndarray:
    """Of each event, x and y."""
    branches, stored = done.branches(), Sample(sample)
    sources, axes = stored.read("MET_Truth.source"), [stored.read(f"MET_Truth.mp{axis}") for axis in "xy"]
    return np.array(
        [
            [
                values[event][sources[event].index(NOT_INTERACTING)]
                - sum(branches[f"{term}_{axis}_NOSYS"][event] for term in HARD)
                for axis, values in zip("xy", axes, strict=True)
            ]
            for event in range(len(sources))
        ]
    )


def shifts(done: Done, systematic: str, hard: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """By how much the soft term is other than nominal, along the hard momentum and across it."""
    branches = done.branches()
    by = [np.subtract(branches[f"PVSoftTrk_{axis}_{systematic}"], branches[f"PVSoftTrk_{axis}_NOSYS"]) for axis in "xy"]
    ux, uy = (hard / np.hypot(*hard.T)[:, None]).T
    return ux * by[0] + uy * by[1], uy * by[0] - ux * by[1]


def expected_shift(hard: np.ndarray) -> np.ndarray:
    return np.asarray(SHIFTS)[np.digitize(np.hypot(*hard.T), EDGES[1:-1])]


def test_the_scale_shifts_the_soft_term_along_the_hard_momentum(shifted: Done, run2_sample: Path) -> None:
    hard = hard_momenta(shifted, run2_sample)
    for systematic, sign in (("MET_SoftTrk_Scale__1up", 1), ("MET_SoftTrk_Scale__1down", -1)):
        along, across = shifts(shifted, systematic, hard)
        assert np.allclose(along, sign * expected_shift(hard), atol=0.05)
        assert np.allclose(across, 0, atol=0.05)


def test_resolutions_smear_it_with_a_number_of_the_event(shifted: Done, run2_sample: Path) -> None:
    hard = hard_momenta(shifted, run2_sample)
    size = 100 * np.array(Sample(run2_sample).read(f"EventInfo.{CROWDED}"))
    along, across = shifts(shifted, "MET_SoftTrk_ResoPara", hard)
    normal = (along - expected_shift(hard)) / size
    assert abs(normal.mean()) < 0.4
    assert 0.7 < normal.std() < 1.3
    assert np.allclose(across, 0, atol=0.05)
    along, across = shifts(shifted, "MET_SoftTrk_ResoPerp", hard)
    assert np.allclose(along, expected_shift(hard), atol=0.05)
    assert np.allclose(across / size, normal, atol=1e-3)


def test_the_sum_follows_and_nothing_else(shifted: Done, run: Run, config: str, payload: Path) -> None:
    branches = shifted.branches()
    varied = {name for name in branches if "MET_Soft" in name}
    assert {name.partition("_MET_Soft")[0] for name in varied} >= {"met_met", "met_phi", "PVSoftTrk_x"}
    assert all(name.startswith(("met_", "PVSoftTrk", *HARD)) for name in varied)
    for systematic in ("NOSYS", "MET_SoftTrk_Scale__1up", "MET_SoftTrk_ResoPerp"):
        x, y = (sum_of_terms(branches, axis, systematic) for axis in "xy")
        assert branches[f"met_met_{systematic}"] == pytest.approx(np.hypot(x, y), abs=0.1)
    in_chunks = run(config, "--payload", str(payload), "--chunk-events", "7").branches()
    assert all(in_chunks[name] == branches[name] for name in varied)


def sum_of_terms(branches: dict[str, Any], axis: str, systematic: str) -> np.ndarray:
    names = [f"{term}_{axis}" for term in (*HARD, "PVSoftTrk")]
    return np.sum([branches.get(f"{name}_{systematic}", branches[f"{name}_NOSYS"]) for name in names], axis=0)


def test_a_shift_may_depend_on_the_number_of_jets(
    run: Run, config: str, payload: Path, run2_sample: Path, tmp_path: Path
) -> None:
    """Events in which the jets' term vanishes have none in it; the others have one at least."""
    data = {"nodetype": "formula", "expression": "1000*x", "parser": "TFormula", "variables": ["nJets"]}
    entries = [entry("MET_SoftTrk_Scale", "soft_scale", "jets", "met")]
    counted = write_payload(tmp_path / "jets.json", [correction("jets", data, ("nJets", "real"))], entries)
    done = run(config, "--payload", str(counted))
    along, _ = shifts(done, "MET_SoftTrk_Scale__1up", hard_momenta(done, run2_sample))
    branches = done.branches()
    vanishes = np.hypot(branches["RefJet_x_NOSYS"], branches["RefJet_y_NOSYS"]) == 0
    assert np.allclose(along, 1000 * np.round(along / 1000), atol=0.1)
    assert np.array_equal(np.round(along / 1000) == 0, vanishes)
    assert 0 < vanishes.sum() < len(vanishes)


def test_a_soft_shift_of_size_zero_is_nominal(run: Run, config: str, tmp_path: Path) -> None:
    entries = [
        entry("MET_SoftTrk_Scale", "soft_scale", "zero", "met"),
        entry("MET_SoftTrk_ResoPara", "soft_parallel", "zero", "met"),
    ]
    zero = correction("zero", 0.0)
    branches = run(config, "--payload", str(write_payload(tmp_path / "zero.json", [zero], entries))).branches()
    for systematic in ("MET_SoftTrk_Scale__1up", "MET_SoftTrk_ResoPara"):
        for name in ("met_met", "met_phi", "PVSoftTrk_x"):
            assert branches[f"{name}_{systematic}"] == branches[f"{name}_NOSYS"]


@pytest.mark.parametrize(("objects", "effect"), [("met", "scale"), ("jets", "soft_scale"), ("met", "weight")])
def test_effects_of_the_soft_term_are_no_effects_of_objects(tmp_path: Path, objects: str, effect: str) -> None:
    path = write_payload(tmp_path / "p.json", [flat("s", 1.0)], [entry("X", effect, "s", objects)])
    with pytest.raises(ConfigRefused, match=f"effect {effect} is none of {objects}"):
        load_payload(str(path))
