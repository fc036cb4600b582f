"""The selection of the talk's configuration in coffea, as a user would write it: NanoEvents in, uproot out.

It makes the cuts of client/examples/talk/reco.yaml and writes its branches, but for what coffea cannot do (`LEFT_OUT`).
The recipes are those of tests/independent/recipe.py, which names their sources. Units MeV, mm, rad.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np
import uproot
from coffea.nanoevents import NanoEventsFactory, PHYSLITESchema

if TYPE_CHECKING:
    from pathlib import Path

CHUNK_EVENTS = 10_000  # the fastest of 5, 10, 25 and 50 thousand
LEFT_OUT = (
    "crackVeto: the eta of a cluster needs its sampling pattern, which is in a branch that uproot cannot read;",
    "           for the same reason |eta| <= 2.47 is asked of the electron alone, not of its cluster too",
    "IFFClassification: a tree of decisions on truth particles",
)
SCHEMA_NEEDS = ("qOverP", "theta")  # of every container of tracks, or PHYSLITESchema does not open the file

# BADCLUSELECTRON (xAODEgamma/EgammaDefs.h), and where the end-cap had no high voltage in 2016: runs and phi
# (AsgDeadHVCellRemovalTool.cxx).
BAD_CLUSTER = 1 << 10 | 1 << 5 | 1 << 7 | 1 << 8 | 1 << 1 | 1 << 2
NEAR, FAR = (-1.104921, -0.956748), (1.054922, 1.203097)
DEAD_HV = ((296939, 305291, NEAR), (298967, 299144, FAR), (300279, 305291, FAR))
# DL1dv01: the fraction of charm, and the cuts for 85, 77, 70 and 60 % (BTaggingValidationPlots.cxx).
CHARM, CUTS = 0.018, (0.948, 2.456, 3.493, 4.854)


def run(source: Path, target: Path) -> None:
    """Write the tree `reco` of `target` from all events of `source`."""
    with uproot.open(source) as file:
        n_events = file["CollectionTree"].num_entries
    with uproot.recreate(target, compression=uproot.ZSTD(1)) as out:
        for start in range(0, n_events, CHUNK_EVENTS):
            stop = min(start + CHUNK_EVENTS, n_events)
            columns = select(_load(source, start, stop))
            if start == 0:
                out.mktree("reco", {name: ak.type(values).content for name, values in columns.items()})
            out["reco"].extend(columns)


def _load(source: Path, start: int, stop: int) -> Any:
    return NanoEventsFactory.from_root(
        {str(source): "CollectionTree"},
        schemaclass=PHYSLITESchema,
        entry_start=start,
        entry_stop=stop,
        mode="virtual",
    ).events()


def select(events: Any) -> dict[str, Any]:
    """The columns of the output; the objects of a container together, so that they share one counter."""
    keep = _is_kept(events)
    columns = {
        "el": _electrons(events),
        "mu": _muons(events),
        "jet": _jets(events),
        "runNumber": events.EventInfo.runNumber,
        "eventNumber": events.EventInfo.eventNumber,
        "mcChannelNumber": events.EventInfo.mcChannelNumber,
        "weight_pileup_NOSYS": events.EventInfo.PileupWeight_NOSYS,
        "weight_beamspot": events.EventInfo.beamSpotWeight,
        "weight_mc_NOSYS": events.EventInfo.mcEventWeights[:, 0],
    }
    return {name: ak.to_packed(ak.without_parameters(values[keep])) for name, values in columns.items()}


def _is_kept(events: Any) -> Any:
    """A vertex with two tracks, and clean jets."""
    vertices = events.PrimaryVertices
    good = ((vertices.vertexType == 1) | (vertices.vertexType == 3)) & (ak.num(vertices.trackParticleLinks, axis=2) > 1)
    return ak.any(good, axis=1) & (events.EventInfo.DFCommonJets_eventClean_LooseBad != 0)


def _track_passes(events: Any, leptons: Any, max_significance: float) -> Any:
    """Whether a lepton has a track that comes from the primary vertex."""
    track, info, vertices = leptons.trackParticle, events.EventInfo, events.PrimaryVertices
    x, y, xy = (info[f"beamPosSigma{axis}"].to_numpy().astype(np.float64) for axis in ("X", "Y", "XY"))
    sine, cosine = np.sin(track.phi), np.cos(track.phi)
    beam_spot = sine * (sine * x**2 - cosine * xy) + cosine * (cosine * y**2 - sine * xy)
    significance = track.d0 / np.sqrt(track.definingParametersCovMatrixDiag[:, :, 0] + beam_spot)
    vertex_z = ak.fill_none(ak.firsts(vertices.z[vertices.vertexType == 1]), 0.0)
    delta_z0 = (track.z0 + track.vz - vertex_z) / np.cosh(leptons.eta)
    return ak.fill_none((abs(significance) < max_significance) & (abs(delta_z0) < 0.5), value=False)


def _electrons(events: Any) -> Any:
    electrons = events.Electrons
    loose = (
        (electrons.pt >= 25e3)
        & (abs(electrons.eta) <= 2.47)
        & (electrons.DFCommonElectronsLHTight != 0)
        & ((electrons.OQ & BAD_CLUSTER) == 0)
        & ~_in_dead_region(events, electrons)
        & _track_passes(events, electrons, 5.0)
    )
    isolated = (electrons.ptvarcone30_Nonprompt_All_MaxWeightTTVALooseCone_pt1000 <= 0.06 * electrons.pt) & (
        electrons.topoetcone20 <= 0.06 * electrons.pt
    )
    return _leptons(electrons, loose, loose & isolated)


def _in_dead_region(events: Any, electrons: Any) -> Any:
    cluster, run = ak.firsts(electrons.caloClusters, axis=2), events.EventInfo.RandomRunNumber
    eta, phi = cluster.ETACALOFRAME, cluster.PHICALOFRAME
    inside = [
        (run >= first) & (run < stop) & (eta > -1.825) & (eta < -1.5) & (phi > low) & (phi < high)
        for first, stop, (low, high) in DEAD_HV
    ]
    return ak.fill_none(inside[0] | inside[1] | inside[2], value=False)


def _muons(events: Any) -> Any:
    muons = events.Muons
    loose = (
        (muons.pt >= 25e3)
        & (abs(muons.eta) <= 2.5)
        & ((muons.quality & 3) <= 1)
        & (muons.DFCommonMuonPassIDCuts != 0)
        & (muons.DFCommonMuonPassPreselection != 0)
        & _track_passes(events, muons, 3.0)
    )
    isolated = (muons.ptvarcone30_Nonprompt_All_MaxWeightTTVA_pt1000 <= 0.04 * muons.pt) & (
        muons.topoetcone20 <= 0.15 * muons.pt
    )
    return _leptons(muons, loose, loose & isolated)


def _leptons(leptons: Any, loose: Any, tight: Any) -> Any:
    return ak.zip(
        {
            **_kinematics(leptons),
            "charge": leptons.charge,
            "select_loose_NOSYS": ak.values_astype(loose, np.int8),
            "select_tight_NOSYS": ak.values_astype(tight, np.int8),
        }
    )


def _kinematics(objects: Any) -> dict[str, Any]:
    energy = ak.values_astype(objects.energy, np.float32)
    return {"pt_NOSYS": objects.pt, "eta": objects.eta, "phi": objects.phi, "e_NOSYS": energy}


def _jets(events: Any) -> Any:
    jets = events.Jets
    can_fail = (jets.pt >= 20e3) & (jets.pt <= 60e3) & (abs(jets.DetectorEta) <= 2.5)
    selected = (~can_fail | (jets.NNJvtPass != 0)) & (jets.pt >= 25e3) & (abs(jets.eta) <= 2.5)
    accepted = (jets.pt >= 20e3) & (abs(jets.eta) <= 2.5)
    b, c, light = _probabilities(events)
    score = np.log(b / (CHARM * c + (1 - CHARM) * light))
    quantile = 1 + sum(ak.values_astype(score >= cut, np.int32) for cut in CUTS)
    return ak.zip(
        {
            **_kinematics(jets),
            "select_baselineJvt_NOSYS": ak.values_astype(selected, np.int8),
            "DL1dv01_FixedCutBEff_85_select": ak.values_astype(accepted & (score >= CUTS[0]), np.int8),
            "DL1dv01_Continuous_quantile": ak.values_astype(ak.where(accepted, quantile, -1), np.int32),
            "btagScore_DL1dv01_NOSYS": score,
            "prob_pb_DL1dv01_NOSYS": b,
            "prob_pc_DL1dv01_NOSYS": c,
            "prob_pl_DL1dv01_NOSYS": light,
        }
    )


def _probabilities(events: Any) -> list[Any]:
    """Bottom, charm and light of each jet; its BTagging object stands at the same place as the jet."""
    tagging = events.BTagging_AntiKt4EMPFlow
    return [ak.values_astype(tagging[f"DL1dv01_p{flavour}"], np.float64) for flavour in "bcu"]
