"""The cuts on a lepton's track, for electrons and muons alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from topcp_columnar.containers import Jagged2
from topcp_columnar.errors import InputError
from topcp_columnar.kernels import tracks
from topcp_columnar.plan.model import EVENT, Variable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from topcp_columnar.chunk import Chunk
    from topcp_columnar.containers import Column
    from topcp_columnar.plan.model import Container, Verdict
    from topcp_columnar.plan.part import Part

_COVARIANCE = "definingParametersCovMatrixDiag"
_VARIABLES = ("d0", "phi", "z0", "vz", _COVARIANCE)
_BEAM_SPOT = tuple(f"{EVENT}.beamPosSigma{axis}" for axis in ("X", "Y", "XY"))
_VERTICES = ("PrimaryVertices.vertexType", "PrimaryVertices.z")

_DECORATION = "PhysicsAnalysis/Algorithms/AsgAnalysisAlgorithms/Root/AsgLeptonTrackDecorationAlg.cxx"
# By the sources of 2025; TopCPToolkit's documentation up to 2.19.0 has d0sig and z0sintheta alone.
_MORE_PARAMETERS_SINCE = "25.2.88"
_NO_TRACK = -999.0
_NO_SIGNIFICANCE = "the formula of the significance of z0 sin theta is not public"
_SMEARED = "the release smears tracks, by files that are not public; they are taken as stored"

#: The tracks of the objects of a chunk: per container of tracks, the position of each object's track in its content,
#: or -1; an object has a track in one container at most.
Places = dict[str, "Column"]


@dataclass(frozen=True, slots=True)
class Tracks:
    """How the tracks of objects are found.

    links       the columns that `find` reads
    containers  the containers of tracks it may find them in
    """

    find: Callable[[Chunk], Places]
    links: Sequence[str]
    containers: Sequence[str]

    def needs(self, objects: Container) -> list[str]:
        """The columns that the parameters of the tracks are made from."""
        variables = [f"{container}.{variable}" for container in self.containers for variable in _VARIABLES]
        return [objects.column("eta"), *self.links, *variables, *_BEAM_SPOT, *_VERTICES]


def select_track(
    part: Part, objects: Container, of_objects: Tracks, limits: tuple[float, float], selection: str = ""
) -> None:
    """Make |d0 significance| and |delta z0 sin theta| [mm] below `limits` part of a selection."""

    def passes(chunk: Chunk) -> Column:
        found = of_objects.find(chunk)
        d0_significance = _d0_significance(chunk, objects, found)
        delta_z0 = _delta_z0(chunk, objects, found)
        return tracks.passes(d0_significance, delta_z0, *limits)

    column = objects.column(f"trackSelection_{selection}" if selection else "trackSelection")
    part.compute_from_chunk(column, passes, *of_objects.needs(objects))
    part.select(objects, column, selection)


def offer_track(part: Part, objects: Container, of_objects: Tracks, *, smeared_since: str = "") -> None:
    """The branches of writeTrackD0Z0; -999 where there is no track.

    smeared_since  from this release on the tracks of simulation are smeared, and there is z0
    """
    smeared = bool(smeared_since) and part.job.at_least(smeared_since)
    why = _SMEARED if smeared and part.job.simulation else ""
    for name in _written(part, smeared=smeared):
        column, function = objects.column(name), _parameter(name, objects, of_objects)
        part.compute_from_chunk(column, function, *of_objects.needs(objects))
        verdict: Verdict = "approx" if why else "exact"
        part.offer(objects, Variable(name, column, _DECORATION, not smeared, verdict=verdict, why=why))
    if part.job.at_least(_MORE_PARAMETERS_SINCE):
        part.offer(objects, Variable("z0sinthetasig", "", _DECORATION, verdict="omitted", why=_NO_SIGNIFICANCE))


def _written(part: Part, *, smeared: bool) -> tuple[str, ...]:
    more = ("d0",) if part.job.at_least(_MORE_PARAMETERS_SINCE) else ()
    return (*more, "d0sig", *(["z0"] if smeared else []), "z0sintheta")


def _parameter(name: str, objects: Container, of_objects: Tracks) -> Callable[[Chunk], Column]:
    def parameter(chunk: Chunk) -> Column:
        found = of_objects.find(chunk)
        values = _PARAMETERS[name](chunk, objects, found) if name in _PARAMETERS else _of_tracks(chunk, found, name)
        missing = np.isnan(_of_tracks(chunk, found, "z0"))
        return np.where(missing, np.float32(_NO_TRACK), values)

    return parameter


def _d0_significance(chunk: Chunk, objects: Container, places: Places) -> Column:
    d0, phi, covariance = (_of_tracks(chunk, places, variable) for variable in ("d0", "phi", _COVARIANCE))
    beam_spot = (chunk.per_object(objects.name, chunk.column(name)) for name in _BEAM_SPOT)
    return tracks.d0_significance(d0, phi, covariance, *beam_spot)


def _delta_z0(chunk: Chunk, objects: Container, places: Places) -> Column:
    z0, vz = (_of_tracks(chunk, places, variable) for variable in ("z0", "vz"))
    vertex_z = tracks.primary_vertex_z(*(chunk.jagged(name) for name in _VERTICES))
    eta = chunk.column(objects.column("eta"))
    return tracks.delta_z0_sin_theta(z0, vz, chunk.per_object(objects.name, vertex_z), eta)


def _of_tracks(chunk: Chunk, places: Places, variable: str) -> Column:
    """A variable of each object's track, float32[n]; NaN where there is no track."""
    result = np.full(len(next(iter(places.values()))), np.nan, np.float32)
    for container, positions in places.items():
        found = positions >= 0
        result[found] = _track_values(chunk, f"{container}.{variable}", positions[found])
    return result


def _track_values(chunk: Chunk, name: str, positions: Column) -> Column:
    """A variable of tracks; of a vector, its first element: the variance of d0."""
    if not name.endswith(_COVARIANCE):
        return chunk.column(name)[positions]
    values = chunk.stored(name)
    if not isinstance(values, Jagged2):
        raise InputError(f"{chunk.file.location}: {name} does not hold a vector per track")
    filled = values.inner[positions] < values.inner[positions + 1]
    result = np.full(len(positions), np.nan, np.float32)
    result[filled] = values.content[values.inner[positions[filled]]]
    return result


_PARAMETERS = {"d0sig": _d0_significance, "z0sintheta": _delta_z0}
