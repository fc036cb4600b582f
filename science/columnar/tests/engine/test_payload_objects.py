"""Scale, resolution and mass of every kind of object: what is varied, by how much, and that chunks do not matter."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from .conftest import Done, Run, run_in
from .payloads import correction, entry, write_payload

PREFIXES = {"electrons": "el", "muons": "mu", "photons": "ph", "taus": "tau", "jets": "jet", "largeRJets": "ljet"}
CONFIG = """
CommonServices: {}
Jets:
  - {containerName: AnaJets, jetCollection: AntiKt4EMPFlowJets}
  - {containerName: AnaFatJets, jetCollection: AntiKt10UFOCSSKSoftDropBeta100Zcut10Jets, maxRapidity: 0.0}
Electrons: [{containerName: AnaElectrons}]
Muons: [{containerName: AnaMuons}]
Photons: [{containerName: AnaPhotons}]
TauJets: [{containerName: AnaTaus}]
Output:
  treeName: reco
  containers: {el_: AnaElectrons, mu_: AnaMuons, ph_: AnaPhotons, tau_: AnaTaus, jet_: AnaJets, ljet_: AnaFatJets}
  vars: ['AnaJets_%SYS%.m -> jet_m_%SYS%']
# release: 25.2.52
"""
EDGES, CONTENT = [[0.0, 30e3, 1e7], [-5.0, 0.0, 5.0]], [0.05, 0.1, 0.02, 0.04]


@pytest.fixture(scope="module")
def payload(tmp_path_factory: pytest.TempPathFactory) -> str:
    """For each kind of object a scale and a resolution, in bins of pt and eta; for jets masses too."""
    data = {"nodetype": "multibinning", "inputs": ["pt", "eta"], "edges": EDGES, "content": CONTENT, "flow": "clamp"}
    entries = [
        entry(f"{effect}_{objects}", effect, "table", objects)
        for objects in PREFIXES
        for effect in ("scale", "resolution", "mass")
        if effect != "mass" or objects in ("jets", "largeRJets")
    ]
    made = correction("table", data, ("pt", "real"), ("eta", "real"))
    return str(write_payload(tmp_path_factory.mktemp("payload") / "all.json", [made], entries))


@pytest.fixture(scope="module")
def varied(payload: str, tmp_path_factory: pytest.TempPathFactory, run2_sample: Path) -> Done:
    """The run that most tests look at."""
    done = run_in(tmp_path_factory.mktemp("run"), CONFIG, "--payload", payload, inputs=(run2_sample,))
    assert done.code == 0, done.err
    return done


def flat(events: Any) -> np.ndarray:
    return np.array([value for event in events for value in event])


def sizes(pt: np.ndarray, eta: np.ndarray) -> np.ndarray:
    return np.array(CONTENT).reshape(2, 2)[(pt >= EDGES[0][1]).astype(int), (eta >= 0).astype(int)]


@pytest.mark.parametrize("objects", PREFIXES)
def test_momenta_are_scaled_and_smeared_by_the_size_of_the_payload(varied: Done, objects: str) -> None:
    branches, prefix = varied.branches(), PREFIXES[objects]
    pt, eta = flat(branches[f"{prefix}_pt_NOSYS"]), flat(branches[f"{prefix}_eta"])
    assert len(pt) >= 5
    size = sizes(pt, eta)
    scaled = {side: flat(branches[f"{prefix}_pt_scale_{objects}__1{side}"]) / pt - 1 for side in ("up", "down")}
    assert np.allclose(scaled["up"], size, atol=1e-6)
    assert np.allclose(scaled["down"], -size, atol=1e-6)
    smeared = {side: (flat(branches[f"{prefix}_pt_resolution_{objects}__1{side}"]) / pt - 1) / size for side in scaled}
    assert np.allclose(smeared["up"], -smeared["down"], atol=1e-4)
    assert abs(smeared["up"].mean()) < 5 / np.sqrt(len(pt))
    assert abs(smeared["up"].std() - 1) < 5 / np.sqrt(len(pt))


@pytest.mark.parametrize("objects", ["jets", "largeRJets"])
def test_masses_of_jets_are_varied_alone_and_with_the_momentum(varied: Done, objects: str) -> None:
    branches, prefix = varied.branches(), PREFIXES[objects]
    pt, eta, m = (flat(branches[f"{prefix}_{name}"]) for name in ("pt_NOSYS", "eta", "m_NOSYS"))
    for effect in ("mass", "scale"):
        assert np.allclose(flat(branches[f"{prefix}_m_{effect}_{objects}__1up"]), m * (1 + sizes(pt, eta)), rtol=1e-5)
    assert f"{prefix}_pt_mass_{objects}__1up" not in branches


def test_objects_of_different_kinds_are_smeared_independently(varied: Done) -> None:
    """The first electron and the first jet of an event have random numbers that are not correlated."""
    branches = varied.branches()
    factors = []
    for objects in ("electrons", "jets"):
        prefix = PREFIXES[objects]
        columns = (branches[f"{prefix}_{name}"] for name in ("pt_NOSYS", "eta", f"pt_resolution_{objects}__1up"))
        factors.append([_random(event) if event[0] else None for event in zip(*columns, strict=True)])
    pairs = np.array([pair for pair in zip(*factors, strict=True) if None not in pair], float)
    assert len(pairs) > 50
    assert abs(np.corrcoef(pairs.T)[0, 1]) < 0.5


def _random(event: tuple[list[float], ...]) -> float:
    pt, eta, smeared = (values[0] for values in event)
    return float((smeared / pt - 1) / sizes(np.array([pt]), np.array([eta]))[0])


def test_chunks_change_nothing(varied: Done, run: Run, payload: str) -> None:
    assert run(CONFIG, "--payload", payload, "--chunk-events", "13").branches() == varied.branches()
