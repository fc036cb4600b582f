"""What the example's configuration asks for, written out as plain loops from the public recipes.

Source: ATLAS athena, January 2024 (github.com/zzalscv2/athena-atlas, commit 91e4c798e7); each function names its file
there. What later releases changed, up to the example's 25.2.15, is in TopCPToolkit's docs/changelog: the flag of a
selection is made at the end and holds every cut on the container (2.7.0), energies are written (25.2.13).
Units MeV, mm, rad. Nothing of the engine is used.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

from tests.independent.physlite import CLUSTER_KEY, TRACKS_BY_KEY, Event, Object

Row = dict[str, Any]

# How often each cut rejected something: a cut that never did was not tested.
rejected: Counter[str] = Counter()


def cut(name: str, passed: bool) -> bool:
    """Count the rejections of a cut; return whether it was passed."""
    rejected[name] += not passed
    return passed


def all_of(*cuts: bool) -> bool:
    """All cuts are evaluated (and counted) before they are combined."""
    return all(cuts)


def rows(events: list[Event]) -> list[Row]:
    """The expected branches of each kept event."""
    return [event_row(event) for event in events if keeps(event)]


def keeps(event: Event) -> bool:
    """EventCleaningConfig.py: primary vertex and jet cleaning (VertexSelectionAlg.cxx, EventFlagSelectionAlg.cxx)."""
    # vertexType 1 is a primary vertex, 3 one of pile-up (xAODTracking/TrackingPrimitives.h).
    good = [v for v in event["PrimaryVertices"] if v["vertexType"] in (1, 3) and len(v["trackParticleLinks"]) >= 2]
    return all_of(
        cut("event: vertex with two tracks", len(good) >= 1),
        cut("event: jet cleaning", event["DFCommonJets_eventClean_LooseBad"] != 0),
    )


def event_row(event: Event) -> Row:
    """All branches of one event."""
    row: Row = {name: event[name] for name in ("runNumber", "eventNumber", "mcChannelNumber")}
    row["weight_mc_NOSYS"] = event["mcEventWeights"][0]
    # The sample does not name its generator weights, so they go by their index; the first is the nominal one.
    row |= {f"weight_mc_GEN_INDEX_{i}": weight for i, weight in enumerate(event["mcEventWeights"]) if i > 0}
    row["weight_pileup_NOSYS"] = event["PileupWeight_NOSYS"]
    row["weight_beamspot"] = event["beamSpotWeight"]
    row |= _columns(
        "el_", [electron_row(event, electron) for electron in event["AnalysisElectrons"]], ELECTRON_BRANCHES
    )
    row |= _columns("mu_", [muon_row(event, muon) for muon in event["AnalysisMuons"]], MUON_BRANCHES)
    jets = zip(event["AnalysisJets"], event["BTagging_AntiKt4EMPFlow"], strict=True)
    row |= _columns("jet_", [jet_row(jet, btag) for jet, btag in jets], JET_BRANCHES)
    return row


def _columns(prefix: str, objects: list[Row], branches: tuple[str, ...]) -> Row:
    return {prefix + name: [obj[name] for obj in objects] for name in branches}


KINEMATICS = ("pt_NOSYS", "eta", "phi", "e_NOSYS")
ELECTRON_BRANCHES = (*KINEMATICS, "charge", "select_loose_NOSYS", "select_tight_NOSYS", "IFFClass")
MUON_BRANCHES = ELECTRON_BRANCHES
JET_BRANCHES = (
    *KINEMATICS,
    "select_baselineJvt_NOSYS",
    "DL1dv01_FixedCutBEff_85_select",
    "DL1dv01_Continuous_quantile",
    "btagScore_DL1dv01_NOSYS",
    "prob_pb_DL1dv01_NOSYS",
    "prob_pc_DL1dv01_NOSYS",
    "prob_pl_DL1dv01_NOSYS",
)


def kinematics(obj: Object, mass: float) -> Row:
    """The four-momentum, as TLorentzVector::SetPtEtaPhiM has it."""
    energy = math.sqrt((obj["pt"] * math.cosh(obj["eta"])) ** 2 + mass**2)
    return {"pt_NOSYS": obj["pt"], "eta": obj["eta"], "phi": obj["phi"], "e_NOSYS": energy}


def pt_eta(kind: str, obj: Object, min_pt: float, max_eta: float) -> bool:
    """PtEtaSelection: AsgPtEtaSelectionTool.cxx on the object's own eta."""
    return all_of(
        cut(f"{kind}: PtEtaSelection pt", obj["pt"] >= min_pt),
        cut(f"{kind}: PtEtaSelection eta", abs(obj["eta"]) <= max_eta),
    )


# Electrons ------------------------------------------------------------------------------------------------------------


def electron_row(event: Event, el: Object) -> Row:
    """ElectronAnalysisConfig.py."""
    common = all_of(electron_preselection(event, el), pt_eta("electron", el, 25e3, 2.47))
    likelihood = cut("electron: TightLH", el["DFCommonElectronsLHTight"] != 0)
    return kinematics(el, el["m"]) | {
        "charge": el["charge"],
        "select_loose_NOSYS": common and likelihood,
        "select_tight_NOSYS": all_of(common, likelihood, electron_tight_varrad(el)),
        "IFFClass": electron_iff(el),
    }


def electron_preselection(event: Event, el: Object) -> bool:
    """Eta and crack on the cluster, track, object quality, pt after calibration."""
    eta = abs(cluster_eta(event, el))
    key, index = el["trackParticleLinks"][0]
    track = event[TRACKS_BY_KEY[key]][index]
    return all_of(
        cut("electron: |eta| <= 2.47", eta <= 2.47),
        cut("electron: crack", eta < 1.37 or eta > 1.52),
        track_passes("electron", event, track, el["eta"], 5.0),
        cut("electron: object quality", el["OQ"] & BAD_CLUSTER == 0),
        cut("electron: pt >= 4.5 GeV", el["pt"] >= 4500.0),
    )


# xAODEgamma/EgammaDefs.h, BADCLUSELECTRON: MaskedCellCore, MissingFEBCellCore, MissingFEBCellEdgeS1 and S2,
# DeadHVS1S2S3Core and Edge.
BAD_CLUSTER = 1 << 10 | 1 << 5 | 1 << 7 | 1 << 8 | 1 << 1 | 1 << 2


def cluster_eta(event: Event, el: Object) -> float:
    """CaloCluster_v1::etaBE(2): eta in the second layer, barrel (sampling 2) and end-cap (6) weighted by energy."""
    key, index = el["caloClusterLinks"][0]
    assert key == CLUSTER_KEY
    cluster, pattern = event["egammaClusters"][index], event["samplingPattern"][index]
    samplings = [number for number in range(32) if pattern >> number & 1]
    eta = dict(zip(samplings, cluster["eta_sampl"], strict=True))
    energy = dict(zip(samplings, cluster["e_sampl"], strict=True))
    if 2 not in eta or 6 not in eta:
        return float(eta.get(2, eta.get(6, -999.0)))
    barrel, endcap = energy[2], energy[6]
    if barrel + endcap <= 100.0:
        return 0.5 * float(eta[2] + eta[6])
    if barrel * endcap > 0:
        return float((barrel * eta[2] + endcap * eta[6]) / (barrel + endcap))
    return float(eta[2] if barrel > 0 else eta[6])


def electron_tight_varrad(el: Object) -> bool:
    """IsolationSelectionTool.cxx, Tight_VarRad."""
    return all_of(
        cut(
            "electron: track isolation",
            el["ptvarcone30_Nonprompt_All_MaxWeightTTVALooseCone_pt1000"] <= 0.06 * el["pt"],
        ),
        cut("electron: calorimeter isolation", el["topoetcone20"] <= 0.06 * el["pt"]),
    )


# Muons ----------------------------------------------------------------------------------------------------------------

MUON_MASS = 105.6583715  # xAODMuon/Root/Muon_v1.cxx, Muon_v1::m


def muon_row(event: Event, mu: Object) -> Row:
    """MuonAnalysisConfig.py."""
    common = all_of(muon_preselection(event, mu), muon_medium(mu), pt_eta("muon", mu, 25e3, 2.5))
    return kinematics(mu, MUON_MASS) | {
        "charge": mu["charge"],
        "select_loose_NOSYS": common,
        "select_tight_NOSYS": all_of(common, muon_tight_varrad(mu)),
        "IFFClass": muon_iff(mu),
    }


def muon_preselection(event: Event, mu: Object) -> bool:
    """Eta, track, pt after calibration."""
    return all_of(
        cut("muon: |eta| <= 2.7", abs(mu["eta"]) <= 2.7),
        muon_track_passes(event, mu),
        cut("muon: pt >= 3 GeV", mu["pt"] >= 3000.0),
    )


def muon_track_passes(event: Event, mu: Object) -> bool:
    """Muon_v1::primaryTrackParticle: the combined track of a combined muon (type 0), else by type."""
    link = {0: "combined", 1: "extrapolatedMuonSpectrometer", 2: "inDet", 3: "inDet", 4: "combined"}[mu["muonType"]]
    container = {
        "combined": "CombinedMuonTrackParticles",
        "extrapolatedMuonSpectrometer": "ExtrapolatedMuonTrackParticles",
        "inDet": "InDetTrackParticles",
    }[link]
    key, index = mu[f"{link}TrackParticleLink"]
    if key == 0 or index >= len(event[container]):
        return cut("muon: has its track", False)
    return track_passes("muon", event, event[container][index], mu["eta"], 3.0)


def muon_medium(mu: Object) -> bool:
    """MuonSelectionTool::accept for Medium on what PHYSLITE stores; bits 0-2 of `quality` (Muon_v1.cxx)."""
    return all_of(
        cut("muon: |eta| < 2.7", abs(mu["eta"]) < 2.7),
        cut("muon: inner detector hits", mu["DFCommonMuonPassIDCuts"] != 0),
        cut("muon: preselection", mu["DFCommonMuonPassPreselection"] != 0),
        cut("muon: Medium", mu["quality"] & 7 <= 1),
    )


def muon_tight_varrad(mu: Object) -> bool:
    """IsolationSelectionTool.cxx, Tight_VarRad."""
    return all_of(
        cut("muon: track isolation", mu["ptvarcone30_Nonprompt_All_MaxWeightTTVA_pt1000"] <= 0.04 * mu["pt"]),
        cut("muon: calorimeter isolation", mu["topoetcone20"] <= 0.15 * mu["pt"]),
    )


# Tracks ---------------------------------------------------------------------------------------------------------------


def track_passes(kind: str, event: Event, track: Object, eta: float, max_significance: float) -> bool:
    """AsgLeptonTrackSelectionAlg.cxx; the beam spot's width from TrackParticlexAODHelpers.h."""
    sine, cosine = math.sin(track["phi"]), math.cos(track["phi"])
    sigma_x, sigma_y, sigma_xy = (event[f"beamPosSigma{axis}"] for axis in ("X", "Y", "XY"))
    beam_spot = sine * (sine * sigma_x**2 - cosine * sigma_xy) + cosine * (cosine * sigma_y**2 - sine * sigma_xy)
    significance = track["d0"] / math.sqrt(track["definingParametersCovMatrixDiag"][0] + beam_spot)
    vertex_z = next((vertex["z"] for vertex in event["PrimaryVertices"] if vertex["vertexType"] == 1), 0.0)
    sin_theta = math.sin(2 * math.atan(math.exp(-eta)))
    return all_of(
        cut(f"{kind}: d0 significance", abs(significance) < max_significance),
        cut(f"{kind}: z0 sin theta", abs((track["z0"] + track["vz"] - vertex_z) * sin_theta) < 0.5),
    )


# Jets -----------------------------------------------------------------------------------------------------------------


def jet_row(jet: Object, btag: Object) -> Row:
    """JetAnalysisConfig.py, FTagAnalysisConfig.py."""
    score = dl1dv01(btag)
    accepted = all_of(
        cut("jet: b-tag |eta| <= 2.5", abs(jet["eta"]) <= 2.5), cut("jet: b-tag pt >= 20 GeV", jet["pt"] >= 20000.0)
    )
    return kinematics(jet, jet["m"]) | {
        "select_baselineJvt_NOSYS": all_of(jet_passes_nnjvt(jet), pt_eta("jet", jet, 25e3, 2.5)),
        "DL1dv01_FixedCutBEff_85_select": accepted and cut("jet: b-tag 85 %", score >= DL1DV01_CUTS[0]),
        "DL1dv01_Continuous_quantile": 1 + sum(score >= value for value in DL1DV01_CUTS) if accepted else -1,
        "btagScore_DL1dv01_NOSYS": score,
        # TopCPToolkit's BTaggingScoresAlg.cxx calls light what the b-tagger calls u.
        **{
            f"prob_p{name}_DL1dv01_NOSYS": btag[f"DL1dv01_p{flavour}"]
            for name, flavour in zip("bcl", "bcu", strict=True)
        },
    }


# JetTagDQA/src/BTaggingValidationPlots.cxx: cuts for 85, 77, 70 and 60 %, and the fraction of charm.
DL1DV01_CUTS = (0.948, 2.456, 3.493, 4.854)
DL1DV01_CHARM = 0.018


def dl1dv01(btag: Object) -> float:
    """BTaggingSelectionTool::getTaggerWeight."""
    b, c, u = (btag[f"DL1dv01_p{flavour}"] for flavour in "bcu")
    return math.log(b / (DL1DV01_CHARM * c + (1 - DL1DV01_CHARM) * u))


def jet_passes_nnjvt(jet: Object) -> bool:
    """JvtSelectionToolBase.cxx: only central jets of 20 to 60 GeV can fail."""
    in_range = 20e3 <= jet["pt"] <= 60e3 and abs(jet["DetectorEta"]) <= 2.5
    return not in_range or cut("jet: NNJvt", jet["NNJvtPass"] != 0)


# IFF truth classification ---------------------------------------------------------------------------------------------
# TruthClassificationTool.cxx with the numbers of MCTruthClassifierDefs.h; classes of ITruthClassificationTool.h.

LIGHT_HADRON = {42, 23, 24, 30, 31, 34, 35}
B_HADRON = {26, 29, 33}
C_HADRON = {25, 27, 32}
PROMPT_MUON_ORIGIN = {2, 10, 12, 13, 14, 15, 22, 43, 27, 29, 16}


def electron_iff(el: Object) -> int:
    """classifyElectron with separateChargeFlipElectrons; last-mother and fall-back decorations are not in PHYSLITE."""
    kind, origin, pdg = el["truthType"], el["truthOrigin"], el["truthPdgId"]
    mother, mother_origin, mother_pdg = (el[f"firstEgMother{what}"] for what in ("TruthType", "TruthOrigin", "PdgId"))
    if _from_prompt_photon(kind, origin, pdg, mother, mother_origin, mother_pdg):
        return 5
    if (kind in (3, 15) and 8 in (origin, mother_origin)) or (kind == 4 and mother_origin == 8) or kind in (6, 7, 8, 5):
        return 6
    if (kind in (3, 15) and origin == 9) or (mother in (3, 15) and mother_origin == 9):
        return 7
    if _from_light_hadron(kind, origin, mother, mother_origin):
        return 10
    if {origin, mother_origin} & B_HADRON:
        return 8
    if kind != 2 and {origin, mother_origin} & C_HADRON:
        return 9
    fsr = (origin == 40 and kind == 15 and abs(pdg) == 11) or (
        (kind, origin, mother, mother_origin) == (4, 5, 15, 40) and abs(pdg) == 11
    )
    if kind == 2 or (mother == 2 and abs(mother_pdg) == 11) or fsr:
        unclear = fsr or ((kind, origin, mother, mother_origin) == (4, 5, 4, 5) and abs(pdg) == 11)
        charge = el["charge"] or -pdg
        return 3 if not unclear and mother_pdg * charge > 0 else 2
    if origin == 0 and mother_origin == 0:
        assert has_no_truth_particle(el)
        if kind in (0, 13) and mother == 0:
            return 1
    if (kind, origin, pdg, mother, mother_origin, mother_pdg) == (15, 40, 22, 0, 0, 0):
        return 1
    return 0


def has_no_truth_particle(lepton: Object) -> bool:
    """Without one there is no stable particle, which is what the tool asks for."""
    key, _ = lepton["truthParticleLink"]
    return bool(key == 0)


def _from_prompt_photon(kind: int, origin: int, pdg: int, mother: int, mother_origin: int, mother_pdg: int) -> bool:
    conversions = {(5, 14, 37), (7, 14, 37), (5, 14, 14), (5, 13, 0), (5, 16, 38), (7, 16, 38), (7, 13, 0), (7, 15, 40)}
    conversions.add((5, 0, 13))
    if kind == 4 and (origin, mother, mother_origin) in conversions:
        return True
    if (kind, origin) == (16, 38) or (kind == 14 and pdg == 22):
        return True
    return (kind, origin, mother, mother_origin) == (4, 5, 4, 5) and abs(mother_pdg) == 11 and abs(pdg) == 11


def _from_light_hadron(kind: int, origin: int, mother: int, mother_origin: int) -> bool:
    light = bool({origin, mother_origin} & LIGHT_HADRON)
    if kind == 17 or (mother == 4 and origin in (6, 7) and light):
        return True
    if kind == 4 and (6 in (origin, mother_origin) or light):
        return True
    return kind == 16 and light


def muon_iff(mu: Object) -> int:
    """classifyMuon; one whose truth particle would be needed to decide is asserted not to occur."""
    kind, origin = mu["truthType"], mu["truthOrigin"]
    if (kind, origin) == (7, 9):
        return 7
    if (kind == 8 and origin in LIGHT_HADRON) or kind == 17:
        return 10
    if origin in B_HADRON:
        return 8
    if kind != 6 and origin in C_HADRON:
        return 9
    if kind == 6 and origin in PROMPT_MUON_ORIGIN:
        return 4
    if (kind, origin) == (5, 0):
        return 1
    if (kind, origin) in ((0, 0), (-99999, -99999)):
        assert has_no_truth_particle(mu)
        return 1
    return 12 if kind in (2, 3, 4) else 0
