"""The block EventCleaning: good runs and whole events (of data), a primary vertex, flags.

Source: PhysicsAnalysis/Algorithms/AsgAnalysisAlgorithms/{python/EventCleaningConfig.py,
Root/EventStatusSelectionAlg.cxx,Root/EventFlagSelectionAlg.cxx}.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from topcp_columnar.events import grl
from topcp_columnar.plan.model import EVENT
from topcp_columnar.plan.part import BlockKind, Refused
from topcp_columnar.plan.rules import HONOURED, only, without_effect

if TYPE_CHECKING:
    from collections.abc import Callable

    from topcp_columnar.chunk import Chunk
    from topcp_columnar.containers import Column, Jagged
    from topcp_columnar.plan.part import Part

# Vertex types that count: xAOD::VxType::PriVtx and PileUp (Event/xAOD/xAODTracking/xAODTracking/TrackingPrimitives.h).
_VERTEX_TYPES = (1, 3)
# The state of a sub-detector stands in the highest four bits of its flags; 2 is an error. Bit 18 of those of the core
# marks an incomplete event (Event/xAOD/xAODEventInfo/Root/EventInfo_v1.cxx).
_DETECTORS, _STATE_SHIFT, _ERROR, _INCOMPLETE = ("tileFlags", "larFlags", "sctFlags"), 28, 2, 18


def _event_cleaning(part: Part) -> None:
    data = not part.job.simulation
    if data and part.option("runGRL", default=True):
        _require_good_runs(part)
    if part.option("runPrimaryVertexSelection"):
        _require_primary_vertex(part, part.number("minTracksPerVertex"))
    if part.option("runEventCleaning"):
        if data:
            _require_whole_events(part)
        _require_flags(part)


def _require_good_runs(part: Part) -> None:
    """The event lies in a block of luminosity that one of the lists names."""
    names = part.texts("userGRLFiles")
    if not names:
        why = "no good-run list is given: those of the release are not public; name XML files in userGRLFiles"
        raise Refused(why, "userGRLFiles" if "userGRLFiles" in part.block.given else None)
    ranges: grl.Ranges = {}
    for name in names:
        try:
            for run, blocks in grl.read_good_runs(_find(name)).items():
                ranges.setdefault(run, []).extend(blocks)
        except grl.BadRunsListError as error:
            raise Refused(str(error), "userGRLFiles") from None

    def passes(run: Column, block: Column) -> Column:
        return grl.passes(ranges, run, block)

    needs = (f"{EVENT}.runNumber", f"{EVENT}.lumiBlock")
    part.drop_events("good runs", part.compute(f"{EVENT}.passesGRL", passes, *needs))


def _find(name: str) -> Path:
    """The file, or the first of that name below the folders of DATAPATH and CALIBPATH; as given if there is none."""
    entries = [e for v in ("DATAPATH", "CALIBPATH") for e in os.environ.get(v, "").split(os.pathsep) if e]
    return next((p for p in (Path(name), *(Path(entry) / name for entry in entries)) if p.is_file()), Path(name))


def _require_primary_vertex(part: Part, min_tracks: float) -> None:
    """At least one primary or pile-up vertex with that many tracks.

    Source: PhysicsAnalysis/Algorithms/TrackingAnalysisAlgorithms/Root/VertexSelectionAlg.cxx.
    """
    types, tracks = "PrimaryVertices.vertexType", "PrimaryVertices.trackParticleLinks"

    def has_vertex(chunk: Chunk) -> Column:
        vertices = chunk.jagged(types)
        good = np.isin(vertices.content, _VERTEX_TYPES) & (chunk.counts(tracks).content >= min_tracks)
        return _any_per_event(good, vertices)

    column = part.compute_from_chunk(f"{EVENT}.passesPrimaryVertex", has_vertex, types, tracks)
    part.drop_events("primary vertex", column)


def _any_per_event(flags: Column, like: Jagged) -> Column:
    before = np.concatenate(([0], np.cumsum(flags)))
    return before[like.offsets[1:]] > before[like.offsets[:-1]]


def _require_whole_events(part: Part) -> None:
    """No sub-detector in error, and nothing missing."""
    flags = [f"{EVENT}.{name}" for name in (*_DETECTORS, "coreFlags")]
    part.drop_events("event status", part.compute(f"{EVENT}.passesStatus", is_whole, *flags))


def is_whole(tile: Column, lar: Column, sct: Column, core: Column) -> Column:
    """Whether no flags tell an error [uint32, n]."""
    in_error = [(flags >> np.uint32(_STATE_SHIFT)) == _ERROR for flags in (tile, lar, sct)]
    incomplete = (core >> np.uint32(_INCOMPLETE)) & np.uint32(1) != 0
    return np.asarray(~np.logical_or.reduce([*in_error, incomplete]))


def _require_flags(part: Part) -> None:
    flags, inverted = part.texts("selectionFlags"), part.option("invertFlags", default=[])
    if not isinstance(inverted, list) or (inverted and len(inverted) != len(flags)):
        raise Refused(f"{inverted!r} is not a list of one value for each of {len(flags)} selectionFlags", "invertFlags")
    for flag, invert in zip(flags, inverted or [0] * len(flags), strict=True):
        stored = part.event().column(flag)
        column = part.compute(f"{EVENT}.passes_{flag}", _flag_is(not invert), stored)
        part.drop_events(f"{'not ' if invert else ''}{flag}", column)


def _flag_is(wanted: bool) -> Callable[[Column], Column]:
    return lambda flag: (flag != 0) == wanted


_LISTS = "name the lists in userGRLFiles"

BLOCKS = {
    "EventCleaning": BlockKind(
        {
            "runPrimaryVertexSelection": HONOURED,
            "runEventCleaning": HONOURED,
            "minTracksPerVertex": HONOURED,
            "selectionFlags": HONOURED,
            "invertFlags": HONOURED,
            "userGRLFiles": HONOURED,
            "runGRL": HONOURED,
            "GRLDict": only({}, None, why=_LISTS),
            "useRandomRunNumber": without_effect(
                "acts on lists by run number of simulation only, and these are not used"
            ),
            "noFilter": only(False, None, why="events that fail are always dropped"),
        },
        _event_cleaning,
    ),
}
