"""Truth particles: their momenta from px, py, pz and e, their charge, and what the classifier's bits say of them.

Source: Event/xAOD/xAODTruth/Root/TruthParticle_v1.cxx (pt, and eta, phi and rapidity of ROOT::Math::PxPyPzE4D<double>);
isPrompt and MCTC_bits of Generators/TruthUtils/TruthUtils/TruthClassifiers.h.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from topcp_columnar.containers import Column

    Floats = npt.NDArray[np.float64]

# ROOT::Math::etaMax<double>(), Math/GenVector/etaMax.h: added to |pz| for a particle along the beam.
_ETA_MAX = 22756.0
# MCTC_bits: HadTau, Tau, hadron, frombsm, uncat.
_HADRONIC_TAU, TAU, HADRON, BSM, _UNCATEGORISED = (1 << bit for bit in range(5))
_PHOTON = 22


def pt(px: Column, py: Column) -> Floats:
    """[MeV], float64[n]."""
    px, py = px.astype(np.float64), py.astype(np.float64)
    return np.asarray(np.sqrt(px * px + py * py))


def eta(px: Column, py: Column, pz: Column) -> Floats:
    """Pseudorapidity, float64[n]; of a particle along the beam, pz and 22756 more, as ROOT has it."""
    pz = pz.astype(np.float64)
    rho = pt(px, py)
    along = np.where(pz == 0, 0.0, pz + np.copysign(_ETA_MAX, pz))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(rho > 0, np.arcsinh(pz / rho), along)


def phi(px: Column, py: Column) -> Floats:
    """[rad], float64[n]; 0 where px and py are 0."""
    return np.arctan2(py.astype(np.float64), px.astype(np.float64))


def rapidity(pz: Column, e: Column) -> Floats:
    """ln((E + pz) / (E - pz)) / 2, float64[n]."""
    pz, e = pz.astype(np.float64), e.astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(0.5 * np.log((e + pz) / (e - pz)))


def lepton_charge(pdg_id: Column) -> npt.NDArray[np.float32]:
    """float32[n], of leptons and photons. Raises ValueError, which names the first PDG number of another kind."""
    number = np.abs(pdg_id.astype(np.int64))
    charged = np.isin(number, (11, 13, 15))
    other = ~(charged | np.isin(number, (12, 14, 16, _PHOTON)))
    if np.any(other):
        raise ValueError(str(pdg_id[other][0]))
    return np.where(charged, -np.sign(pdg_id), 0).astype(np.float32)


def is_prompt(bits: Column) -> npt.NDArray[np.int32]:
    """1 where a particle is prompt or not categorised, else 0, int32[n]; decays of prompt taus count as prompt.

    bits  `Classification`, as the classifier of truth particles leaves it
    """
    from_prompt_tau = (bits & TAU != 0) & (bits & _HADRONIC_TAU == 0)
    return np.asarray((bits & _UNCATEGORISED != 0) | from_prompt_tau | (bits & HADRON == 0), np.int32)


def has(bits: Column, bit: int) -> npt.NDArray[np.int32]:
    """Whether a bit of `Classification` is set, int32[n]."""
    return np.asarray(bits & bit != 0, np.int32)
