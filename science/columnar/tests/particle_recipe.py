"""Particle level as public code has it, written out as plain loops over the particles of one event.

Source: PhysicsAnalysis/Algorithms/TruthParticleLevelAnalysisAlgorithms/{python,Root} of athena (PL_* blocks, 2024 to
2026); TopCPToolkit, source/TopCPToolkit/Root/ParticleLevelAlg.cxx (the block ParticleLevel, until 2025). Momenta are
those of xAOD::TruthParticle (Event/xAOD/xAODTruth/Root/TruthParticle_v1.cxx). Nothing of the engine is used.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from typing import Any

Particle = dict[str, Any]
Event = dict[str, list[Particle]]

# MCTruthPartClassifier::ParticleType and ::ParticleOrigin.
ISOLATED = {"electrons": 2, "muons": 6, "taus": 10, "photons": 14, "neutrinos": 18}
FROM_TAU = 9
DRESSED = ("electrons", "muons")
# MissingETBase::Source::TruthType::NonInt.
NON_INTERACTING = 0x21000


def as_float(value: float) -> float:
    """A double as a C++ float keeps it."""
    (result,) = struct.unpack("f", struct.pack("f", value))
    return float(result)


@dataclass(frozen=True)
class Options:
    """How the blocks are set.

    rapidity  distances in overlap removal are measured in rapidity
    dressed   cuts and overlap removal take the dressed momenta of leptons
    photons   take part in overlap removal
    """

    isolated: bool = True
    not_from_tau: bool = True
    dressed: bool = True
    rapidity: bool = True
    photons: bool = True
    min_pt: float = 25e3
    max_eta: float = 2.5


def pt(p: Particle) -> float:
    if "px" not in p:
        return float(p["pt"])
    return math.sqrt(p["px"] ** 2 + p["py"] ** 2)


def phi(p: Particle) -> float:
    return math.atan2(p["py"], p["px"]) if "px" in p else float(p["phi"])


def eta(p: Particle) -> float:
    return math.asinh(p["pz"] / pt(p)) if "px" in p else float(p["eta"])


def energy(p: Particle) -> float:
    if "e" in p:
        return float(p["e"])
    return math.sqrt((p["pt"] * math.cosh(p["eta"])) ** 2 + p["m"] * abs(p["m"]))


def rapidity_of(e: float, pz: float) -> float:
    return 0.5 * math.log((e + pz) / (e - pz))


def distance(jet: Particle, p: Particle, *, in_rapidity: bool, dressed: bool) -> float:
    if dressed:
        their_eta, their_phi, their_e = p["eta_dressed"], p["phi_dressed"], p["e_dressed"]
        their_pz = p["pt_dressed"] * math.sinh(their_eta)
    else:
        their_eta, their_phi, their_e = eta(p), phi(p), energy(p)
        their_pz = p["pz"]
    jet_pz = jet["pt"] * math.sinh(jet["eta"])
    if in_rapidity:
        difference = rapidity_of(energy(jet), jet_pz) - rapidity_of(their_e, their_pz)
    else:
        difference = jet["eta"] - their_eta
    return math.hypot(difference, math.remainder(jet["phi"] - their_phi, 2 * math.pi))


def in_range(p: Particle, options: Options, kind: str) -> bool:
    """PtEtaSelection; its values and limits are floats."""
    dressed = options.dressed and kind in DRESSED
    their_pt, their_eta = (p["pt_dressed"], p["eta_dressed"]) if dressed else (pt(p), eta(p))
    return as_float(their_pt) >= options.min_pt and as_float(abs(their_eta)) <= options.max_eta


def is_selected(p: Particle, kind: str, options: Options) -> bool:
    if kind == "jets":
        return in_range(p, options, kind)
    if options.isolated and p["classifierParticleType"] != ISOLATED[kind]:
        return False
    has_cut = kind in ("electrons", "muons", "neutrinos")
    if options.not_from_tau and has_cut and p["classifierParticleOrigin"] == FROM_TAU:
        return False
    return in_range(p, options, kind)


def survivors(event: Event, options: Options) -> Event:
    """What is selected and passes overlap removal."""
    chosen = {kind: [p for p in event[kind] if is_selected(p, kind, options)] for kind in (*ISOLATED, "jets")}
    result = dict(chosen)
    for kind in DRESSED:
        result[kind] = []
        for lepton in chosen[kind]:
            far = True
            for jet in chosen["jets"]:
                d = distance(jet, lepton, in_rapidity=options.rapidity, dressed=options.dressed)
                if (as_float(d) if options.dressed else d) < 0.4:
                    far = False
            if far:
                result[kind].append(lepton)
    if options.photons:
        result["jets"] = []
        for jet in chosen["jets"]:
            near = [distance(jet, photon, in_rapidity=True, dressed=False) < 0.4 for photon in chosen["photons"]]
            if not any(near):
                result["jets"].append(jet)
    return result


def survivors_before_2025(event: Event, *, photons: bool = True) -> Event:
    """The block ParticleLevel with its defaults, all kinds of objects on."""
    chosen: Event = {kind: [] for kind in (*ISOLATED, "jets", "ljets")}
    for kind, particles in chosen.items():
        limit_pt, limit_eta = (0.0, 10.0) if kind == "neutrinos" else (25e3, 2.5)
        for p in event[kind]:
            dressed = kind in DRESSED
            their_pt, their_eta = (p["pt_dressed"], p["eta_dressed"]) if dressed else (pt(p), eta(p))
            if their_pt < limit_pt or abs(their_eta) > limit_eta:
                continue
            if kind in ("electrons", "muons", "taus") and p["classifierParticleType"] != ISOLATED[kind]:
                continue
            if kind == "photons" and p["status"] != 1:
                continue
            particles.append(p)
    result = dict(chosen)
    for kind in DRESSED:
        result[kind] = [
            lepton
            for lepton in chosen[kind]
            if not any(distance(jet, lepton, in_rapidity=False, dressed=False) < 0.4 for jet in chosen["jets"])
        ]
    if photons:
        result["jets"] = [
            jet
            for jet in chosen["jets"]
            if not any(distance(jet, p, in_rapidity=False, dressed=False) < 0.4 for p in chosen["photons"])
        ]
    return result


def missing_momentum(event: Event) -> tuple[float, float]:
    """Magnitude and direction of what does not interact."""
    (term,) = [term for term in event["met"] if term["source"] == NON_INTERACTING]
    return math.hypot(term["mpx"], term["mpy"]), math.atan2(term["mpy"], term["mpx"])


def passes_ejets(found: Event, met: tuple[float, float], *, dressed: bool) -> bool:
    """The cuts of the toolkit's exampleTtbarLjets at particle level, on the objects that survive."""
    if len([jet for jet in found["jets"] if jet["pt"] >= 25e3]) < 4 or met[0] < 20e3:
        return False
    lepton_pt, lepton_phi = ("pt_dressed", "phi_dressed") if dressed else ("", "")
    electrons = [(p[lepton_pt], p[lepton_phi]) if dressed else (pt(p), phi(p)) for p in found["electrons"]]
    if not [e for e in electrons if e[0] >= 25e3] or [p for p in found["muons"] if p["pt_dressed"] >= 25e3]:
        return False
    first_pt, first_phi = electrons[0]
    mass = math.sqrt(2 * first_pt * met[0] * (1 - math.cos(first_phi - met[1])))
    return mass < 170e3 and met[0] + mass > 40e3


def flavours(event: Event) -> tuple[int, int]:
    """How many jets are labelled b, and c, before any cut."""
    labels = [jet["HadronConeExclTruthLabelID"] for jet in event["jets"]]
    return labels.count(5), labels.count(4)


def classes(p: Particle) -> dict[str, int]:
    """What MCTCDecorationAlg makes of a lepton; -1 unless it is stable or has decayed."""
    bits = p["Classification"]
    if p["status"] not in (1, 2):
        return dict.fromkeys(("isPrompt", "fromHadron", "fromBSM", "fromTau"), -1)
    return {
        "isPrompt": is_prompt(bits),
        "fromHadron": bits >> 2 & 1,
        "fromBSM": bits >> 3 & 1,
        "fromTau": bits >> 1 & 1,
    }


def is_prompt(bits: int) -> int:
    """MCTruthPartClassifier::isPrompt; who is not categorised counts as prompt (MCTCDecorationAlg.cxx)."""
    hadronic_tau, tau, hadron, _, uncategorised = (bits >> n & 1 for n in range(5))
    if uncategorised:
        return 1
    if tau and not hadronic_tau:
        return 1
    return 1 - hadron
