"""The block ParticleLevel of TopCPToolkit, before AnalysisBase 25.2.40: all particles, jets and missing momentum.

Source: TopCPToolkit, source/TopCPToolkit/{python/particleLevelConfig.py,Root/ParticleLevelAlg.cxx}. The containers hold
what is selected and no more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from topcp_columnar.kernels.truth_types import Type
from topcp_columnar.objects.chosen import choose
from topcp_columnar.objects.particle_overlap import keep_far, place
from topcp_columnar.objects.particles import add_charge, add_jets, add_particles, count_flavours, offer
from topcp_columnar.objects.truth_met import add_truth_met
from topcp_columnar.plan.model import View
from topcp_columnar.plan.part import BlockKind
from topcp_columnar.plan.rules import HONOURED, only

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from topcp_config import Block

    from topcp_columnar.containers import Column
    from topcp_columnar.plan.model import Container
    from topcp_columnar.plan.part import Part

_CONFIG = "TopCPToolkit: source/TopCPToolkit/python/particleLevelConfig.py"
_LARGE_JETS = "AntiKt10TruthSoftDropBeta100Zcut10Jets"
_BARE = {name: name for name in ("pt", "eta", "phi", "e")}
_DRESSED = {"pt": "pt_dressed", "eta": "eta_dressed", "phi": "phi_dressed", "e": "e"}
_CLASSES = {"type": "classifierParticleType", "origin": "classifierParticleOrigin"}
_GHOSTS = {"nGhosts_bHadron": "GhostBHadronsFinalCount", "nGhosts_cHadron": "GhostCHadronsFinalCount"}
_PT, _ETA = 25e3, 2.5
# The option that switches each kind on -> the container it makes.
_CONTAINERS: Mapping[str, str] = {
    "useTruthElectrons": "ParticleLevelElectrons",
    "useTruthMuons": "ParticleLevelMuons",
    "useTruthPhotons": "ParticleLevelPhotons",
    "useTruthTaus": "ParticleLevelTaus",
    "useTruthJets": "ParticleLevelJets",
    "useTruthLargeRJets": "ParticleLevelLargeRJets",
    "useTruthNeutrinos": "ParticleLevelNeutrinos",
    "useTruthMET": "ParticleLevelMissingET",
}


def _particle_level(part: Part) -> None:
    made: dict[str, Container] = {}
    if part.option("useTruthElectrons"):
        made["electrons"] = _leptons(part, "Electrons", "el", Type.ISO_ELECTRON)
    if part.option("useTruthMuons"):
        made["muons"] = _leptons(part, "Muons", "mu", Type.ISO_MUON)
    if part.option("useTruthPhotons"):
        made["photons"] = _photons(part)
    if part.option("useTruthTaus"):
        made["taus"] = _taus(part)
    if part.option("useTruthJets"):
        made["jets"] = _jets(part)
    if part.option("useTruthLargeRJets"):
        made["ljets"] = _large_jets(part)
    if part.option("useTruthNeutrinos"):
        made["neutrinos"] = _neutrinos(part)
    if part.option("useTruthMET"):
        add_truth_met(part, _CONTAINERS["useTruthMET"], "MET_Truth")
    if part.option("doOverlapRemoval"):
        _remove_overlaps(part, made)
    for container in made.values():
        keep = part.full_selection(container, "", container.column("selected"))
        part.plan.views[container.name] = View(container.name, container.name, keep)


def _leptons(part: Part, kind: str, option: str, wanted: Type) -> Container:
    leptons = add_particles(part, f"ParticleLevel{kind}", f"Truth{kind}")
    add_charge(part, leptons)
    offer(part, leptons, {**_DRESSED, "charge": "charge", **_CLASSES}, _CONFIG)
    _select_range(part, leptons, option, dressed=True)
    if part.option(f"{option}NotFromHadron"):
        _select_type(part, leptons, wanted)
    return leptons


def _photons(part: Part) -> Container:
    photons = add_particles(part, "ParticleLevelPhotons", "TruthPhotons")
    offer(part, photons, {**_BARE, **_CLASSES}, _CONFIG)
    stable = part.compute(photons.column("isStable"), lambda status: status == 1, photons.column("status"))
    part.select(photons, stable)
    _select_range(part, photons, "ph")
    return photons


def _taus(part: Part) -> Container:
    taus = add_particles(part, "ParticleLevelTaus", "TruthTaus")
    offer(part, taus, {**_BARE, **_CLASSES, "IsHadronicTau": "IsHadronicTau"}, _CONFIG)
    _select_range(part, taus, "tau")
    _select_type(part, taus, Type.ISO_TAU)
    return taus


def _jets(part: Part) -> Container:
    jets = add_jets(part, "ParticleLevelJets", "AntiKt4TruthDressedWZJets")
    offer(part, jets, {**_BARE, **_GHOSTS}, _CONFIG)
    count_flavours(part, jets, _CONFIG)
    _select_range(part, jets, "jet")
    return jets


def _large_jets(part: Part) -> Container:
    source = str(part.option("ljetCollection") or _LARGE_JETS)
    jets = add_jets(part, "ParticleLevelLargeRJets", source, "ljetCollection")
    offer(part, jets, _BARE, _CONFIG)
    _select_range(part, jets, "ljet")
    return jets


def _neutrinos(part: Part) -> Container:
    neutrinos = add_particles(part, "ParticleLevelNeutrinos", "TruthNeutrinos")
    offer(part, neutrinos, _BARE, _CONFIG)
    _select_range(part, neutrinos, "nu", 0.0, 10.0)
    return neutrinos


def _select_range(
    part: Part, objects: Container, option: str, pt: float = _PT, eta: float = _ETA, *, dressed: bool = False
) -> None:
    """Not below the least pt, nor beyond the largest |eta|; an option that is 0 counts as not given."""
    least, largest = (
        np.float32(part.number(f"{option}{name}") or default) for name, default in (("PtMin", pt), ("EtaMax", eta))
    )

    def passes(pt: Column, eta: Column) -> Column:
        return ~(pt < least) & ~(np.abs(eta) > largest)

    names = ("pt_dressed", "eta_dressed") if dressed else ("pt", "eta")
    if part.has(objects.column("pt as double")) and not dressed:  # truth particles; jets store floats
        names = ("pt as double", "eta as double")
    part.select(objects, part.compute(objects.column("inRange"), passes, *(objects.column(name) for name in names)))


def _select_type(part: Part, particles: Container, wanted: Type) -> None:
    column, kinds = particles.column("isIsolated"), particles.column("classifierParticleType")
    part.select(particles, part.compute(column, lambda kinds: kinds == wanted, kinds))


def _remove_overlaps(part: Part, made: Mapping[str, Container]) -> None:
    """Muons, then electrons, near jets, then jets near photons; distances in pseudorapidity, of bare leptons."""
    if "jets" not in made:
        return
    places = {
        name: place(choose(part, container.name, None), use_rapidity=False)
        for name, container in made.items()
        if name in ("jets", "electrons", "muons", "photons")
    }
    for name, other in (("muons", "jets"), ("electrons", "jets"), ("jets", "photons")):
        if name in places and other in places:
            makes = made[name].column("isFar")
            part.select(made[name], keep_far(part, makes, places[name], places[other]))


def _sets_up(_: Block) -> Iterator[str]:
    yield from _CONTAINERS.values()


_NO_ANCESTORS = only(False, None, why="PHYSLITE does not keep the truth record in which the toolkit looks for taus")
_KEPT_SIMPLE = only("", None, why="the engine does not read this list")

BLOCKS = {
    "ParticleLevel": BlockKind(
        {
            **dict.fromkeys(_CONTAINERS, HONOURED),
            "doOverlapRemoval": HONOURED,
            **{
                f"{kind}{limit}": HONOURED
                for kind in ("el", "mu", "ph", "tau", "jet", "ljet", "nu")
                for limit in ("PtMin", "EtaMax")
            },
            "elNotFromHadron": HONOURED,
            "muNotFromHadron": HONOURED,
            "elTauIsHadron": _NO_ANCESTORS,
            "muTauIsHadron": _NO_ANCESTORS,
            "phOrigin": _KEPT_SIMPLE,
            "phIsolation": _KEPT_SIMPLE,
            "ljetCollection": HONOURED,
        },
        _particle_level,
        _sets_up,
        simulation_only=True,
    ),
}
