"""Random configurations of the kind that analyses have, and random payloads for them."""

from __future__ import annotations

from typing import Any

import yaml
from hypothesis import strategies as st

from .payloads import binned, entry

RELEASE = "25.2.52"
EDGES = (0.0, 22e3, 35e3, 60e3, 1e6)
ISOLATION = st.sampled_from(["NonIso", "Tight_VarRad", "Loose_VarRad"])
CHAINS = ["HLT_e26_lhtight_nod0_ivarloose", "HLT_e60_lhmedium_nod0", "HLT_mu26_ivarmedium || HLT_mu50"]
Config = dict[str, Any]


def maybe(draw: st.DrawFn, name: str, value: Any) -> Config:
    return {name: value} if draw(st.booleans()) else {}


def pt_and_eta(draw: st.DrawFn) -> Config:
    return {"minPt": draw(st.sampled_from([15e3, 20e3, 25e3, 40e3])), "maxEta": draw(st.sampled_from([1.5, 2.47]))}


@st.composite
def configs(draw: st.DrawFn) -> str:
    """A configuration as text."""
    config: Config = {"CommonServices": {}, "PileupReweighting": {}, "GeneratorLevelAnalysis": {}}
    config["Jets"] = [_jets(draw)]
    config["Electrons"] = [_electrons(draw)]
    config["Muons"] = [_muons(draw)]
    objects = {"jets": "AnaJets.baselineJvt", "electrons": "AnaElectrons.tight", "muons": "AnaMuons.tight"}
    config |= maybe(draw, "MissingET", [{"containerName": "AnaMET", **objects, "jets": "AnaJets"}])
    labels = {"inputLabel": "preselectOR", "outputLabel": "passesOR"}
    config |= maybe(draw, "OverlapRemoval", labels | objects | _cones(draw))
    config |= maybe(draw, "LeptonSF", [{k: objects[k] for k in ("electrons", "muons")} | {"lepton_postfix": "both"}])
    config |= maybe(draw, "Trigger", _trigger(draw, objects))
    if draw(st.booleans()):
        config["EventSelection"] = [_selection(draw, objects, "MissingET" in config)]
    containers = {"jet_": "AnaJets", "el_": "AnaElectrons", "mu_": "AnaMuons", "": "EventInfo"}
    config["Output"] = {"treeName": "reco", "containers": containers | _thinned(draw, config) | _met(config)}
    return f"# release: {RELEASE}\n" + yaml.safe_dump(config, sort_keys=False)


def _cones(draw: st.DrawFn) -> Config:
    radii = maybe(draw, "InnerDR", draw(st.sampled_from([0.1, 0.6]))) | maybe(draw, "OuterDR", 1.0)
    return radii | maybe(draw, "boostedLeptons", True) | maybe(draw, "doMuJetOR", False)


def _trigger(draw: st.DrawFn, objects: Config) -> Config:
    chains = draw(st.lists(st.sampled_from(CHAINS), min_size=1, unique=True))
    selections = {"electronID": "Tight", "muonID": "Medium", "noFilter": True}
    return selections | {k: objects[k] for k in ("electrons", "muons")} | {"triggerChainsPerYear": {"2017": chains}}


def _jets(draw: st.DrawFn) -> Config:
    jets = {"containerName": "AnaJets", "jetCollection": "AntiKt4EMPFlowJets", "PtEtaSelection": pt_and_eta(draw)}
    tagger = {"btagger": "DL1dv01", "btagWP": "Continuous"}
    tagging = [{"btagger": "DL1dv01", "btagWP": "FixedCutBEff_85"}, tagger]
    event = {"FlavourTaggingEventSF": [{"containerName": "AnaJets.baselineJvt", **tagger}]}
    return jets | maybe(draw, "JVT", {}) | {"FlavourTagging": tagging} | (event if draw(st.booleans()) else {})


def _electrons(draw: st.DrawFn) -> Config:
    point = {"selectionName": "tight", "identificationWP": "TightLH", "isolationWP": draw(ISOLATION)}
    electrons = {"containerName": "AnaElectrons", "crackVeto": draw(st.booleans()), "WorkingPoint": [point]}
    return electrons | maybe(draw, "PtEtaSelection", pt_and_eta(draw))


def _muons(draw: st.DrawFn) -> Config:
    point = {"selectionName": "tight", "quality": draw(st.sampled_from(["Medium", "Loose"]))}
    point["isolation"] = draw(ISOLATION)
    return {"containerName": "AnaMuons", "WorkingPoint": [point]} | maybe(draw, "PtEtaSelection", pt_and_eta(draw))


def _selection(draw: st.DrawFn, objects: Config, met: bool) -> Config:
    lines = ["JET_N 25000 >= 1", "EL_N 27000 >= 1", "MU_N 20000 == 0", "JET_N_BTAG >= 1", "SUM_EL_N_MU_N 25000 >= 2"]
    lines += ["MET >= 20000"] if met else []
    asked = st.lists(st.sampled_from(lines), min_size=1, max_size=3, unique=True)
    cuts = {region: "\n".join([*draw(asked), "SAVE"]) + "\n" for region in ("region", "other")}
    more = {"met": "AnaMET"} if met else {}
    return objects | more | {"btagDecoration": "ftag_select_DL1dv01_FixedCutBEff_85", "selectionCutsDict": cuts}


def _thinned(draw: st.DrawFn, config: Config) -> Config:
    if not draw(st.booleans()):
        return {}
    config["Thinning"] = [{"containerName": "AnaJets", "outputName": "OutJets", "selectionName": "baselineJvt"}]
    return {"kept_": "OutJets"}


def _met(config: Config) -> Config:
    return {"met_": "AnaMET"} if "MissingET" in config else {}


SIZES = st.lists(st.floats(-0.25, 0.25, width=32), min_size=4, max_size=4)
CHANCES = st.lists(st.floats(0, 1, width=32), min_size=4, max_size=4)
EFFICIENCIES = [
    *(("electrons", variable) for variable in ("trigEff", "trigEffSF")),
    *(("muons", variable) for variable in ("trigEff", "trigEffData")),
]
# objects, effect, and the scale factors of a weight
ACTIONS = [
    *(("jets", effect, "") for effect in ("scale", "resolution", "mass")),
    *((objects, effect, "") for objects in ("electrons", "muons") for effect in ("scale", "resolution")),
    *(("electrons", "weight", "id_effSF_*"), ("muons", "weight", "reco_effSF_*"), ("jets", "weight", "jvtEfficiency")),
    ("jets", "weight", "DL1dv01_Continuous_eff"),
    *(("electrons", "weight", "trigEffSF_*"), ("muons", "weight", "trigEffData_*"), ("muons", "weight", "trigEff_*")),
    *(("met", effect, "") for effect in ("soft_scale", "soft_parallel", "soft_perpendicular")),
]


def acts_once(systematic: tuple[str, tuple[str, str, str]]) -> tuple[str, ...]:
    """What a payload has once at most: a name acts on the momenta of some objects, or on one of their scale factors."""
    name, (objects, _, variable) = systematic
    return (name, objects, variable)


@st.composite
def payloads(draw: st.DrawFn) -> tuple[list[Config], list[Config]]:
    """Corrections and systematics; some of these act on several kinds of objects."""
    chosen = st.tuples(st.sampled_from(["SYS_A", "SYS_B", "SYS_C"]), st.sampled_from(ACTIONS))
    corrections, systematics = [], []
    for number, (name, (objects, effect, variable)) in enumerate(
        draw(st.lists(chosen, min_size=1, max_size=6, unique_by=acts_once))
    ):
        made = binned(f"c{number}", EDGES, draw(SIZES), "ptHard" if objects == "met" else "pt")
        corrections.append(made)
        more = {"variable": variable} if variable else {}
        systematics.append(entry(name, effect, f"c{number}", objects, **more))
    for objects, variable in EFFICIENCIES:
        corrections.append(binned(f"{objects}_{variable}", EDGES, draw(CHANCES)))
        systematics.append(entry("NOSYS", "weight", corrections[-1]["name"], objects, variable=f"{variable}_*"))
    return corrections, systematics
