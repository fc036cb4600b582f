"""The truth particles that PHYSLITE keeps, of all containers together, with the links between them.

Source: parent and child of Event/xAOD/xAODTruth/Root/TruthParticle_v1.cxx: those of the vertex, if the vertex is kept
and has some, else those of the particle's own links.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from topcp_columnar.containers import Links, Links2
from topcp_columnar.errors import InputError
from topcp_columnar.kernels import links
from topcp_columnar.kernels.truth_graph import Graph, find_twins

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    from topcp_columnar.chunk import Chunk
    from topcp_columnar.containers import Column, Offsets
    from topcp_columnar.plan.part import Part

    Integers = npt.NDArray[np.int64]

BOSONS, DECAYED_BOSONS = "TruthBoson", "TruthBosonsWithDecayParticles"
_PARTICLES = (
    "TruthTop",
    BOSONS,
    "TruthBottom",
    "TruthElectrons",
    "TruthMuons",
    "TruthTaus",
    "TruthPhotons",
    "TruthNeutrinos",
    "TruthBSM",
    DECAYED_BOSONS,
    "HardScatterParticles",
)
_VERTICES = ("TruthBosonsWithDecayVertices", "HardScatterVertices")
_STORED = ("pdgId", "barcode", "px", "py", "pz", "m")


class _Direction(NamedTuple):
    """Down or up the record: the link to a vertex, the links from there, and those of the particle itself."""

    vertex: str
    of_vertex: str
    direct: str


_DOWN = _Direction("decayVtxLink", "outgoingParticleLinks", "childLinks")
_UP = _Direction("prodVtxLink", "incomingParticleLinks", "parentLinks")


@dataclass(frozen=True, slots=True)
class Layout:
    """What a file keeps of the record: containers of particles and of vertices, and all variables that are read."""

    particles: tuple[str, ...]
    vertices: tuple[str, ...]
    needs: tuple[str, ...]

    @classmethod
    def of(cls, part: Part) -> Layout:
        """Containers without variables are empty in all events: a derivation writes none then."""
        particles = tuple(name for name in _PARTICLES if part.has(f"{name}.pdgId"))
        vertices = tuple(name for name in _VERTICES if part.has(f"{name}.{_DOWN.of_vertex}"))
        of_particles = (*_STORED, _DOWN.vertex, _UP.vertex, _DOWN.direct, _UP.direct)
        wanted = [f"{name}.{variable}" for name in particles for variable in of_particles]
        wanted += [f"{name}.{one.of_vertex}" for name in vertices for one in (_DOWN, _UP)]
        stored = [f"{name}.{variable}" for name in particles for variable in _STORED]
        return cls(particles, vertices, tuple(name for name in wanted if name in stored or part.has(name)))


class Record:
    """The record of the events of a chunk; a particle is its position among all."""

    def __init__(self, chunk: Chunk, layout: Layout) -> None:
        self._chunk, self._layout = chunk, layout
        sizes = [int(chunk.offsets(name)[-1]) for name in layout.particles]
        self._base = dict(zip(layout.particles, np.cumsum([0, *sizes])[:-1].tolist(), strict=True))
        self.size = sum(sizes)
        self.px, self.py, self.pz, self.m = (self._column(name) for name in ("px", "py", "pz", "m"))
        self.graph = self._graph()

    def _column(self, variable: str) -> Column:
        columns = [self._chunk.column(f"{name}.{variable}") for name in self._layout.particles]
        return np.concatenate([*columns, np.zeros(0, np.float32)])

    def _graph(self) -> Graph:
        pdg_id, number = (self._column(name).astype(np.int64) for name in ("pdgId", "barcode"))
        child_offsets, children = self._related(_DOWN)
        parent_offsets, parents = self._related(_UP)
        twin = self._twins(pdg_id, number)
        return Graph(pdg_id, number, self.m == 0, child_offsets, children, parent_offsets, parents, twin)

    def candidates(self, names: Sequence[str]) -> tuple[Offsets, Integers]:
        """The particles of these containers, one container after the other in each event."""
        there = [name for name in names if name in self._base]
        counts = [np.diff(self._chunk.offsets(name)) for name in there]
        total = np.sum(counts, axis=0) if there else np.zeros(len(self._chunk), np.int64)
        events = [np.repeat(np.arange(len(self._chunk)), count) for count in counts]
        positions = [self._base[name] + np.arange(len(event)) for name, event in zip(there, events, strict=True)]
        order = np.argsort(np.concatenate([*events, np.zeros(0, np.int64)]), kind="stable")
        offsets = np.concatenate(([0], np.cumsum(total, dtype=np.int64)))
        return offsets, np.concatenate([*positions, np.zeros(0, np.int64)])[order].astype(np.int64)

    def _twins(self, pdg_id: Integers, number: Integers) -> Integers:
        """W bosons of one container have their decay products in another; they are told by their barcodes."""
        twin = np.arange(self.size)
        if BOSONS in self._base and DECAYED_BOSONS in self._base:
            here, there = (self._range(name) for name in (BOSONS, DECAYED_BOSONS))
            offsets = [self._chunk.offsets(name) for name in (BOSONS, DECAYED_BOSONS)]
            found = find_twins(offsets[0], pdg_id[here], number[here], offsets[1], pdg_id[there], number[there])
            twin[here] = np.where(found >= 0, found + there.start, twin[here])
        return twin

    def _range(self, name: str) -> slice:
        return slice(self._base[name], self._base[name] + int(self._chunk.offsets(name)[-1]))

    def _related(self, direction: _Direction) -> tuple[Offsets, Integers]:
        """The parents, or the children, of all particles."""
        pairs = [self._related_of(name, direction) for name in self._layout.particles]
        counts = np.concatenate([*(counts for counts, _ in pairs), np.zeros(0, np.int64)])
        found = np.concatenate([*(found for _, found in pairs), np.zeros(0, np.int64)])
        return np.concatenate(([0], np.cumsum(counts, dtype=np.int64))), found

    def _related_of(self, name: str, direction: _Direction) -> tuple[Integers, Integers]:
        """How many each particle of a container has, and which."""
        n = int(self._chunk.offsets(name)[-1])
        starts, counts, pool = np.zeros(n, np.int64), np.zeros(n, np.int64), [np.zeros(0, np.int64)]
        for inner, targets in self._direct(name, direction):
            starts, counts = inner[:-1].copy(), np.diff(inner)
            pool.append(targets)
        for vertex, inner, targets in self._by_vertex(name, direction):
            has = (vertex >= 0) & (np.diff(inner)[vertex] > 0) if len(inner) > 1 else np.zeros(n, np.bool_)
            starts[has] = sum(map(len, pool)) + inner[vertex[has]]
            counts[has] = np.diff(inner)[vertex[has]]
            pool.append(targets)
        return counts, np.concatenate(pool)[_ranges(starts, counts)]

    def _direct(self, name: str, direction: _Direction) -> Iterator[tuple[Offsets, Integers]]:
        if f"{name}.{direction.direct}" in self._layout.needs:
            yield self._followed(f"{name}.{direction.direct}")

    def _by_vertex(self, name: str, direction: _Direction) -> Iterator[tuple[Integers, Offsets, Integers]]:
        """Of each container of vertices: the vertex of each particle, and the particles of each vertex."""
        if f"{name}.{direction.vertex}" not in self._layout.needs:
            return
        link = self._chunk.links(f"{name}.{direction.vertex}")
        assert isinstance(link, Links)  # noqa: S101  the type of the variable says so
        for vertices in self._layout.vertices:
            at_vertex = self._vector(f"{vertices}.{direction.of_vertex}")
            vertex = links.resolve(link.offsets, link.keys, link.indices, vertices, at_vertex.offsets)
            yield vertex, *self._followed(f"{vertices}.{direction.of_vertex}")

    def _vector(self, variable: str) -> Links2:
        found = self._chunk.links(variable)
        if not isinstance(found, Links2):
            raise InputError(f"{self._chunk.file.location}: {variable} does not hold a vector of links")
        return found

    def _followed(self, variable: str) -> tuple[Offsets, Integers]:
        """Where the links of each object begin, and the particles that they lead to; -1 for one that is not kept."""
        stored = self._vector(variable)
        result = np.full(len(stored.keys), -1, np.int64)
        offsets = stored.inner[stored.offsets]
        for target, base in self._base.items():
            found = links.resolve(offsets, stored.keys, stored.indices, target, self._chunk.offsets(target))
            result = np.where(found >= 0, found + base, result)
        return stored.inner, result


def _ranges(starts: Integers, counts: Integers) -> Integers:
    """start, start + 1, … of each range, one after the other."""
    before = np.cumsum(counts) - counts
    return np.asarray(np.arange(int(counts.sum())) + np.repeat(starts - before, counts))
