"""ElementLinks: which container a link's key names, and which of its objects it points at.

The key is a hash of the container's name and class, so no metadata of the file is needed to follow a link.
"""

from __future__ import annotations

from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from topcp_columnar.containers import Links

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from topcp_columnar.containers import Column, Links2, Offsets, Words

# The default polynomial of athena's crc64, and the value the sum starts from (Control/CxxUtils/Root/crc64.cxx).
POLYNOMIAL = 0xAD93D23594C935A9
INITIAL = 0xFFFFFFFFFFFFFFFF
# sgkey_t is 30 bits wide (Control/SGTools/SGTools/StringPool.h).
KEY_MASK = 0x3FFFFFFF

# CLASS_DEF of each container class, Event/xAOD/xAOD*/xAOD*/*Container.h.
_ELECTRON, _PHOTON, _MUON, _JET, _TAU = 1087532415, 1105575213, 1178459224, 1244316195, 1177172564
_BTAGGING, _TRACK, _CLUSTER, _VERTEX = 1264356158, 1287425431, 1219821989, 1092961325
_TRUTH_PARTICLE, _TRUTH_VERTEX, _TAU_TRACK = 1237340765, 1239726567, 1306133771

_CLASSES: Mapping[str, int] = {
    "AnalysisElectrons": _ELECTRON,
    "AnalysisPhotons": _PHOTON,
    "AnalysisMuons": _MUON,
    "AnalysisJets": _JET,
    "AnalysisLargeRJets": _JET,
    "AnalysisTauJets": _TAU,
    "BTagging_AntiKt4EMPFlow": _BTAGGING,
    "InDetTrackParticles": _TRACK,
    "InDetForwardTrackParticles": _TRACK,
    "GSFTrackParticles": _TRACK,
    "CombinedMuonTrackParticles": _TRACK,
    "ExtrapolatedMuonTrackParticles": _TRACK,
    "MSOnlyExtrapolatedMuonTrackParticles": _TRACK,
    "MuonSpectrometerTrackParticles": _TRACK,
    "TauTracks": _TAU_TRACK,
    "egammaClusters": _CLUSTER,
    "PrimaryVertices": _VERTEX,
    "TruthParticles": _TRUTH_PARTICLE,
    "TruthElectrons": _TRUTH_PARTICLE,
    "TruthMuons": _TRUTH_PARTICLE,
    "TruthTaus": _TRUTH_PARTICLE,
    "TruthPhotons": _TRUTH_PARTICLE,
    "TruthNeutrinos": _TRUTH_PARTICLE,
    "TruthTop": _TRUTH_PARTICLE,
    "TruthBottom": _TRUTH_PARTICLE,
    "TruthBoson": _TRUTH_PARTICLE,
    "TruthBSM": _TRUTH_PARTICLE,
    "TruthBosonsWithDecayParticles": _TRUTH_PARTICLE,
    "TruthBosonsWithDecayVertices": _TRUTH_VERTEX,
    "TruthBSMWithDecayParticles": _TRUTH_PARTICLE,
    "TruthBSMWithDecayVertices": _TRUTH_VERTEX,
    "BornLeptons": _TRUTH_PARTICLE,
    "HardScatterParticles": _TRUTH_PARTICLE,
    "HardScatterVertices": _TRUTH_VERTEX,
    "AntiKt4TruthDressedWZJets": _JET,
    "AntiKt10TruthSoftDropBeta100Zcut10Jets": _JET,
}


@cache
def _crc_of_byte(byte: int) -> int:
    """What one byte contributes to the sum; the bits run from lowest to highest, so the polynomial is reflected."""
    reflected = int(f"{POLYNOMIAL:064b}"[::-1], 2)
    for _ in range(8):
        byte = (byte >> 1) ^ reflected if byte & 1 else byte >> 1
    return byte


def store_gate_key(name: str, clid: int) -> int:
    """The StoreGate hash of a container, as an ElementLink stores it in m_persKey.

    name  the container's name, e.g. "AnalysisElectrons"
    clid  the number CLASS_DEF gives its class, e.g. 1087532415 for xAOD::ElectronContainer

    Source: SG::StringPool::stringToKey, Control/SGTools/src/StringPool.cxx; crc64 and crc64addint,
    Control/CxxUtils/Root/crc64.cxx.
    """
    crc = INITIAL
    for byte in name.encode() + clid.to_bytes((clid.bit_length() + 7) // 8, "little"):
        crc = _crc_of_byte((crc ^ byte) & 0xFF) ^ (crc >> 8)
    return crc & KEY_MASK


#: The key of each container that a link of PHYSLITE may point into.
KEYS: Mapping[str, int] = MappingProxyType({name: store_gate_key(name, clid) for name, clid in _CLASSES.items()})


def resolve(
    offsets: Offsets, keys: Words, indices: Words, target: str, target_offsets: Offsets
) -> npt.NDArray[np.int64]:
    """Follow one link per object into the container `target`.

    offsets         int64[n_events + 1], the objects that hold the links
    keys, indices   uint32[n_objects], as stored
    target          a name in `KEYS`; KeyError for any other
    target_offsets  int64[n_events + 1], the objects pointed at

    Returns int64[n_objects]: the position in the target's content, or -1 where the link is null, points into another
    container, or points beyond the event's objects (as into a thinned container). ElementLink::isValid is false for
    all of these.
    """
    sizes = np.diff(target_offsets)
    event = np.repeat(np.arange(len(sizes)), np.diff(offsets))
    index = indices.astype(np.int64)
    valid = (keys == KEYS[target]) & (index < sizes[event])
    return np.where(valid, target_offsets[event] + index, -1)


def first(links: Links2) -> Links:
    """The first link of each object; a null link (key 0) where an object has none."""
    start = links.inner[:-1]
    some = links.inner[1:] > start
    keys = np.zeros(len(start), np.uint32)
    indices = np.zeros(len(start), np.uint32)
    keys[some] = links.keys[start[some]]
    indices[some] = links.indices[start[some]]
    return Links(links.offsets, keys, indices)


def take(content: Column, positions: npt.NDArray[np.int64], missing: Any) -> Column:
    """The values at `positions` (as `resolve` gives them), in the content's own type; `missing` where -1."""
    values = np.full(len(positions), missing, content.dtype)
    found = positions >= 0
    values[found] = content[positions[found]]
    return values
