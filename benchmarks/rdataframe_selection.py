"""The work of reco.yaml in RDataFrame, on one thread: C++ for the events, and a snapshot of the branches."""

from __future__ import annotations

import json
import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from awkward_selection import BAD_CLUSTER, MUON_MASS, NOSYS, READ
from work import ETA_EDGES, PREFIXES, PT_EDGES, STORED

os.environ["EXTRA_CLING_ARGS"] = "-O3"
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the wheel announces that it is an alpha release
    import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT.gErrorIgnoreLevel = ROOT.kError
ROOT.gSystem.Load("libROOTVecOps")  # what the header leaves to it is not found otherwise
ROOT.gInterpreter.Declare(f'#include "{Path(__file__).with_suffix(".hpp")}"')

CONTAINERS = {"Electrons": "AnalysisElectrons", "Muons": "AnalysisMuons", "Jets": "AnalysisJets"}
LOOSE = (
    "work::Flags(Electrons_pt >= 25e3f && abs(Electrons_eta) <= 2.47f && Electrons_DFCommonElectronsLHTight != 0"
    f" && (Electrons_OQ & {BAD_CLUSTER}u) == 0)"
)
ISOLATED = (
    "Electrons_ptvarcone30_Nonprompt_All_MaxWeightTTVALooseCone_pt1000 <= 0.06f * Electrons_pt"
    " && Electrons_topoetcone20 <= 0.06f * Electrons_pt"
)
MUONS = (
    "work::Flags(Muons_pt >= 25e3f && abs(Muons_eta) <= 2.5f && (Muons_quality & 3) <= 1"
    " && Muons_DFCommonMuonPassIDCuts != 0 && Muons_DFCommonMuonPassPreselection != 0"
    " && Muons_ptvarcone30_Nonprompt_All_MaxWeightTTVA_pt1000 <= 0.04f * Muons_pt"
    " && Muons_topoetcone20 <= 0.15f * Muons_pt)"
)
OUTCOMES = (
    "work::outcomes(Electrons_eta, Electrons_phi, Electrons_pt, Electrons_m, tight, mu_tight, Jets_pt, Jets_eta,"
    " Jets_phi, Jets_m, Jets_DetectorEta, Jets_NNJvtPass)"
)


def run(source: Path, target: Path, payload: Path | None, events: int) -> None:
    """Write the tree `reco` of `target` from so many events of `source`."""
    systematics = _systematics(payload)
    frame = _selection(_aliases(ROOT.RDataFrame("CollectionTree", str(source)).Range(events)))
    written = {**_stored(), **dict(_varied(systematics))}
    for name, expression in written.items():
        frame = frame.Define(name, expression)
    options = ROOT.RDF.RSnapshotOptions()
    options.fCompressionAlgorithm = ROOT.RCompressionSetting.EAlgorithm.kZSTD
    options.fCompressionLevel = 1
    frame.Snapshot("reco", str(target), list(written), options)


def _systematics(payload: Path | None) -> list[str]:
    """The names of nominal and the variations, in the order of work::outcomes, which gets their tables."""
    corrections = json.loads(payload.read_text())["corrections"] if payload else []
    ROOT.work.pt_edges, ROOT.work.eta_edges = list(PT_EDGES), list(ETA_EDGES)
    ROOT.work.tables = [correction["data"]["content"] for correction in corrections]
    return [NOSYS, *(f"{correction['name']}__1{side}" for correction in corrections for side in ("up", "down"))]


def _aliases(frame: Any) -> Any:
    for container, names in READ.items():
        for name in names:
            branch = f"{CONTAINERS.get(container, container)}AuxDyn.{name}"
            frame = frame.Alias(f"{container}_{name}", branch)
    return frame


def _selection(frame: Any) -> Any:
    """The events that pass, and which of their objects are kept."""
    defined = {"loose": LOOSE, "tight": f"work::Flags(loose && {ISOLATED})", "mu_tight": MUONS, "outcomes": OUTCOMES}
    for name, expression in defined.items():
        frame = frame.Define(name, expression)
    return frame.Filter("work::keeps(outcomes)").Define("kept_jets", "work::kept_jets(outcomes)")


def _stored() -> dict[str, str]:
    """What does not vary."""
    kept = {"Electrons": "loose", "Muons": "mu_tight", "Jets": "kept_jets"}
    plain = {container: (*STORED[container], "eta", "phi") for container in kept}
    written = {
        f"{PREFIXES[container]}{name}": f"{container}_{name}[{kept[container]}]"
        for container, names in plain.items()
        for name in names
    }
    for container in ("Electrons", "Muons"):
        prefix, mask = PREFIXES[container], kept[container]
        mass = "Electrons_m" if container == "Electrons" else f"ROOT::RVecF(Muons_pt.size(), {MUON_MASS}f)"
        written[f"{prefix}pt_NOSYS"] = f"{container}_pt[{mask}]"
        written[f"{prefix}charge"] = f"{container}_charge[{mask}]"
        written[f"{prefix}e_NOSYS"] = f"work::energy({container}_pt, {container}_eta, {mass})[{mask}]"
    events = ("runNumber", "eventNumber", "mcChannelNumber", *STORED["EventInfo"])
    return {
        **written,
        "el_select_loose_NOSYS": "loose[loose]",
        "el_select_tight_NOSYS": "tight[loose]",
        "mu_select_tight_NOSYS": "mu_tight[mu_tight]",
        **{name: f"EventInfo_{name}" for name in events},
        "weight_pileup_NOSYS": "EventInfo_PileupWeight_NOSYS",
        "weight_beamspot": "EventInfo_beamSpotWeight",
        "weight_mc_NOSYS": "EventInfo_mcEventWeights[0]",
    }


def _varied(systematics: list[str]) -> Iterator[tuple[str, str]]:
    for place, name in enumerate(systematics):
        for branch, member in (("pt", "pt"), ("e", "e"), ("select_baselineJvt", "baseline"), ("select_or", "jet_or")):
            yield f"jet_{branch}_{name}", f"outcomes[{place}].{member}[kept_jets]"
        yield f"el_select_or_{name}", f"outcomes[{place}].el_or[loose]"
        yield f"mu_select_or_{name}", "mu_tight[mu_tight]"
        yield f"pass_ejets_{name}", f"outcomes[{place}].ejets"
        yield f"pass_mujets_{name}", f"outcomes[{place}].mujets"
