"""The association map of missing transverse momentum as PHYSLITE stores it, for `kernels.association_map`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from topcp_columnar.containers import Jagged2, Jagged3, Links, Links2
from topcp_columnar.errors import InputError
from topcp_columnar.kernels import links
from topcp_columnar.kernels.association_map import Map, Sums

if TYPE_CHECKING:
    from topcp_columnar.chunk import Chunk
    from topcp_columnar.containers import Column, Offsets

_MAP = "METAssoc_AnalysisMET"
_SUMS = ("key", "px", "py", "e", "sumpt")
_TRACKS = ("px", "py", "e", "sumpt")
JETS = "AnalysisJets"
#: The containers whose objects it knows, in the order of `KINDS`.
SOURCES = ("AnalysisElectrons", "AnalysisPhotons", "AnalysisTauJets", "AnalysisMuons")
#: All of it that is read, beside the number of each container's objects.
NEEDS = (
    *(f"{_MAP}.{kind}{name}" for kind in ("cal", "trk") for name in _SUMS),
    *(f"{_MAP}.jettrk{name}" for name in _TRACKS),
    *(f"{_MAP}.{name}" for name in ("isMisc", "jetLink", "objectLinks", "overlapIndices", "overlapTypes")),
)


def read(chunk: Chunk) -> Map:
    """Return the map of the chunk's events. Raises InputError if its parts do not fit each other."""
    objects = chunk.links(f"{_MAP}.objectLinks")
    overlaps, types = (chunk.stored(f"{_MAP}.{name}") for name in ("overlapIndices", "overlapTypes"))
    jet = chunk.links(f"{_MAP}.jetLink")
    if not isinstance(objects, Links2) or not isinstance(jet, Links):
        raise InputError(f"{chunk.file.location}: {_MAP} does not hold links as known")
    if not isinstance(overlaps, Jagged3) or not isinstance(types, Jagged3):
        raise InputError(f"{chunk.file.location}: {_MAP} does not hold overlaps as known")
    _check(chunk, objects, overlaps, types)
    kind, index = _objects(chunk, objects)
    jet_position = links.resolve(jet.offsets, jet.keys, jet.indices, JETS, chunk.offsets(JETS))
    tracks = (chunk.column(f"{_MAP}.jettrk{name}") for name in _TRACKS)
    return Map(
        jet.offsets, chunk.column(f"{_MAP}.isMisc") != 0, jet_position, objects.inner, kind, index,
        overlaps.innermost, overlaps.content, types.content.astype(np.uint64), _sums(chunk, "cal"), _sums(chunk, "trk"),
        *tracks,
    )  # fmt: skip


def _check(chunk: Chunk, objects: Links2, overlaps: Jagged3, types: Jagged3) -> None:
    """Raises InputError if the parts of the map count differently."""
    same = np.array_equal(overlaps.innermost, types.innermost)
    if not same or not np.array_equal(overlaps.inner, objects.inner):
        raise InputError(f"{chunk.file.location}: the overlaps of {_MAP} do not fit its objects; is the file damaged?")
    sizes = np.diff(objects.inner)
    of_object = np.repeat(sizes, sizes)
    of_overlap = np.repeat(of_object, np.diff(overlaps.innermost))
    if np.any(overlaps.content >= of_overlap.astype(np.uint64)):
        raise InputError(f"{chunk.file.location}: {_MAP} has overlaps with objects that are not there")
    if np.any(objects.keys == links.KEYS[JETS]):
        raise InputError(f"{chunk.file.location}: {_MAP} lists jets among the objects, which is not known of PHYSLITE")


def _objects(chunk: Chunk, objects: Links2) -> tuple[Column, Column]:
    """Kind and position of each object of the associations."""
    event_of_association = np.repeat(np.arange(len(chunk)), np.diff(objects.offsets))
    event = np.repeat(event_of_association, np.diff(objects.inner))
    offsets = np.searchsorted(event, np.arange(len(chunk) + 1))
    kind, index = np.full(len(event), -1), np.full(len(event), -1)
    for number, source in enumerate(SOURCES):
        target: Offsets = chunk.jagged(f"{source}.pt").offsets
        position = links.resolve(offsets, objects.keys, objects.indices, source, target)
        kind[position >= 0] = number
        index[position >= 0] = position[position >= 0]
    return kind, index


def _sums(chunk: Chunk, which: str) -> Sums:
    columns = [nested(chunk, f"{_MAP}.{which}{name}") for name in _SUMS]
    if any(not np.array_equal(column.inner, columns[0].inner) for column in columns):
        raise InputError(f"{chunk.file.location}: the columns of {_MAP}.{which}* count differently")
    return Sums(columns[0].inner, *(column.content for column in columns))


def nested(chunk: Chunk, name: str) -> Jagged2:
    """Return the stored column of a vector per object. Raises InputError if it is another."""
    values = chunk.stored(name)
    if not isinstance(values, Jagged2):
        raise InputError(f"{chunk.file.location}: {name} does not hold a vector per object")
    return values
