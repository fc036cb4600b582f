"""The blocks PL_Electrons, PL_Muons, PL_Photons, PL_Taus, PL_Neutrinos, PL_Jets and PL_Resonances: truth objects.

Source: PhysicsAnalysis/Algorithms/TruthParticleLevelAnalysisAlgorithms/{python/ParticleLevel*Config.py,Root/*.cxx} of
athena, 2024 to 2026.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from topcp_columnar.errors import InputError
from topcp_columnar.kernels import truth
from topcp_columnar.kernels.events import count
from topcp_columnar.kernels.kinematics import energy
from topcp_columnar.kernels.truth_types import Origin, Type
from topcp_columnar.objects.kinematics import PT_ETA_SELECTION
from topcp_columnar.objects.leptons import truth_classification
from topcp_columnar.plan.model import EVENT, Variable
from topcp_columnar.plan.part import BlockKind, Refused
from topcp_columnar.plan.rules import HONOURED, only

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from topcp_columnar.chunk import Chunk
    from topcp_columnar.containers import Column
    from topcp_columnar.plan.model import Container
    from topcp_columnar.plan.part import Part

_PACKAGE = "PhysicsAnalysis/Algorithms/TruthParticleLevelAnalysisAlgorithms"
_JETS = f"{_PACKAGE}/python/ParticleLevelJetsConfig.py"
_TYPE, _ORIGIN = "classifierParticleType", "classifierParticleOrigin"
# The taus' branches IsHadronicTau, type and origin are in the code of 2024, in that of 2025 for later releases not.
_NO_TAU_CLASSES_SINCE = "25.2.88"
_LABEL = "HadronConeExclTruthLabelID"
_NO_LABEL = -999

_BARE: Mapping[str, str] = {"pt": "pt", "eta": "eta", "phi": "phi", "e": "e"}
_DRESSED: Mapping[str, str] = {name: f"{name}_dressed" for name in _BARE}
_CLASSES: Mapping[str, str] = {"type": _TYPE, "origin": _ORIGIN}


@dataclass(frozen=True, slots=True)
class _Kind:
    """What a block does with its particles.

    type      what an isolated one is called by the classifier
    branches  branch -> column
    """

    type: Type | None
    branches: Mapping[str, str]


_CHARGED = {"charge": "charge"}
_KINDS: Mapping[str, _Kind] = {
    "PL_Electrons": _Kind(Type.ISO_ELECTRON, {**_DRESSED, **_CHARGED, **_CLASSES}),
    "PL_Muons": _Kind(Type.ISO_MUON, {**_DRESSED, **_CHARGED, **_CLASSES}),
    "PL_Photons": _Kind(Type.ISO_PHOTON, {**_BARE, **_CLASSES}),
    "PL_Taus": _Kind(Type.ISO_TAU, {**_BARE, **_CHARGED}),
    "PL_Neutrinos": _Kind(Type.NEUTRINO, _BARE),
    "PL_Resonances": _Kind(
        None, {"pt": "pt", "eta": "eta", "phi": "phi", "m": "m", **_CLASSES, "pdgId": "pdgId", "status": "status"}
    ),
}
_RESONANCES = ("TruthBoson", "TruthBottom", "TruthTop", "TruthBSM")


def add_particles(part: Part, name: str, source: str) -> Container:
    """A container of truth particles with the columns that follow from their momenta, set up once."""
    if name in part.plan.containers:
        return part.plan.containers[name]
    particles = part.add_container(source, name=name)
    px, py, pz, e, pdg_id = (particles.column(variable) for variable in ("px", "py", "pz", "e", "pdgId"))
    for variable, function, needs in (("pt", truth.pt, (px, py)), ("eta", truth.eta, (px, py, pz))):
        double = part.compute(particles.column(f"{variable} as double"), function, *needs)
        part.compute(particles.column(variable), lambda value: value.astype(np.float32), double)
    part.compute(particles.column("phi"), lambda *p: truth.phi(*p).astype(np.float32), px, py)
    part.compute(particles.column("rapidity"), truth.rapidity, pz, e)
    part.require(pdg_id)
    return particles


def add_charge(part: Part, particles: Container) -> None:
    pdg_id = particles.column("pdgId")

    def charge(chunk: Chunk) -> Column:
        try:
            return truth.lepton_charge(chunk.column(pdg_id))
        except ValueError as error:
            why = f"{particles.source} holds a particle {error}, which is no lepton; its charge is not computed"
            raise InputError(f"{chunk.file.location}: {why}") from None

    if not part.plan.makes(particles.column("charge")):
        part.compute_from_chunk(particles.column("charge"), charge, pdg_id)


def _particles(part: Part) -> None:
    kind = _KINDS[part.block.name]
    name = str(part.option("containerName"))
    is_new = name not in part.plan.containers
    particles = add_particles(part, name, name)
    if "charge" in kind.branches:
        add_charge(part, particles)
    if kind.type is not None:
        _select(part, particles, kind.type)
    if is_new:
        source = f"{_PACKAGE}/python/ParticleLevel{part.block.name.removeprefix('PL_')}Config.py"
        offer(part, particles, {**kind.branches, **_more_branches(part)}, source)


def offer(part: Part, objects: Container, branches: Mapping[str, str], source: str) -> None:
    """Columns under the names of branches, without systematics."""
    for branch, variable in branches.items():
        column = objects.column(variable)
        if not part.has(column):
            why = f"{objects.source} of PHYSLITE has no {variable}"
            part.offer(objects, Variable(branch, "", source, no_sys=True, verdict="omitted", why=why))
            continue
        part.offer(objects, Variable(branch, column, source, no_sys=True))


def _more_branches(part: Part) -> Mapping[str, str]:
    if part.block.name != "PL_Taus" or part.job.at_least(_NO_TAU_CLASSES_SINCE):
        return {}
    return {"IsHadronicTau": "IsHadronicTau", **_CLASSES}


def _select(part: Part, particles: Container, wanted: Type) -> None:
    """Isolated ones, and those that are from no tau, where asked for (ParticleLevelIsolationAlg.cxx)."""
    selection = str(part.option("selectionName", ""))
    if part.option("isolated", default=True):
        column = particles.column(f"isIsolated{selection}")
        part.select(particles, _isolated(part, particles, column, wanted), selection)
    if part.knows("notFromTau") and part.option("notFromTau", default=True):
        column = particles.column(f"notFromTau{selection}")
        part.compute(column, lambda origin: origin != Origin.TAU_LEP, particles.column(_ORIGIN))
        part.select(particles, column, selection)


def _isolated(part: Part, particles: Container, makes: str, wanted: Type) -> str:
    variable = part.option("isolationVariable", "")
    if not variable:
        return part.compute(makes, lambda kinds: kinds == wanted, particles.column(_TYPE))
    if not part.has(particles.column(variable)):
        raise Refused(f"{particles.source} has no {variable!r}", "isolationVariable")
    limit = np.float32(part.number("isolationCut"))

    def isolated(kinds: Column, momentum: Column, value: Column) -> Column:
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray((kinds == wanted) & (momentum > 0) & (value / momentum.astype(np.float64) < limit))

    needs = (particles.column(name) for name in (_TYPE, "pt", variable))
    return part.compute(makes, isolated, *needs)


def _resonances(part: Part) -> None:
    if part.option("containerName") not in _RESONANCES:
        raise Refused(f"the toolkit knows {', '.join(_RESONANCES)}", "containerName")
    _particles(part)


def add_jets(part: Part, name: str, source: str, option: str | None = None) -> Container:
    """A container of truth jets with their energy. Raises Refused, with those that there are."""
    if not part.has(f"{source}.pt"):
        there = ", ".join(one for one in part.job.first_file.containers if one.startswith("AntiKt") and "Truth" in one)
        raise Refused(f"the file has no truth jets {source!r}; it has {there}", option)
    jets = part.add_container(source, name=name)
    part.require(*(jets.column(variable) for variable in ("pt", "eta", "phi", "m")))
    add_energy(part, jets)
    return jets


def _jets(part: Part) -> None:
    name = str(part.option("containerName"))
    jets = add_jets(part, name, name, "containerName")
    ghosts = {f"nGhosts_{flavour.lower()}Hadron": f"Ghost{flavour}HadronsFinalCount" for flavour in "BC"}
    offer(part, jets, {**_BARE, **ghosts}, _JETS)
    if "AntiKt4" in name:
        count_flavours(part, jets, _JETS)


def add_energy(part: Part, jets: Container) -> None:
    needs = (jets.column(name) for name in ("pt", "eta", "m"))
    part.compute(jets.column("e"), lambda *p: energy(*p).astype(np.float32), *needs)


def count_flavours(part: Part, jets: Container, source: str) -> None:
    """How many jets of b and of c quarks an event has before any cut (ParticleLevelJetsAlg.cxx)."""
    for flavour, label in (("b", 5), ("c", 4)):
        name = f"num_truth_{flavour}jets_nocuts"
        makes, labels = f"{EVENT}.{name}", jets.column(_LABEL)
        if part.has(labels):
            part.compute_from_chunk(makes, partial(_count_label, jets.name, labels, label), labels)
        else:
            part.compute_from_chunk(makes, _no_labels, jets.column("pt"))
        part.offer(part.event(), Variable(name, makes, source, no_sys=True))


def _count_label(jets: str, labels: str, label: int, chunk: Chunk) -> Column:
    return count(chunk.column(labels) == label, chunk.offsets(jets)).astype(np.int32)


def _no_labels(chunk: Chunk) -> Column:
    return np.full(len(chunk), _NO_LABEL, np.int32)


_NO_UID = only(False, None, why="PHYSLITE keeps barcodes, and no unique numbers of particles")
_OPTIONS = {
    "containerName": HONOURED,
    "selectionName": HONOURED,
    "isolated": HONOURED,
    "notFromTau": HONOURED,
    "isolationVariable": HONOURED,
    "isolationCut": HONOURED,
    "saveUID": _NO_UID,
}


def _kind(plan: Callable[[Part], None]) -> BlockKind:
    return BlockKind(_OPTIONS, plan, simulation_only=True)


BLOCKS = {
    **{name: _kind(_particles) for name in _KINDS},
    "PL_Electrons.IFFClassification": truth_classification("electron"),
    "PL_Muons.IFFClassification": truth_classification("muon"),
    "PL_Resonances": BlockKind({"containerName": HONOURED}, _resonances, simulation_only=True),
    "PL_Jets": BlockKind({"containerName": HONOURED}, _jets, simulation_only=True),
    **{f"{name}.PtEtaSelection": PT_ETA_SELECTION for name in (*_KINDS, "PL_Jets")},
}
