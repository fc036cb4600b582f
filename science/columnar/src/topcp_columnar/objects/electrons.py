"""Electrons: acceptance of the cluster, object quality, track, identification and isolation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from topcp_columnar.kernels import egamma, isolation
from topcp_columnar.kernels.errors import UnknownWorkingPoint
from topcp_columnar.objects import clusters, leptons
from topcp_columnar.objects.kinematics import offer_charge, offer_kinematics, select_pt
from topcp_columnar.objects.offers import (
    STORED_CALIBRATION,
    STORED_ISOLATION,
    calibration_systematics,
    efficiencies,
    offer_stored,
)
from topcp_columnar.objects.tracks import Tracks, offer_track, select_track
from topcp_columnar.plan.part import BlockKind, Refused
from topcp_columnar.plan.rules import HONOURED, SCALE_FACTORS_ONLY, SYSTEMATICS_ONLY, noted, only, without_effect

if TYPE_CHECKING:
    from topcp_columnar.chunk import Chunk
    from topcp_columnar.containers import Column
    from topcp_columnar.objects.tracks import Places
    from topcp_columnar.plan.model import Container
    from topcp_columnar.plan.part import Part

_CONFIG = "PhysicsAnalysis/Algorithms/EgammaAnalysisAlgorithms/python/ElectronAnalysisConfig.py"
# The cuts of ElectronCalibrationConfig where the block has no options for them: d0 significance, delta z0 [mm].
_MAX_ETA = 2.47
_TRACK_LIMITS = (5.0, 0.5)
_TRACKS = "GSFTrackParticles"
# The sources of 2026 smear the tracks of electrons before writeTrackD0Z0 writes them.
_SMEARED_SINCE = "25.2.110"
_MOTHER = "firstEgMother"
_TRUTH_BRANCHES = {
    "truth_type": "truthType",
    "truth_origin": "truthOrigin",
    **{f"truth_{_MOTHER}{name}": f"{_MOTHER}{name}" for name in ("PdgId", "TruthOrigin", "TruthType")},
}
_CORRECTED_ISOLATION = "isolationCorrection"


def _electrons(part: Part) -> None:
    electrons = part.add_container("AnalysisElectrons")
    clusters.compute_cluster(part, electrons)
    clusters.select_acceptance(part, electrons, _MAX_ETA)
    if leptons.selects_tracks_for_all(part, electrons):
        select_track(part, electrons, _tracks(electrons), _TRACK_LIMITS)
    clusters.select_object_quality(part, electrons, "electron")
    if (min_pt := part.number("minPt")) > 0:
        select_pt(part, electrons, min_pt)
    offer_kinematics(part, electrons, _CONFIG)
    offer_charge(part, electrons, _CONFIG)
    if part.option("writeTrackD0Z0", default=False):
        offer_track(part, electrons, _tracks(electrons), smeared_since=_SMEARED_SINCE)
    if part.option("decorateTruth") and part.job.simulation:
        offer_stored(part, electrons, _TRUTH_BRANCHES, _CONFIG)
    if part.option("decorateCaloClusterEta"):
        clusters.offer_cluster_eta(part, electrons, _CONFIG)
    if part.option("isolationCorrection"):
        electrons.settled.add(_CORRECTED_ISOLATION)
    calibration_systematics(part, electrons, "EG_SCALE_*, EG_RESOLUTION_*")


def _tracks(electrons: Container) -> Tracks:
    stored_links, counted_by = electrons.column("trackParticleLinks"), f"{_TRACKS}.d0"

    def places(chunk: Chunk) -> Places:
        return {_TRACKS: clusters.follow_first(chunk, stored_links, _TRACKS, counted_by)}

    return Tracks(places, [stored_links], [_TRACKS])


def _working_point(part: Part) -> None:
    electrons = part.container()
    name = leptons.selection_name(part)
    if (limits := leptons.track_limits(part, electrons)) is not None:
        select_track(part, electrons, _tracks(electrons), limits, name)
    if part.option("writeTrackD0Z0", default=False):
        offer_track(part, electrons, _tracks(electrons))
    _select_identification(part, electrons, name)
    corrected = STORED_ISOLATION if _CORRECTED_ISOLATION in electrons.settled else ""
    leptons.select_isolation(part, electrons, "electron", "isolationWP", name, corrected=corrected)
    if part.option("chargeIDSelection") or part.option("chargeIDSelectionRun2"):
        _select_charge_identification(part, electrons, name)
    leptons.offer_flag(part, electrons, name, _CONFIG)
    _offer_efficiencies(part, electrons, name)


def _select_identification(part: Part, electrons: Container, name: str) -> None:
    given = [option for option in ("identificationWP", "likelihoodWP") if part.option(option) is not None]
    if len(given) != 1:
        raise Refused("it needs one of identificationWP and likelihoodWP, whichever the release has")
    option, working_point = given[0], part.option(given[0])
    if egamma.SILICON_HITS in str(working_point):
        _select_silicon_hits(part, electrons, name)
        return
    try:
        flag = egamma.identification_flag(working_point)
    except UnknownWorkingPoint as error:
        raise Refused(str(error), option) from None
    column = part.compute(electrons.column(f"selectLikelihood_{name}"), lambda f: f != 0, electrons.column(flag))
    part.select(electrons, column, name)


def _select_silicon_hits(part: Part, electrons: Container, name: str) -> None:
    """No loose electrons, in events with two electrons or two muons, as PHYSLITE stores them.

    Source: EgammaAnalysisAlgorithms/{python/ElectronAnalysisConfig.py,Root/ElectronSiHitDecAlg.cxx}.
    """
    pairs = ("AnalysisElectrons.pt", "AnalysisMuons.pt")

    def has_pair(chunk: Chunk) -> Column:
        found = np.logical_or.reduce([np.diff(chunk.nominal.jagged(leptons).offsets) > 1 for leptons in pairs])
        return chunk.per_object(electrons.name, found)

    loose, is_em = (electrons.column(f"DFCommonElectronsLH{flag}") for flag in ("Loose", "LooseBLIsEMValue"))
    veto = part.compute(electrons.column(f"selectLikelihoodVeto_{name}"), lambda flag: flag == 0, loose)
    pair = part.compute_from_chunk(electrons.column(f"siHitEvtHasLeptonPair_{name}"), has_pair, *pairs)
    hits = part.compute(electrons.column(f"selectSiHit_{name}"), egamma.passes_silicon_hits, is_em)
    for column in (veto, pair, hits):
        part.select(electrons, column, name)


def _select_charge_identification(part: Part, electrons: Container, name: str) -> None:
    """The stored decision: later releases select on it, earlier ones evaluate the same classifier anew."""
    flag = electrons.column("DFCommonElectronsECIDS")
    column = part.compute(electrons.column(f"chargeID_{name}"), lambda f: f != 0, flag)
    part.select(electrons, column, name, approximate=_ECIDS if part.option("chargeIDSelection") else "")


_ECIDS = "the charge classifier's stored decision stands for one evaluated by the release"


def _offer_efficiencies(part: Part, electrons: Container, name: str) -> None:
    kinds = ["reco_effSF", "id_effSF"] + ["isol_effSF"] * (part.option("isolationWP") != isolation.NO_ISOLATION)
    if not part.option("noEffSF"):
        efficiencies(part, electrons, kinds, name, _CONFIG)


_RECALIBRATION_ONLY = without_effect("acts on the recalibration only")
_CALIBRATION_FILES = "it needs calibration files that are not public"

BLOCKS = {
    "Electrons": BlockKind(
        {
            "containerName": HONOURED,
            "crackVeto": HONOURED,
            "minPt": HONOURED,
            "maxEta": HONOURED,
            "inputContainer": only("", "AnalysisElectrons", None, why="electrons are those of AnalysisElectrons"),
            "trackSelection": HONOURED,
            "ptSelectionOutput": without_effect("the pt cut is part of every selection either way"),
            "postfix": without_effect("names no branch of the output"),
            "recalibratePhyslite": noted(True, STORED_CALIBRATION),
            "isolationCorrection": noted(True, STORED_ISOLATION),
            "forceFullSimConfig": _RECALIBRATION_ONLY,
            "forceFullSimConfigForP4": _RECALIBRATION_ONLY,
            "forceFullSimConfigForIso": _RECALIBRATION_ONLY,
            "splitCalibrationAndSmearing": _RECALIBRATION_ONLY,
            "ESModel": _RECALIBRATION_ONLY,
            "decorrelationModel": SYSTEMATICS_ONLY,
            "runTrackBiasing": only(False, None, why=_CALIBRATION_FILES),
            "decorateTruth": HONOURED,
            "decorateCaloClusterEta": HONOURED,
            "decorateSamplingPattern": without_effect("writes no branch"),
            "decorateEmva": only(False, None, why=_CALIBRATION_FILES),
            "writeTrackD0Z0": HONOURED,
        },
        _electrons,
    ),
    "Electrons.WorkingPoint": BlockKind(
        {
            "containerName": HONOURED,
            "selectionName": HONOURED,
            "likelihoodWP": HONOURED,
            "identificationWP": HONOURED,
            "isolationWP": HONOURED,
            "closeByCorrection": HONOURED,
            "trackSelection": HONOURED,
            "maxD0Significance": HONOURED,
            "maxDeltaZ0SinTheta": HONOURED,
            "chargeIDSelection": HONOURED,
            "chargeIDSelectionRun2": HONOURED,
            "postfix": only(None, "", why="selectionName names the branches"),
            "recomputeLikelihood": only(False, None, why="the inputs of the likelihood are not stored"),
            "recomputeID": only(False, None, why="the inputs of the identification are not stored"),
            "doFSRSelection": only(False, None, why="the search for photons radiated off muons is not computed"),
            "writeTrackD0Z0": HONOURED,
            "convSelection": only(None, "", why="PHYSLITE does not store DFCommonAddAmbiguity, which it cuts on"),
            "recomputeChargeID": only(False, None, why="the inputs of the classifier are not stored"),
            "addSelectionToPreselection": without_effect("the cuts are part of the selection either way"),
            "noEffSF": HONOURED,
            "addChargeMisIDSF": SCALE_FACTORS_ONLY,
            "saveDetailedSF": HONOURED,
            "saveCombinedSF": HONOURED,
            "forceFullSimConfig": SCALE_FACTORS_ONLY,
            "correlationModelId": SCALE_FACTORS_ONLY,
            "correlationModelIso": SCALE_FACTORS_ONLY,
            "correlationModelReco": SCALE_FACTORS_ONLY,
        },
        _working_point,
    ),
    "Electrons.IFFClassification": leptons.classification("electron"),
}
