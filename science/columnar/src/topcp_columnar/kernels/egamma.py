"""Identification, object quality and cluster position of electrons and photons."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from topcp_columnar.kernels.errors import UnknownWorkingPoint

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from topcp_columnar.containers import Column, Jagged2

#: Working point -> flag, ElectronAnalysisConfig.py: the LH names since January 2024, the DNN names of 2026.
_FLAGS: Mapping[str, str] = {
    "VeryLooseLH": "DFCommonElectronsLHVeryLoose",
    "LooseLH": "DFCommonElectronsLHLoose",
    "LooseBLayerLH": "DFCommonElectronsLHLooseBL",
    "MediumLH": "DFCommonElectronsLHMedium",
    "TightLH": "DFCommonElectronsLHTight",
    "LooseDNN": "DFCommonElectronsDNNLoose",
    "MediumDNN": "DFCommonElectronsDNNMedium",
    "TightDNN": "DFCommonElectronsDNNTight",
    "VeryLooseNoCF97DNN": "DFCommonElectronsDNNVeryLooseNoCF97",
    "MediumNoCFDNN": "DFCommonElectronsDNNMediumNoCF",
    "TightNoCFDNN": "DFCommonElectronsDNNTightNoCF",
}

# The bits of xAOD::EgammaParameters, Event/xAOD/xAODEgamma/xAODEgamma/EgammaDefs.h.
_DEAD_HV_CORE, _DEAD_HV_EDGE = 1 << 1, 1 << 2
_MISSING_FEB_CORE, _MISSING_FEB_EDGE_S1, _MISSING_FEB_EDGE_S2 = 1 << 5, 1 << 7, 1 << 8
_MASKED_CELL_CORE, _BAD_S1_CORE = 1 << 10, 1 << 15
BADCLUSELECTRON = (
    _MASKED_CELL_CORE | _MISSING_FEB_CORE | _MISSING_FEB_EDGE_S1 | _MISSING_FEB_EDGE_S2 | _DEAD_HV_CORE | _DEAD_HV_EDGE
)
BADCLUSPHOTON = BADCLUSELECTRON | _BAD_S1_CORE
_MASKS = {"electron": BADCLUSELECTRON, "photon": BADCLUSPHOTON}

#: |eta| of the cluster between barrel and end-cap, vetoed with both ends by crackVeto (ElectronAnalysisConfig.py):
#: the gap of `acceptance.passes_eta`.
CRACK = (1.37, 1.52)

# CaloSampling::EMB2 and EME2, the second layer in barrel and end-cap (Calorimeter/CaloGeoHelpers/…/CaloSampling.def).
_EMB2, _EME2 = 2, 6
NO_ETA = np.float32(-999)

# AsgDeadHVCellRemovalTool.cxx: (first run, run after the last, boxes in phi). Each box spans the same eta.
_DEAD_HV_ETA = (-1.825, -1.5)
_NEAR, _FAR = (-1.104921, -0.956748), (1.054922, 1.203097)
_DEAD_HV_RUNS = (
    (296939, 298967, (_NEAR,)),
    (299144, 300279, (_NEAR,)),
    (298967, 299144, (_NEAR, _FAR)),
    (300279, 305291, (_NEAR, _FAR)),
)


def identification_flag(working_point: str) -> str:
    """The variable of AnalysisElectrons that holds the decision, e.g. "TightLH" -> "DFCommonElectronsLHTight".

    The DNN flags are in recent files only. Raises UnknownWorkingPoint.

    Source: PhysicsAnalysis/Algorithms/EgammaAnalysisAlgorithms/python/ElectronAnalysisConfig.py (the DNN names:
    github.com/ATLAS-experiment/athena, 2026).
    """
    try:
        return _FLAGS[working_point]
    except KeyError:
        raise UnknownWorkingPoint("electron identification", working_point, "is not known", _FLAGS) from None


#: The working points of electrons that are kept for their hits in the silicon alone have this in their names.
SILICON_HITS = "SiHit"
# The bits of the identification's word that must not be set: these two of its cuts are passed.
_SILICON_CUTS = 1 << 1 | 1 << 2


def passes_silicon_hits(is_em: Column) -> npt.NDArray[np.bool_]:
    """The cuts of SiHit electrons on DFCommonElectronsLHLooseBLIsEMValue, unsigned[n]: bool[n].

    Source: ElectronAnalysisConfig.py; AsgAnalysisAlgorithms/Root/AsgMaskSelectionTool.cxx.
    """
    result: npt.NDArray[np.bool_] = (is_em & np.uint32(_SILICON_CUTS)) == 0
    return result


_PHOTON_FLAGS: Mapping[str, str] = {name: f"DFCommonPhotonsIsEM{name}" for name in ("Loose", "Medium", "Tight")}


def photon_identification_flag(working_point: str) -> str:
    """The variable of AnalysisPhotons that holds the decision; Medium is in recent files only.

    Raises UnknownWorkingPoint.
    """
    try:
        return _PHOTON_FLAGS[working_point]
    except KeyError:
        raise UnknownWorkingPoint("photon identification", working_point, "is not known", _PHOTON_FLAGS) from None


def passes_object_quality(oq: Column, kind: str) -> npt.NDArray[np.bool_]:
    """No bad cell, front-end board or high voltage in the cluster, bool[n].

    oq    the OQ word of each object, unsigned
    kind  "electron" or "photon"

    Source: xAOD::Egamma_v1::isGoodOQ, Event/xAOD/xAODEgamma/Root/Egamma_v1.cxx, with the masks of EgammaDefs.h.
    The same cut of the C++ chain also asks `in_dead_hv_region`.
    """
    result: npt.NDArray[np.bool_] = (oq.astype(np.uint32) & np.uint32(_MASKS[kind])) == 0
    return result


def in_dead_hv_region(run_number: Column, eta_calo: Column, phi_calo: Column) -> npt.NDArray[np.bool_]:
    """Whether the cluster lies where the end-cap's high voltage was off in 2016, bool[n]; such objects are removed.

    run_number          of the object's event: RandomRunNumber in simulation, runNumber in data, [n]
    eta_calo, phi_calo  ETACALOFRAME and PHICALOFRAME of the object's cluster [rad], [n]

    Source: PhysicsAnalysis/ElectronPhotonID/ElectronPhotonSelectorTools/Root/AsgDeadHVCellRemovalTool.cxx, which
    PhysicsAnalysis/Algorithms/EgammaAnalysisAlgorithms/Root/EgammaIsGoodOQSelectionTool.cxx applies.
    """
    eta, phi = eta_calo.astype(np.float64), phi_calo.astype(np.float64)
    eta_inside = (eta > _DEAD_HV_ETA[0]) & (eta < _DEAD_HV_ETA[1])
    result = np.zeros(len(eta), np.bool_)
    for first, stop, boxes in _DEAD_HV_RUNS:
        in_runs = (run_number >= first) & (run_number < stop) & eta_inside
        for low, high in boxes:
            result |= in_runs & (phi > low) & (phi < high)
    return result


def cluster_eta(sampling_pattern: Column, e_sampl: Jagged2, eta_sampl: Jagged2) -> npt.NDArray[np.float32]:
    """etaBE(2): the pseudorapidity of each cluster in the second layer of the electromagnetic calorimeter, float32[n].

    sampling_pattern   one bit per calorimeter layer that the cluster has: m_samplingPattern of egammaClusters
    e_sampl, eta_sampl  egammaClusters.e_sampl [MeV] and .eta_sampl: one value per layer that is in the pattern

    A cluster with both barrel and end-cap gets their energy-weighted mean; one with neither gets -999.
    Source: xAOD::CaloCluster_v1::etaBE, Event/xAOD/xAODCaloEvent/Root/CaloCluster_v1.cxx, in float.
    """
    pattern = sampling_pattern.astype(np.int64)
    barrel, endcap = ((pattern >> layer & 1).astype(np.bool_) for layer in (_EMB2, _EME2))
    e_barrel, e_endcap = (_layer(pattern, e_sampl, layer, np.float32(0)) for layer in (_EMB2, _EME2))
    eta_barrel, eta_endcap = (_layer(pattern, eta_sampl, layer, NO_ETA) for layer in (_EMB2, _EME2))
    both = _mean_eta(e_barrel, e_endcap, eta_barrel, eta_endcap)
    return np.select([barrel & endcap, barrel, endcap], [both, eta_barrel, eta_endcap], NO_ETA)


def _layer(
    pattern: npt.NDArray[np.int64], samples: Jagged2, layer: int, missing: np.float32
) -> npt.NDArray[np.float32]:
    """The value of one layer: those stored are the ones in the pattern, in its order (CaloCluster_v1::sampVarIdx)."""
    before = np.zeros(len(pattern), np.int64)
    for bit in range(layer):
        before += pattern >> bit & 1
    position = samples.inner[:-1] + before
    stored = (pattern >> layer & 1).astype(np.bool_) & (position < samples.inner[1:])
    result = np.full(len(pattern), missing)
    result[stored] = samples.content[position[stored]]
    return result


def _mean_eta(
    e_barrel: npt.NDArray[np.float32],
    e_endcap: npt.NDArray[np.float32],
    eta_barrel: npt.NDArray[np.float32],
    eta_endcap: npt.NDArray[np.float32],
) -> npt.NDArray[np.float32]:
    """Above 100 MeV in all weighted by energy, or that of the only positive one; else the plain mean."""
    total = e_barrel + e_endcap
    enough = total > 100
    weighted = (e_barrel * eta_barrel + e_endcap * eta_endcap) / np.where(enough, total, np.float32(1))
    plain = np.float32(0.5) * (eta_barrel + eta_endcap)
    return np.select(
        [~enough, (e_barrel > 0) & (e_endcap > 0), e_barrel > 0], [plain, weighted, eta_barrel], eta_endcap
    )
