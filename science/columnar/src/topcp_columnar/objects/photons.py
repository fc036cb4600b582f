"""Photons: acceptance of the cluster, object quality, cleaning, identification and isolation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from topcp_columnar.kernels import egamma, isolation
from topcp_columnar.kernels.errors import UnknownWorkingPoint
from topcp_columnar.objects import clusters, leptons
from topcp_columnar.objects.kinematics import offer_kinematics, select_pt
from topcp_columnar.objects.offers import (
    STORED_CALIBRATION,
    STORED_ISOLATION,
    calibration_systematics,
    efficiencies,
    offer_stored,
)
from topcp_columnar.plan.part import BlockKind, Refused
from topcp_columnar.plan.rules import HONOURED, SCALE_FACTORS_ONLY, SYSTEMATICS_ONLY, noted, only, without_effect

if TYPE_CHECKING:
    from topcp_columnar.plan.model import Container
    from topcp_columnar.plan.part import Part

_CONFIG = "PhysicsAnalysis/Algorithms/EgammaAnalysisAlgorithms/python/PhotonAnalysisConfig.py"
_MAX_ETA = 2.37


def _photons(part: Part) -> None:
    photons = part.add_container("AnalysisPhotons")
    clusters.compute_cluster(part, photons)
    clusters.select_acceptance(part, photons, _MAX_ETA)
    clusters.select_object_quality(part, photons, "photon")
    if part.option("enableCleaning"):
        late = "NoTime" if part.option("cleaningAllowLate") else ""
        flag = photons.column(f"DFCommonPhotonsCleaning{late}")
        part.select(photons, part.compute(photons.column("isClean"), lambda f: f != 0, flag))
    if (min_pt := part.number("minPt")) > 0:
        select_pt(part, photons, min_pt)
    offer_kinematics(part, photons, _CONFIG)
    if part.option("decorateTruth") and part.job.simulation:
        offer_stored(part, photons, {"truth_type": "truthType", "truth_origin": "truthOrigin"}, _CONFIG)
    if part.option("decorateCaloClusterEta"):
        clusters.offer_cluster_eta(part, photons, _CONFIG)
    calibration_systematics(part, photons, "EG_SCALE_*, EG_RESOLUTION_*")


def _working_point(part: Part) -> None:
    photons = part.container()
    name = leptons.selection_name(part)
    _select_identification(part, photons, name)
    leptons.select_isolation(part, photons, "photon", "isolationWP", name, corrected=STORED_ISOLATION)
    leptons.offer_flag(part, photons, name, _CONFIG)
    if not part.option("noEffSF"):
        kinds = ["id_effSF"] + ["isol_effSF"] * (part.option("isolationWP") != isolation.NO_ISOLATION)
        efficiencies(part, photons, kinds, name, _CONFIG)


def _select_identification(part: Part, photons: Container, name: str) -> None:
    if (working_point := part.option("qualityWP")) is None:
        raise Refused("qualityWP is not given")
    try:
        flag = egamma.photon_identification_flag(working_point)
    except UnknownWorkingPoint as error:
        raise Refused(str(error), "qualityWP") from None
    column = part.compute(photons.column(f"selectEM_{name}"), lambda f: f != 0, photons.column(flag))
    part.select(photons, column, name)


_RECALIBRATION_ONLY = without_effect("acts on the recalibration only")
_RECOMPUTED = only(False, None, why="the shower shapes are not stored; leave it out to use the stored decision")

BLOCKS = {
    "Photons": BlockKind(
        {
            "containerName": HONOURED,
            "crackVeto": HONOURED,
            "minPt": HONOURED,
            "maxEta": HONOURED,
            "enableCleaning": HONOURED,
            "cleaningAllowLate": HONOURED,
            "decorateTruth": HONOURED,
            "decorateCaloClusterEta": HONOURED,
            "recomputeIsEM": _RECOMPUTED,
            "ptSelectionOutput": without_effect("the pt cut is part of every selection either way"),
            "postfix": without_effect("names no branch of the output"),
            "recalibratePhyslite": noted(True, STORED_CALIBRATION),
            "forceFullSimConfig": _RECALIBRATION_ONLY,
            "splitCalibrationAndSmearing": _RECALIBRATION_ONLY,
            "ESModel": _RECALIBRATION_ONLY,
            "decorrelationModel": SYSTEMATICS_ONLY,
        },
        _photons,
    ),
    "Photons.WorkingPoint": BlockKind(
        {
            "containerName": HONOURED,
            "selectionName": HONOURED,
            "qualityWP": HONOURED,
            "isolationWP": HONOURED,
            "closeByCorrection": HONOURED,
            "recomputeIsEM": _RECOMPUTED,
            "doFSRSelection": only(False, None, why="the search for photons radiated off muons is not computed"),
            "postfix": without_effect("selectionName names the branches"),
            "addSelectionToPreselection": without_effect("the cuts are part of the selection either way"),
            "noEffSF": HONOURED,
            "forceFullSimConfig": SCALE_FACTORS_ONLY,
            "saveDetailedSF": HONOURED,
            "saveCombinedSF": HONOURED,
        },
        _working_point,
    ),
}
