"""The names of MCTruthClassifier's particle types and origins that the truth classification asks for.

Source: PhysicsAnalysis/MCTruthClassifier/MCTruthClassifier/MCTruthClassifierDefs.h.
"""

from __future__ import annotations

from enum import IntEnum


class Type(IntEnum):
    """MCTruthPartClassifier::ParticleType."""

    UNKNOWN = 0
    UNKNOWN_ELECTRON = 1
    ISO_ELECTRON = 2
    NON_ISO_ELECTRON = 3
    BKG_ELECTRON = 4
    UNKNOWN_MUON = 5
    ISO_MUON = 6
    NON_ISO_MUON = 7
    BKG_MUON = 8
    ISO_TAU = 10
    UNKNOWN_PHOTON = 13
    ISO_PHOTON = 14
    NON_ISO_PHOTON = 15
    BKG_PHOTON = 16
    HADRON = 17
    NEUTRINO = 18
    GEN_PARTICLE = 21


class Origin(IntEnum):
    """MCTruthPartClassifier::ParticleOrigin."""

    NON_DEFINED = 0
    SINGLE_MUON = 2
    PHOTON_CONV = 5
    DALITZ_DEC = 6
    EL_MAG_PROC = 7
    MU = 8
    TAU_LEP = 9
    TOP = 10
    W_BOSON = 12
    Z_BOSON = 13
    HIGGS = 14
    HIGGS_MSSM = 15
    HEAVY_BOSON = 16
    SUSY = 22
    LIGHT_MESON = 23
    STRANGE_MESON = 24
    CHARMED_MESON = 25
    BOTTOM_MESON = 26
    CCBAR_MESON = 27
    BBBAR_MESON = 29
    LIGHT_BARYON = 30
    STRANGE_BARYON = 31
    CHARMED_BARYON = 32
    BOTTOM_BARYON = 33
    PION_DECAY = 34
    KAON_DECAY = 35
    PROMPT_PHOT = 37
    UNDR_PHOT = 38
    FSR_PHOT = 40
    PI_ZERO = 42
    DI_BOSON = 43
