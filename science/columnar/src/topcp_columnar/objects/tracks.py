"""The cuts on a lepton's track, for electrons and muons alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from topcp_columnar.containers import Jagged2
from topcp_columnar.errors import InputError
from topcp_columnar.kernels import tracks
from topcp_columnar.plan.model import EVENT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from topcp_columnar.chunk import Chunk
    from topcp_columnar.containers import Column
    from topcp_columnar.plan.model import Container
    from topcp_columnar.plan.part import Part

_COVARIANCE = "definingParametersCovMatrixDiag"
_VARIABLES = ("d0", "phi", "z0", "vz", _COVARIANCE)
_BEAM_SPOT = tuple(f"{EVENT}.beamPosSigma{axis}" for axis in ("X", "Y", "XY"))
_VERTICES = ("PrimaryVertices.vertexType", "PrimaryVertices.z")

#: The tracks of the objects of a chunk: per container of tracks, the position of each object's track in its content,
#: or -1; an object has a track in one container at most.
Places = dict[str, "Column"]


def select_track(
    part: Part,
    objects: Container,
    places: Callable[[Chunk], Places],
    links: Sequence[str],
    containers: Sequence[str],
    limits: tuple[float, float],
    selection: str = "",
) -> None:
    """Make |d0 significance| and |delta z0 sin theta| [mm] below `limits` part of a selection.

    places      finds the objects' tracks
    links       the columns that `places` reads
    containers  the containers of tracks it may find them in
    """
    track_variables = [f"{container}.{variable}" for container in containers for variable in _VARIABLES]
    eta = objects.column("eta")

    def passes(chunk: Chunk) -> Column:
        found = places(chunk)
        d0_significance = _d0_significance(chunk, objects, found)
        delta_z0 = _delta_z0(chunk, objects, found)
        return tracks.passes(d0_significance, delta_z0, *limits)

    column = objects.column(f"trackSelection_{selection}" if selection else "trackSelection")
    part.compute_from_chunk(column, passes, eta, *links, *track_variables, *_BEAM_SPOT, *_VERTICES)
    part.select(objects, column, selection)


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
