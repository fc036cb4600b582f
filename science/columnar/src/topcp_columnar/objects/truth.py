"""The truth particle that a reconstructed lepton is linked with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from topcp_columnar.containers import Links, Links2
from topcp_columnar.errors import InputError
from topcp_columnar.kernels import iff, links

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from topcp_columnar.chunk import Chunk
    from topcp_columnar.containers import Column
    from topcp_columnar.plan.model import Container
    from topcp_columnar.plan.part import Part

#: Columns of a lepton that are variables of its truth particle, as those of `kernels.iff`.
TRUTH_PDG, TRUTH_BITS = "truthParticle.pdgId", "truthParticle.Classification"

# The links that are tried, in this order: xAOD::TruthHelpers::getTruthParticle,
# Event/xAOD/xAODTruth/Root/xAODTruthHelpers.cxx.
_LINKS = ("truthParticleLink", "TruthLink")
# The containers of truth particles that PHYSLITE keeps and that a lepton or a parent may lie in.
_CONTAINERS = (
    "TruthElectrons",
    "TruthMuons",
    "TruthPhotons",
    "TruthTaus",
    "TruthNeutrinos",
    "TruthBottom",
    "TruthTop",
    "TruthBoson",
    "TruthBSM",
)


def add_truth_particle(part: Part, leptons: Container, wanted: Sequence[str]) -> None:
    """Compute variables of the leptons' truth particles, as they are named here and in `kernels.iff`; 0 where there is
    none."""
    containers = [name for name in _CONTAINERS if part.has(f"{name}.status")]
    stored_links = [leptons.column(name) for name in _LINKS if part.has(leptons.column(name))]
    for name in wanted:
        if part.plan.makes(makes := leptons.column(name)):
            continue
        needs = [f"{container}.{variable}" for container in containers for variable in _VARIABLES[name]]
        function = _of_truth_particle(leptons, stored_links, containers, _VALUES[name])
        part.compute_from_chunk(makes, function, leptons.column("pt"), *stored_links, *needs)


def add_own_truth(part: Part, particles: Container) -> None:
    """The inputs of `kernels.iff.classify_muons` for truth particles: what is stored of themselves."""
    containers = [name for name in _CONTAINERS if part.has(f"{name}.status")]
    own = {
        "truthType": "classifierParticleType",
        "truthOrigin": "classifierParticleOrigin",
        iff.TRUTH_STATUS: "status",
    }
    for name, stored in own.items():
        part.compute(particles.column(name), lambda values: values.astype(np.int64), particles.column(stored))
    needs = [f"{name}.{variable}" for name in containers for variable in ("status", "pdgId")]

    def parents(chunk: Chunk) -> Column:
        return _parent_pdg_id(chunk, particles.source, containers)

    part.compute_from_chunk(particles.column(iff.TRUTH_PARENT), parents, f"{particles.source}.parentLinks", *needs)


def _of_truth_particle(
    leptons: Container,
    stored_links: Sequence[str],
    containers: Sequence[str],
    value: Callable[[Chunk, str, Sequence[str]], Column],
) -> Callable[[Chunk], Column]:
    """The value of the first truth particle that a link leads to, int64[n]."""

    def compute(chunk: Chunk) -> Column:
        result = np.zeros(chunk.offsets(leptons.name)[-1], np.int64)
        unknown = np.ones(len(result), np.bool_)
        for name in stored_links:
            for container in containers:
                position = _resolve(chunk, _plain(chunk, name), container)
                found = unknown & (position >= 0)
                if found.any():  # most links lead to few of the containers
                    result[found] = value(chunk, container, containers)[position[found]]
                    unknown &= ~found
        return result

    return compute


def _plain(chunk: Chunk, name: str) -> Links:
    stored = chunk.links(name)
    if not isinstance(stored, Links):
        raise InputError(f"{chunk.file.location}: {name} does not hold one link per object")
    return stored


def _resolve(chunk: Chunk, link: Links, container: str) -> Column:
    offsets = chunk.jagged(f"{container}.status").offsets
    return links.resolve(link.offsets, link.keys, link.indices, container, offsets)


def _stored(variable: str) -> Callable[[Chunk, str, Sequence[str]], Column]:
    return lambda chunk, container, _containers: chunk.column(f"{container}.{variable}")


def _parent_pdg_id(chunk: Chunk, container: str, containers: Sequence[str]) -> Column:
    """The PDG number of the parent of each truth particle of a container that has exactly one; else 0."""
    parents = chunk.links(f"{container}.parentLinks")
    if not isinstance(parents, Links2):
        raise InputError(f"{chunk.file.location}: {container}.parentLinks does not hold a vector of links")
    result = np.zeros(len(parents.inner) - 1, np.int64)
    alone = np.diff(parents.inner) == 1
    for target in containers:
        position = _resolve(chunk, links.first(parents), target)
        found = alone & (position >= 0)
        result[found] = chunk.column(f"{target}.pdgId")[position[found]]
    return result


_VALUES = {
    iff.TRUTH_STATUS: _stored("status"),
    TRUTH_PDG: _stored("pdgId"),
    TRUTH_BITS: _stored("Classification"),
    iff.TRUTH_PARENT: _parent_pdg_id,
}
# The variables of the truth containers that each reads, beside the one that counts the particles.
_VARIABLES = {
    iff.TRUTH_STATUS: ("status",),
    TRUTH_PDG: ("status", "pdgId"),
    TRUTH_BITS: ("status", "Classification"),
    iff.TRUTH_PARENT: ("status", "pdgId", "parentLinks"),
}
