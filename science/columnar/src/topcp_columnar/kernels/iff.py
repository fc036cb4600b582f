"""Where a simulated lepton comes from: the classes of the Isolation and Fake Forum (IFF).

Source: PhysicsAnalysis/AnalysisCommon/TruthClassification/Root/TruthClassificationTool.cxx; the classes are
Truth::Type of PhysicsAnalysis/Interfaces/AsgAnalysisInterfaces/AsgAnalysisInterfaces/ITruthClassificationTool.h.
The sections are tried in the order of that code, and the first that holds decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np

from topcp_columnar.kernels.pdg import heaviest_quark_of_hadron
from topcp_columnar.kernels.truth_types import Origin, Type

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from topcp_columnar.containers import Column

    Mask = npt.NDArray[np.bool_]
    Integers = npt.NDArray[np.int64]

#: Columns that are no variable of the lepton but of the truth particle it is linked with: the first of
#: `truthParticleLink` and `TruthLink` that can be followed (xAOD::TruthHelpers::getTruthParticle,
#: Event/xAOD/xAODTruth/Root/xAODTruthHelpers.cxx). In PHYSLITE only TruthLink leads to a stored container.
TRUTH_STATUS = "truthParticle.status"  # 0 without truth particle
TRUTH_PARENT = "truthParticle.parentPdgId"  # 0 without truth particle, or unless it has exactly one parent

#: What `classify_electrons` must have, and what it uses if there.
ELECTRON_INPUTS = (
    "charge",
    "truthType",
    "truthOrigin",
    "truthPdgId",
    "firstEgMotherTruthType",
    "firstEgMotherTruthOrigin",
    "firstEgMotherPdgId",
)
_FALLBACK_TYPE, _FALLBACK_DR = "TruthClassifierFallback_truthType", "TruthClassifierFallback_dR"
ELECTRON_OPTIONAL = (
    "lastEgMotherTruthType",
    "lastEgMotherTruthOrigin",
    "lastEgMotherPdgId",
    _FALLBACK_TYPE,
    _FALLBACK_DR,
    TRUTH_STATUS,
)

#: What `classify_muons` must have, and what it uses if there.
MUON_INPUTS = ("truthType", "truthOrigin")
MUON_OPTIONAL = (_FALLBACK_TYPE, _FALLBACK_DR, TRUTH_STATUS, TRUTH_PARENT)


class Class(IntEnum):
    """Truth::Type, without ChargeFlipMuon: no block of the toolkit tells muons of the wrong charge apart."""

    UNKNOWN = 0
    KNOWN_UNKNOWN = 1
    ISO_ELECTRON = 2
    CHARGE_FLIP_ISO_ELECTRON = 3
    PROMPT_MUON = 4
    PROMPT_PHOTON_CONVERSION = 5
    ELECTRON_FROM_MUON = 6
    TAU_DECAY = 7
    B_HADRON_DECAY = 8
    C_HADRON_DECAY = 9
    LIGHT_FLAVOR_DECAY = 10
    NON_MUON_LIKE = 12
    PROMPT_MUON_LIKE = 40
    TAU_DECAY_LIKE = 70
    B_HADRON_DECAY_LIKE = 80
    C_HADRON_DECAY_LIKE = 90


_LIGHT_HADRONS = (
    Origin.PI_ZERO,
    Origin.LIGHT_MESON,
    Origin.STRANGE_MESON,
    Origin.LIGHT_BARYON,
    Origin.STRANGE_BARYON,
    Origin.PION_DECAY,
    Origin.KAON_DECAY,
)
_B_HADRONS = (Origin.BOTTOM_MESON, Origin.BBBAR_MESON, Origin.BOTTOM_BARYON)
_C_HADRONS = (Origin.CHARMED_MESON, Origin.CCBAR_MESON, Origin.CHARMED_BARYON)
_PROMPT_MUON_ORIGINS = (
    Origin.SINGLE_MUON,
    Origin.TOP,
    Origin.W_BOSON,
    Origin.Z_BOSON,
    Origin.HIGGS,
    Origin.HIGGS_MSSM,
    Origin.SUSY,
    Origin.DI_BOSON,
    Origin.CCBAR_MESON,
    Origin.BBBAR_MESON,
    Origin.HEAVY_BOSON,
)

_ELECTRON, _PHOTON, _TAU, _TOP, _Z, _W, _HIGGS = 11, 22, 15, 6, 23, 24, 25
# What the tool takes for a variable that the file does not have.
_ABSENT = -1
# The fallback truth type counts only within this distance.
_FALLBACK_MAX_DR = 0.05
# MC::isStable: the status modulo this is 1 (Generators/TruthUtils/TruthUtils/{HepMCHelpers,MagicNumbers}.h).
_SIM_STATUS_THRESHOLD = 20000
# Truth type and origin of a muon whose track matches no stable truth particle.
_NO_TRUTH = -99999


def _is(values: Integers, *wanted: int) -> Mask:
    return np.isin(values, wanted)


@dataclass(frozen=True, slots=True)
class _Truth:
    """The truth variables of the leptons, int64[n]; `mother` is the first e/gamma mother, `last` the last one."""

    type: Integers
    origin: Integers
    pdg_id: Integers
    mother_type: Integers
    mother_origin: Integers
    mother_pdg_id: Integers
    last_type: Integers
    last_origin: Integers
    last_pdg_id: Integers
    fallback_type: Integers
    status: Integers

    @classmethod
    def of(cls, columns: Mapping[str, Column]) -> _Truth:
        def column(name: str, absent: int = _ABSENT) -> Integers:
            found = columns.get(name)
            return np.full(len(columns["truthType"]), absent) if found is None else found.astype(np.int64)

        return cls(
            column("truthType"),
            column("truthOrigin"),
            column("truthPdgId"),
            column("firstEgMotherTruthType"),
            column("firstEgMotherTruthOrigin"),
            column("firstEgMotherPdgId"),
            column("lastEgMotherTruthType"),
            column("lastEgMotherTruthOrigin"),
            column("lastEgMotherPdgId"),
            _fallback_type(columns),
            column(TRUTH_STATUS, absent=0),
        )

    def either_origin(self, *wanted: int) -> Mask:
        return _is(self.origin, *wanted) | _is(self.mother_origin, *wanted)


def _fallback_type(columns: Mapping[str, Column]) -> Integers:
    if _FALLBACK_TYPE not in columns or _FALLBACK_DR not in columns:
        return np.full(len(columns["truthType"]), _ABSENT)
    return np.where(columns[_FALLBACK_DR].astype(np.float64) < _FALLBACK_MAX_DR, columns[_FALLBACK_TYPE], _ABSENT)


def classify_electrons(columns: Mapping[str, Column], separate_charge_flip: bool = True) -> npt.NDArray[np.int32]:
    """The class of each electron, a value of `Class`, int32[n].

    columns               `ELECTRON_INPUTS`, and those of `ELECTRON_OPTIONAL` that there are, by name, [n]
    separate_charge_flip  tell electrons of the wrong charge apart (the block's separateChargeFlipElectrons)

    Where an optional column is missing it counts as the tool counts a variable that is not available: -1 for the
    mothers and the fallback, 0 for the status.
    """
    e = _Truth.of(columns)
    prompt = _prompt(e)
    flipped = prompt & _charge_flipped(e, columns["charge"]) & separate_charge_flip
    sections = [
        (_from_photon_conversion(e), Class.PROMPT_PHOTON_CONVERSION),
        (_from_muon(e), Class.ELECTRON_FROM_MUON),
        (_electron_from_tau(e), Class.TAU_DECAY),
        (_electron_from_light_hadron(e), Class.LIGHT_FLAVOR_DECAY),
        (e.either_origin(*_B_HADRONS), Class.B_HADRON_DECAY),
        (~_is(e.type, Type.ISO_ELECTRON) & e.either_origin(*_C_HADRONS), Class.C_HADRON_DECAY),
        (flipped, Class.CHARGE_FLIP_ISO_ELECTRON),
        (prompt, Class.ISO_ELECTRON),
        (_electron_known_unknown(e), Class.KNOWN_UNKNOWN),
    ]
    return _first_that_holds(sections)


def classify_muons(columns: Mapping[str, Column]) -> npt.NDArray[np.int32]:
    """The class of each muon, a value of `Class`, int32[n].

    columns  `MUON_INPUTS`, and those of `MUON_OPTIONAL` that there are, by name, [n]

    The classes from PROMPT_MUON_LIKE on are those of January 2024; in 2026 the tool no longer gives PROMPT_MUON_LIKE,
    and asks for a heavy quark in the parent instead of a heavy hadron. They concern muons without truth type that
    match a stable truth particle.
    """
    m = _Truth.of(columns)
    unmatched = ~_is(np.fmod(m.status, _SIM_STATUS_THRESHOLD), 1)
    no_type = _is(m.type, Type.UNKNOWN) & _is(m.origin, Origin.NON_DEFINED)
    no_truth = _is(m.type, _NO_TRUTH) & _is(m.origin, _NO_TRUTH)
    light = _is(m.type, Type.BKG_MUON) & _is(m.origin, *_LIGHT_HADRONS)
    sections = [
        (_is(m.type, Type.NON_ISO_MUON) & _is(m.origin, Origin.TAU_LEP), Class.TAU_DECAY),
        (light | _is(m.type, Type.HADRON) | _is(m.fallback_type, Type.HADRON), Class.LIGHT_FLAVOR_DECAY),
        (_is(m.origin, *_B_HADRONS), Class.B_HADRON_DECAY),
        (~_is(m.type, Type.ISO_MUON) & _is(m.origin, *_C_HADRONS), Class.C_HADRON_DECAY),
        (_is(m.type, Type.ISO_MUON) & _is(m.origin, *_PROMPT_MUON_ORIGINS), Class.PROMPT_MUON),
        (_is(m.type, Type.UNKNOWN_MUON) & _is(m.origin, Origin.NON_DEFINED), Class.KNOWN_UNKNOWN),
        (unmatched & (no_type | no_truth), Class.KNOWN_UNKNOWN),
        (_is(m.type, Type.ISO_ELECTRON, Type.BKG_ELECTRON, Type.NON_ISO_ELECTRON), Class.NON_MUON_LIKE),
    ]
    result = _first_that_holds(sections)
    if TRUTH_PARENT in columns:
        by_parent = no_type & (result == Class.UNKNOWN)
        result[by_parent] = [_class_by_parent(int(pdg_id)) for pdg_id in columns[TRUTH_PARENT][by_parent]]
    return result


def _first_that_holds(sections: list[tuple[Mask, Class]]) -> npt.NDArray[np.int32]:
    conditions, classes = zip(*sections, strict=True)
    return np.select(conditions, [int(c) for c in classes], int(Class.UNKNOWN)).astype(np.int32)


def _from_photon_conversion(e: _Truth) -> Mask:
    bkg, conversion = _is(e.type, Type.BKG_ELECTRON), _is(e.origin, Origin.PHOTON_CONV)
    electromagnetic = _is(e.origin, Origin.PHOTON_CONV, Origin.EL_MAG_PROC)

    def mother(kind: Type, origin: Origin) -> Mask:
        return _is(e.mother_type, kind) & _is(e.mother_origin, origin)

    return (
        (bkg & electromagnetic & mother(Type.ISO_PHOTON, Origin.PROMPT_PHOT))
        | (bkg & conversion & mother(Type.ISO_PHOTON, Origin.HIGGS))
        | (bkg & electromagnetic & mother(Type.UNKNOWN_PHOTON, Origin.NON_DEFINED))
        | (bkg & electromagnetic & mother(Type.BKG_PHOTON, Origin.UNDR_PHOT))
        | (_is(e.type, Type.BKG_PHOTON) & _is(e.origin, Origin.UNDR_PHOT))
        | (_is(e.type, Type.ISO_PHOTON) & _is(e.pdg_id, _PHOTON))
        | (bkg & _is(e.origin, Origin.EL_MAG_PROC) & mother(Type.NON_ISO_PHOTON, Origin.FSR_PHOT))
        | (bkg & conversion & mother(Type.UNKNOWN, Origin.Z_BOSON))
        | (_electron_chain_of_conversions(e) & _is(np.abs(e.mother_pdg_id), _ELECTRON) & _last_is_photon_or_electron(e))
    )


def _electron_chain_of_conversions(e: _Truth) -> Mask:
    """An electron of a conversion whose mother is one too."""
    return (
        _is(e.type, Type.BKG_ELECTRON)
        & _is(e.origin, Origin.PHOTON_CONV)
        & _is(e.mother_type, Type.BKG_ELECTRON)
        & _is(e.mother_origin, Origin.PHOTON_CONV)
        & _is(np.abs(e.pdg_id), _ELECTRON)
    )


def _last_is_photon_or_electron(e: _Truth) -> Mask:
    """Also where the last mother is not stored, as in PHYSLITE."""
    wanted = _is(e.last_pdg_id, _PHOTON, _ELECTRON, -_ELECTRON)
    return _is(e.last_type, _ABSENT) | (_is(e.last_type, Type.GEN_PARTICLE) & wanted)


def _from_muon(e: _Truth) -> Mask:
    non_isolated = _is(e.type, Type.NON_ISO_ELECTRON, Type.NON_ISO_PHOTON)
    is_muon = _is(e.type, Type.ISO_MUON, Type.NON_ISO_MUON, Type.BKG_MUON, Type.UNKNOWN_MUON)
    radiated = _is(e.type, Type.BKG_ELECTRON) & _is(e.mother_origin, Origin.MU)
    return (non_isolated & e.either_origin(Origin.MU)) | radiated | is_muon


def _electron_from_tau(e: _Truth) -> Mask:
    own = _is(e.type, Type.NON_ISO_ELECTRON, Type.NON_ISO_PHOTON) & _is(e.origin, Origin.TAU_LEP)
    mother = _is(e.mother_type, Type.NON_ISO_ELECTRON, Type.NON_ISO_PHOTON) & _is(e.mother_origin, Origin.TAU_LEP)
    return own | mother


def _electron_from_light_hadron(e: _Truth) -> Mask:
    light = e.either_origin(*_LIGHT_HADRONS)
    dalitz_or_process = _is(e.origin, Origin.DALITZ_DEC, Origin.EL_MAG_PROC)
    return (
        _is(e.type, Type.HADRON)
        | _is(e.fallback_type, Type.HADRON)
        | (_is(e.mother_type, Type.BKG_ELECTRON) & dalitz_or_process & light)
        | (_is(e.type, Type.BKG_ELECTRON) & (e.either_origin(Origin.DALITZ_DEC) | light))
        | (_is(e.type, Type.BKG_PHOTON) & light)
    )


def _radiated_by_electron(e: _Truth) -> Mask:
    """A photon radiated off an electron, or an electron of its conversion."""
    photon = _is(e.origin, Origin.FSR_PHOT) & _is(e.type, Type.NON_ISO_PHOTON)
    converted = (
        _is(e.type, Type.BKG_ELECTRON)
        & _is(e.origin, Origin.PHOTON_CONV)
        & _is(e.mother_type, Type.NON_ISO_PHOTON)
        & _is(e.mother_origin, Origin.FSR_PHOT)
    )
    return (photon | converted) & _is(np.abs(e.pdg_id), _ELECTRON)


def _prompt(e: _Truth) -> Mask:
    isolated_mother = _is(e.mother_type, Type.ISO_ELECTRON) & _is(np.abs(e.mother_pdg_id), _ELECTRON)
    return _is(e.type, Type.ISO_ELECTRON) | isolated_mother | _radiated_by_electron(e)


def _charge_flipped(e: _Truth, charge: Column) -> Mask:
    """The charge is not that of the mother; never told of what a photon may have lost or what is not known well."""
    with_own_charge = e.mother_pdg_id * charge.astype(np.float64) > 0
    without = e.mother_pdg_id * -e.pdg_id > 0
    flipped = np.where(charge != 0, with_own_charge, without)
    return flipped & ~_radiated_by_electron(e) & ~_electron_chain_of_conversions(e)


def _electron_known_unknown(e: _Truth) -> Mask:
    no_origin = _is(e.origin, Origin.NON_DEFINED) & _is(e.mother_origin, Origin.NON_DEFINED)
    no_mother_type = _is(e.mother_type, Type.UNKNOWN)
    unstable = _is(e.type, Type.UNKNOWN, Type.UNKNOWN_PHOTON) & no_mother_type
    stable = (
        (_is(e.type, Type.UNKNOWN) & no_mother_type)
        | (_is(e.type, Type.UNKNOWN_ELECTRON) & _is(e.mother_type, Type.UNKNOWN_ELECTRON))
        | _is(e.type, Type.UNKNOWN_PHOTON)
    )
    return (no_origin & np.where(_is(e.status, 1), stable, unstable)) | _radiated_photon_without_mother(e)


def _radiated_photon_without_mother(e: _Truth) -> Mask:
    photon = _is(e.type, Type.NON_ISO_PHOTON) & _is(e.origin, Origin.FSR_PHOT) & _is(e.pdg_id, _PHOTON)
    no_mother = _is(e.mother_type, 0) & _is(e.mother_origin, 0) & _is(e.mother_pdg_id, 0)
    no_last = _is(e.last_type, 0) & _is(e.last_origin, 0) & _is(e.last_pdg_id, 0)
    return photon & no_mother & (_is(e.last_type, _ABSENT) | no_last)


def _class_by_parent(pdg_id: int) -> Class:
    """The class of a muon without truth type by the one parent of its truth particle; 0 is no parent."""
    if abs(pdg_id) in (_TOP, _W) or pdg_id in (_Z, _HIGGS):
        return Class.PROMPT_MUON_LIKE
    if abs(pdg_id) == _TAU:
        return Class.TAU_DECAY_LIKE
    heaviest = heaviest_quark_of_hadron(pdg_id)
    if heaviest == 5:
        return Class.B_HADRON_DECAY_LIKE
    is_charmonium = abs(pdg_id) // 10 % 1000 == 44
    if heaviest == 4 and not is_charmonium:
        return Class.C_HADRON_DECAY_LIKE
    return Class.UNKNOWN
