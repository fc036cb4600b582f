"""The inner-detector tracks of electrons, muons and jets, as overlap removal compares them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from topcp_columnar.containers import Jagged2, Links, Links2
from topcp_columnar.errors import InputError
from topcp_columnar.kernels import links
from topcp_columnar.kernels.tracks import PRIMARY_VERTEX

if TYPE_CHECKING:
    from topcp_columnar.chunk import Chunk
    from topcp_columnar.containers import Column, Offsets
    from topcp_columnar.plan.model import Container
    from topcp_columnar.plan.part import Part

_GSF, _INNER_DETECTOR = "GSFTrackParticles", "InDetTrackParticles"
_GSF_COUNT, INNER_DETECTOR_COUNT = f"{_GSF}.d0", f"{_INNER_DETECTOR}.d0"
_VERTEX_TYPE = "PrimaryVertices.vertexType"


def first_link(stored: Links | Links2) -> Links:
    """The link of each object, the first where it has several."""
    return links.first(stored) if isinstance(stored, Links2) else stored


def all_links(chunk: Chunk, name: str) -> Links2:
    """A vector of links per object; raises InputError if it is none."""
    stored = chunk.links(name)
    if not isinstance(stored, Links2):
        raise InputError(f"{chunk.file.location}: {name} does not hold a vector of links")
    return stored


def inner_detector_offsets(chunk: Chunk) -> Offsets:
    return chunk.jagged(INNER_DETECTOR_COUNT).offsets


def gsf_tracks(part: Part, electrons: Container) -> str:
    """The link of each electron to its GSF track, as one number: equal for equal links, int64."""
    makes, stored = electrons.column("gsfTrack"), electrons.column("trackParticleLinks")
    if part.plan.makes(makes):
        return makes

    def join(chunk: Chunk) -> Column:
        link = first_link(chunk.links(stored))
        return link.keys.astype(np.int64) << 32 | link.indices

    return part.compute_from_chunk(makes, join, stored)


def original_tracks(part: Part, electrons: Container) -> str:
    """The track that each electron's GSF track was refitted from: a position in InDetTrackParticles, or -1.

    Source: xAOD::EgammaHelpers::getOriginalTrackParticle, Event/xAOD/xAODEgamma/Root/ElectronxAODHelpers.cxx.
    """
    makes, to_gsf = electrons.column("originalTrack"), electrons.column("trackParticleLinks")
    to_original = f"{_GSF}.originalTrackParticle"
    if part.plan.makes(makes):
        return makes

    def follow(chunk: Chunk) -> Column:
        gsf = _resolve(first_link(chunk.links(to_gsf)), _GSF, chunk.jagged(_GSF_COUNT).offsets)
        original = _resolve(first_link(chunk.links(to_original)), _INNER_DETECTOR, inner_detector_offsets(chunk))
        return links.take(original, gsf, -1)

    return part.compute_from_chunk(makes, follow, to_gsf, to_original, _GSF_COUNT, INNER_DETECTOR_COUNT)


def inner_detector_tracks(part: Part, muons: Container) -> str:
    """The inner-detector track of each muon: a position in InDetTrackParticles, or -1."""
    makes, stored = muons.column("innerDetectorTrack"), muons.column("inDetTrackParticleLink")
    if part.plan.makes(makes):
        return makes

    def follow(chunk: Chunk) -> Column:
        return _resolve(first_link(chunk.links(stored)), _INNER_DETECTOR, inner_detector_offsets(chunk))

    return part.compute_from_chunk(makes, follow, stored, INNER_DETECTOR_COUNT)


def _resolve(link: Links, target: str, target_offsets: Offsets) -> Column:
    return links.resolve(link.offsets, link.keys, link.indices, target, target_offsets)


def tracks_from_primary_vertex(part: Part, jets: Container) -> str:
    """How many tracks above 500 MeV each jet has from the first primary vertex.

    Where an event has no such vertex the toolkit stops, unless `allowNoPV` lets it go on as if jets had no tracks;
    events that an earlier block drops do not count. Source: MuJetOverlapTool.cxx.
    """
    makes, stored = jets.column("nTracksOfPrimaryVertex"), jets.column("NumTrkPt500")
    allowed, filters = bool(part.option("allowNoPV")), [f.column for f in part.plan.filters]
    if part.plan.makes(makes):
        return makes

    def count(chunk: Chunk) -> Column:
        vertex = _first_primary_vertex(chunk)
        lost = vertex < 0
        for column in filters:
            lost &= chunk.column(column) != 0
        if lost.any() and not allowed:
            raise InputError(
                f"{chunk.file.location}: event {chunk.start + int(np.flatnonzero(lost)[0])} (from 0) has no primary "
                "vertex, and there the toolkit stops"
            )
        return _of_vertex(chunk, stored, np.repeat(vertex, np.diff(chunk.offsets(jets.name))))

    return part.compute_from_chunk(makes, count, stored, _VERTEX_TYPE, *filters)


def _first_primary_vertex(chunk: Chunk) -> Column:
    """Its index in each event, int64[n]; -1 for none."""
    types = chunk.jagged(_VERTEX_TYPE)
    found = np.flatnonzero(types.content == PRIMARY_VERTEX)
    event, first = np.unique(np.searchsorted(types.offsets, found, side="right") - 1, return_index=True)
    result = np.full(len(chunk), -1, np.int64)
    result[event] = found[first] - types.offsets[event]
    return result


def _of_vertex(chunk: Chunk, name: str, vertex: Column) -> Column:
    """The value of each jet for the vertex; 0 where there is none."""
    values = chunk.stored(name)
    if not isinstance(values, Jagged2):
        raise InputError(f"{chunk.file.location}: {name} does not hold a vector per jet")
    place = values.inner[:-1] + vertex
    inside = (vertex >= 0) & (place < values.inner[1:])
    result = np.zeros(len(vertex), np.int64)
    result[inside] = values.content[place[inside]]
    return result
