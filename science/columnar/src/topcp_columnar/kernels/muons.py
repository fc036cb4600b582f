"""Muon quality, and the track that stands for a muon."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from topcp_columnar.kernels.errors import UnknownWorkingPoint

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from topcp_columnar.containers import Column

#: The mass every muon has [MeV]: PHYSLITE stores none (xAOD::Muon_v1::m, Event/xAOD/xAODMuon/Root/Muon_v1.cxx).
MASS = 105.6583715

#: xAOD::Muon::Quality: a muon passes a working point if its quality is not larger.
QUALITIES: Mapping[str, int] = {"Tight": 0, "Medium": 1, "Loose": 2, "VeryLoose": 3}
# xAOD::Muon_v1::quality() keeps the lowest two bits; bits 3 and 4 are passesIDCuts and passesHighPtCuts
# (Event/xAOD/xAODMuon/Root/Muon_v1.cxx).
_QUALITY_BITS = 3
# MaxEta of CP::MuonSelectionTool, a double (MuonSelectorTools/MuonSelectionTool.h).
_MAX_ETA = 2.7


class TrackLink(NamedTuple):
    """A link of AnalysisMuons and the container it points into."""

    link: str
    container: str


COMBINED = TrackLink("combinedTrackParticleLink", "CombinedMuonTrackParticles")
INNER_DETECTOR = TrackLink("inDetTrackParticleLink", "InDetTrackParticles")
EXTRAPOLATED = TrackLink("extrapolatedMuonSpectrometerTrackParticleLink", "ExtrapolatedMuonTrackParticles")
MS_ONLY = TrackLink("msOnlyExtrapolatedMuonSpectrometerTrackParticleLink", "MSOnlyExtrapolatedMuonTrackParticles")
SPECTROMETER = TrackLink("muonSpectrometerTrackParticleLink", "MuonSpectrometerTrackParticles")

#: The links a muon's primary track may come from; `primary_track` answers with positions in this tuple.
TRACK_LINKS = (COMBINED, INNER_DETECTOR, EXTRAPOLATED, MS_ONLY, SPECTROMETER)

#: xAOD::Muon::MuonType -> the links tried, in this order (MuonEnums.def: Combined, MuonStandAlone, SegmentTagged,
#: CaloTagged, SiliconAssociatedForwardMuon).
PRIMARY_TRACK: Mapping[int, tuple[TrackLink, ...]] = {
    0: (COMBINED,),
    1: (EXTRAPOLATED, MS_ONLY, SPECTROMETER),
    2: (INNER_DETECTOR,),
    3: (INNER_DETECTOR,),
    4: (COMBINED,),
}


def passes_quality(
    quality: Column, working_point: str, passes_id_cuts: Column, passes_preselection: Column, eta: Column
) -> npt.NDArray[np.bool_]:
    """Whether each muon passes Tight, Medium, Loose or VeryLoose by the stored bits, bool[n].

    quality              AnalysisMuons.quality
    passes_id_cuts       AnalysisMuons.DFCommonMuonPassIDCuts: hits in the inner detector
    passes_preselection  AnalysisMuons.DFCommonMuonPassPreselection: muon type and author
    eta                  of the muon; |eta| >= 2.7 fails

    Exact for the stored calibration: the C++ tool evaluates Tight anew, with the muon's recalibrated pt.
    Raises UnknownWorkingPoint; HighPt and LowPtEfficiency need hits and a trained model that PHYSLITE does not store.

    Source: CP::MuonSelectionTool::accept, PhysicsAnalysis/MuonID/MuonSelectorTools/Root/MuonSelectionTool.cxx;
    the two flags are its cuts "IDHits" and "Preselection", stored by
    PhysicsAnalysis/DerivationFramework/DerivationFrameworkMuons/python/MuonsCommonConfig.py.
    """
    if working_point not in QUALITIES:
        raise UnknownWorkingPoint("muon quality", working_point, _why_not(working_point), QUALITIES)
    good = (quality & _QUALITY_BITS) <= QUALITIES[working_point]
    central = np.abs(eta.astype(np.float64)) < _MAX_ETA
    result: npt.NDArray[np.bool_] = good & (passes_id_cuts != 0) & (passes_preselection != 0) & central
    return result


def _why_not(working_point: str) -> str:
    if working_point == "HighPt":
        return "needs hits and track errors that PHYSLITE does not store"
    if working_point in ("LowPt", "LowPtEfficiency"):
        return "needs a trained model that is not public"
    return "is not known"


def primary_track(
    muon_type: Column, resolved: Mapping[str, npt.NDArray[np.int64]]
) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.int64]]:
    """The track that stands for each muon: the first link of its type that can be followed.

    muon_type  AnalysisMuons.muonType
    resolved   link name -> `links.resolve` of that link, int64[n]; a link left out counts as null

    Returns (which, index): position in `TRACK_LINKS`, int8[n], -1 if a muon has no track; and position in the content
    of that link's container, int64[n], -1 likewise.

    Source: xAOD::Muon_v1::primaryTrackParticle, Event/xAOD/xAODMuon/Root/Muon_v1.cxx.
    """
    which = np.full(len(muon_type), -1, np.int8)
    index = np.full(len(muon_type), -1, np.int64)
    for kind, track_links in PRIMARY_TRACK.items():
        for track in track_links:
            if track.link not in resolved:
                continue
            use = (muon_type == kind) & (index < 0) & (resolved[track.link] >= 0)
            which[use] = TRACK_LINKS.index(track)
            index[use] = resolved[track.link][use]
    return which, index
