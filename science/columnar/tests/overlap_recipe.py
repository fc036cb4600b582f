"""Overlap removal as the public tools do it: plain loops over the objects of one event, in their order.

Written from PhysicsAnalysis/AnalysisCommon/AssociationUtils/Root/*.cxx of athena (January 2024), not from the engine.
An object is a dictionary: pt, rapidity, phi, `in` (whether it is selected), and what its kind needs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

Object = dict[str, Any]
Event = dict[str, list[Object]]

CALO_TAGGED, ELECTRON, AMBIGUOUS = 3, 1, 16


@dataclass
class Choice:
    """What a configuration may choose. `off` names steps that are not run."""

    ele_ele: bool = False
    off: frozenset[str] = frozenset()
    b_label: bool = False
    sliding: bool = False
    photons_first: bool = False
    anti_taus: bool = False
    inner: float = 0.2
    outer: float = 0.4


def rapidity(pt: float, eta: float, m: float) -> float:
    energy = math.sqrt((pt * math.cosh(eta)) ** 2 + m * abs(m))
    pz = pt * math.sinh(eta)
    return 0.5 * math.log((energy + pz) / (energy - pz))


def survivors(event: Event, choice: Choice) -> dict[str, list[bool]]:
    """Of each kind in the event, which objects are selected and removed by nothing."""
    for objects in event.values():
        for obj in objects:
            obj["ok"] = obj["in"]
    for name, kinds, step in STEPS:
        if name == "EleEle" and not choice.ele_ele:
            continue
        if name not in choice.off and all(kind in event for kind in kinds):
            step(choice, *(event[kind] for kind in kinds))
    return {kind: [obj["ok"] for obj in objects] for kind, objects in event.items()}


def near(one: Object, other: Object, radius: float) -> bool:
    """xAOD::P4Helpers::isInDeltaR."""
    delta_phi = abs(math.remainder(float(one["phi"]) - float(other["phi"]), 2 * math.pi))
    delta_y = abs(one["rapidity"] - other["rapidity"])
    if delta_phi > radius or delta_y > radius:
        return False
    return delta_y**2 + delta_phi**2 <= radius**2


def in_float(radius: float) -> float:
    return float(np.float32(radius))


def remove(tested: list[Object], references: list[Object], radius: float) -> None:
    """DeltaROverlapTool."""
    for obj in tested:
        if not obj["ok"]:
            continue
        for reference in references:
            if reference["ok"] and near(obj, reference, in_float(radius)):
                obj["ok"] = False


def ele_ele(_: Choice, electrons: list[Object]) -> None:
    for one in electrons:
        if not one["ok"]:
            continue
        for other in electrons:
            if other is one or not other["ok"] or one["link"] != other["link"]:
                continue
            authors = (one["author"], other["author"])
            if authors == (AMBIGUOUS, ELECTRON) or (authors != (ELECTRON, AMBIGUOUS) and one["pt"] < other["pt"]):
                one["ok"] = False


def ele_mu(_: Choice, electrons: list[Object], muons: list[Object]) -> None:
    for electron in electrons:
        for muon in muons:
            calo = muon["type"] == CALO_TAGGED
            if electron["ok"] and muon["ok"] and calo and electron["track"] == muon["track"]:
                muon["ok"] = False
    for muon in muons:
        for electron in electrons:
            if electron["ok"] and muon["ok"] and electron["track"] == muon["track"]:
                electron["ok"] = False


def cone(choice: Choice, lepton: Object) -> float:
    return min(0.04 + 10e3 / float(lepton["pt"]), 0.4) if choice.sliding else in_float(choice.outer)


def leptons_in_jets(choice: Choice, leptons: list[Object], jets: list[Object]) -> None:
    for jet in jets:
        for lepton in leptons:
            if jet["ok"] and lepton["ok"] and near(lepton, jet, cone(choice, lepton)):
                lepton["ok"] = False


def ele_jet(choice: Choice, electrons: list[Object], jets: list[Object]) -> None:
    for electron in electrons:
        for jet in jets:
            if not (electron["ok"] and jet["ok"]):
                continue
            if choice.b_label and jet["b"] and electron["pt"] < 100e3:
                continue
            if near(jet, electron, in_float(choice.inner)):
                jet["ok"] = False
    leptons_in_jets(choice, electrons, jets)


def mu_jet(choice: Choice, muons: list[Object], jets: list[Object]) -> None:
    for muon in muons:
        for jet in jets:
            if not (muon["ok"] and jet["ok"]):
                continue
            if (choice.b_label and jet["b"]) or jet["n_tracks"] >= 3:
                continue
            ghost = muon["track"] is not None and muon["track"] in jet["ghosts"]
            if ghost or near(muon, jet, in_float(choice.inner)):
                jet["ok"] = False
    leptons_in_jets(choice, muons, jets)


def tau_jet(choice: Choice, taus: list[Object], jets: list[Object]) -> None:
    if not choice.anti_taus:
        remove(jets, taus, 0.2)
        return
    for tau in taus:
        for jet in jets:
            if tau["ok"] and tau["tau"] and jet["ok"] and jet["b"] and near(tau, jet, in_float(0.2)):
                jet["ok"] = False
    for jet in jets:
        for tau in taus:
            if tau["ok"] and tau["anti_tau"] and jet["ok"] and jet["b"] and near(tau, jet, in_float(0.2)):
                tau["ok"] = False
    for tau in taus:
        for jet in jets:
            if tau["ok"] and jet["ok"] and not jet["b"] and near(tau, jet, in_float(0.2)):
                jet["ok"] = False


def photon_lepton(choice: Choice, photons: list[Object], leptons: list[Object]) -> None:
    tested, references = (leptons, photons) if choice.photons_first else (photons, leptons)
    remove(tested, references, 0.4)


STEPS: Any = (
    ("EleEle", ("electrons",), ele_ele),
    ("TauEle", ("taus", "electrons"), lambda _, taus, electrons: remove(taus, electrons, 0.2)),
    ("TauMu", ("taus", "muons"), lambda _, taus, muons: remove(taus, muons, 0.2)),
    ("EleMu", ("electrons", "muons"), ele_mu),
    ("PhEle", ("photons", "electrons"), photon_lepton),
    ("PhMu", ("photons", "muons"), photon_lepton),
    ("EleJet", ("electrons", "jets"), ele_jet),
    ("MuJet", ("muons", "jets"), mu_jet),
    ("TauJet", ("taus", "jets"), tau_jet),
    ("PhJet", ("photons", "jets"), lambda _, photons, jets: remove(jets, photons, 0.4)),
    ("EleFatJet", ("electrons", "fatJets"), lambda _, electrons, fat: remove(fat, electrons, 1.0)),
    ("JetFatJet", ("jets", "fatJets"), lambda _, jets, fat: remove(jets, fat, 1.0)),
)
