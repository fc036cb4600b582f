"""Muons: acceptance, track, quality and isolation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from topcp_columnar.containers import Links
from topcp_columnar.errors import InputError
from topcp_columnar.kernels import isolation, links, muons
from topcp_columnar.kernels.acceptance import passes_eta
from topcp_columnar.kernels.errors import UnknownWorkingPoint
from topcp_columnar.objects import leptons
from topcp_columnar.objects.kinematics import offer_charge, offer_kinematics, select_pt
from topcp_columnar.objects.offers import (
    STORED_CALIBRATION,
    calibration_systematics,
    efficiencies,
    offer_stored,
)
from topcp_columnar.objects.tracks import Tracks, offer_track, select_track
from topcp_columnar.plan.part import BlockKind, Refused
from topcp_columnar.plan.rules import HONOURED, SCALE_FACTORS_ONLY, noted, only, without_effect

if TYPE_CHECKING:
    from topcp_columnar.chunk import Chunk
    from topcp_columnar.containers import Column
    from topcp_columnar.kernels.muons import TrackLink
    from topcp_columnar.objects.tracks import Places
    from topcp_columnar.plan.model import Container
    from topcp_columnar.plan.part import Part

_CONFIG = "PhysicsAnalysis/Algorithms/MuonAnalysisAlgorithms/python/MuonAnalysisConfig.py"
# The cuts of MuonCalibrationConfig where the block has no options for them: pt [MeV]; d0 significance, delta z0 [mm].
_MIN_PT = 3e3
_TRACK_LIMITS = (3.0, 0.5)
_NO_MUONS = np.empty(0, np.uint8)


def _muons(part: Part) -> None:
    container = part.add_container("AnalysisMuons")
    max_eta = part.number("maxEta")
    eta = container.column("eta")
    part.select(container, part.compute(container.column("selectEta"), lambda eta: passes_eta(eta, max_eta), eta))
    if leptons.selects_tracks_for_all(part, container):
        select_track(part, container, _tracks(part, container), _TRACK_LIMITS)
    select_pt(part, container, part.number("minPt", _MIN_PT))
    offer_kinematics(part, container, _CONFIG, mass=muons.MASS)
    offer_charge(part, container, _CONFIG)
    if part.option("writeTrackD0Z0", default=False):
        offer_track(part, container, _tracks(part, container))
    if part.option("decorateTruth") and part.job.simulation:
        offer_stored(part, container, {"truth_type": "truthType", "truth_origin": "truthOrigin"}, _CONFIG)
    calibration_systematics(part, container, "MUON_*")


def _tracks(part: Part, container: Container) -> Tracks:
    """The track depends on the type of the muon; containers that a file does not keep have none."""
    kept = [t for t in muons.TRACK_LINKS if part.has(container.column(t.link)) and part.has(f"{t.container}.d0")]
    muon_type = container.column("muonType")

    def places(chunk: Chunk) -> Places:
        resolved = {track.link: _follow(chunk, container, track) for track in kept}
        which, position = muons.primary_track(chunk.column(muon_type), resolved)
        return {t.container: np.where(which == muons.TRACK_LINKS.index(t), position, -1) for t in kept}

    stored = [muon_type, *(container.column(track.link) for track in kept)]
    return Tracks(places, stored, [track.container for track in kept])


def _follow(chunk: Chunk, container: Container, track: TrackLink) -> Column:
    link = chunk.links(container.column(track.link))
    if not isinstance(link, Links):
        raise InputError(f"{chunk.file.location}: {track.link} does not hold one link per muon")
    offsets = chunk.jagged(f"{track.container}.d0").offsets
    return links.resolve(link.offsets, link.keys, link.indices, track.container, offsets)


def _working_point(part: Part) -> None:
    container = part.container()
    name = leptons.selection_name(part)
    if (limits := leptons.track_limits(part, container)) is not None:
        select_track(part, container, _tracks(part, container), limits, name)
    if part.option("writeTrackD0Z0", default=False):
        offer_track(part, container, _tracks(part, container))
    _select_quality(part, container, name)
    leptons.select_isolation(part, container, "muon", "isolation", name)
    leptons.offer_flag(part, container, name, _CONFIG)
    _offer_efficiencies(part, container, name)


def _select_quality(part: Part, container: Container, name: str) -> None:
    if (working_point := part.option("quality")) is None:
        raise Refused("quality is not given")
    try:
        muons.passes_quality(_NO_MUONS, working_point, _NO_MUONS, _NO_MUONS, _NO_MUONS)
    except UnknownWorkingPoint as error:
        raise Refused(str(error), "quality") from None
    variables = ("quality", "DFCommonMuonPassIDCuts", "DFCommonMuonPassPreselection", "eta")

    def passes(quality: Column, id_cuts: Column, preselection: Column, eta: Column) -> Column:
        return muons.passes_quality(quality, working_point, id_cuts, preselection, eta)

    needs = [container.column(variable) for variable in variables]
    part.select(container, part.compute(container.column(f"good_muon_{name}"), passes, *needs), name)


def _offer_efficiencies(part: Part, container: Container, name: str) -> None:
    none, only_reco = part.option("noEffSF"), part.option("onlyRecoEffSF")
    kinds = ["reco_effSF"] if not none or only_reco else []
    if not none and not only_reco:
        kinds += ["isol_effSF"] * (part.option("isolation") != isolation.NO_ISOLATION) + ["TTVA_effSF"]
    efficiencies(part, container, kinds, name, _CONFIG)


BLOCKS = {
    "Muons": BlockKind(
        {
            "containerName": HONOURED,
            "inputContainer": only("", "AnalysisMuons", None, why="muons are those of AnalysisMuons"),
            "minPt": HONOURED,
            "maxEta": HONOURED,
            "trackSelection": HONOURED,
            "ptSelectionOutput": without_effect("the pt cut is part of every selection either way"),
            "postfix": without_effect("names no branch of the output"),
            "recalibratePhyslite": noted(True, STORED_CALIBRATION),
            "calibMode": without_effect("acts on the recalibration only"),
            "excludeNSWFromPrecisionLayers": only(False, None, why="the stored quality cannot be evaluated anew"),
            "runTrackBiasing": only(False, None, why="it needs calibration files that are not public"),
            "decorateTruth": HONOURED,
            "writeTrackD0Z0": HONOURED,
        },
        _muons,
    ),
    "Muons.WorkingPoint": BlockKind(
        {
            "containerName": HONOURED,
            "selectionName": HONOURED,
            "quality": HONOURED,
            "isolation": HONOURED,
            "closeByCorrection": HONOURED,
            "trackSelection": HONOURED,
            "maxD0Significance": HONOURED,
            "maxDeltaZ0SinTheta": HONOURED,
            "qualitySelectionOutput": without_effect("the cuts are part of the selection either way"),
            "addSelectionToPreselection": without_effect("the cuts are part of the selection either way"),
            "postfix": without_effect("selectionName names the branches"),
            "addResolutionCategory": only(False, None, why="it is not computed"),
            "isoDecSuffix": only("", None, why="only closeByCorrection has stored variables"),
            "excludeNSWFromPrecisionLayers": only(False, None, why="the stored quality cannot be evaluated anew"),
            "writeTrackD0Z0": HONOURED,
            "systematicBreakdown": SCALE_FACTORS_ONLY,
            "onlyRecoEffSF": HONOURED,
            "noEffSF": HONOURED,
            "saveDetailedSF": HONOURED,
            "saveCombinedSF": HONOURED,
        },
        _working_point,
    ),
    "Muons.IFFClassification": leptons.classification("muon"),
}
