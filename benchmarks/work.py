"""The work that is timed: configurations, payloads of jet variations, and which branches are read for it."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import yaml
from topcp_columnar.read import PhysliteFile, open_physlite

HERE = Path(__file__).parent
TALK = HERE.parent / "client" / "examples" / "talk" / "reco.yaml"


def _names(text: str) -> list[str]:
    return text.split()


#: What the output holds as it is stored, beside what the blocks write: with it there are 75 nominal branches and, for
#: each variation, eight more. 150 variations make 1275, as many as the analysis of the Integration Challenge reads.
STORED = {
    "Electrons": _names(
        "author OQ f1 truthType truthOrigin truthPdgId topoetcone20 neflowisol20 DFCommonElectronsLHLoose "
        "DFCommonElectronsLHMedium DFCommonElectronsLHTight DFCommonElectronsECIDSResult "
        "ptcone20_Nonprompt_All_MaxWeightTTVALooseCone_pt1000 ptvarcone30_Nonprompt_All_MaxWeightTTVALooseCone_pt1000"
    ),
    "Muons": _names(
        "author muonType quality truthType truthOrigin topoetcone20 neflowisol20 ptcone20 ptvarcone30 InnerDetectorPt "
        "MuonSpectrometerPt momentumBalanceSignificance ptvarcone30_Nonprompt_All_MaxWeightTTVA_pt500 "
        "ptvarcone30_Nonprompt_All_MaxWeightTTVA_pt1000"
    ),
    "Jets": _names(
        "m DetectorEta EMFrac JVFCorr Timing Width DFCommonJets_fJvt NNJvtPass HadronConeExclTruthLabelID "
        "PartonTruthLabelID ConeTruthLabelID DFCommonJets_QGTagger_NTracks"
    ),
    "EventInfo": _names(
        "lumiBlock bcid RandomRunNumber actualInteractionsPerCrossing averageInteractionsPerCrossing GenFiltHT"
    ),
}
PREFIXES = {"Electrons": "el_", "Muons": "mu_", "Jets": "jet_", "EventInfo": ""}
PT_EDGES = (20e3, 30e3, 45e3, 70e3, 120e3, 300e3, 3e6)  # MeV
ETA_EDGES = (-2.5, -1.3, 0.0, 1.3, 2.5)
_COFFEA_NEEDS = ("qOverP", "theta")  # of every container of tracks, or PHYSLITESchema does not open the file
_READS = ("read", "read_links", "read_counts", "read_firsts")  # all by which the engine reads


@dataclass(frozen=True)
class Work:
    """What the engine is asked to do.

    configuration  the folder with reco.yaml
    payload        "" for none
    variations     of the jets
    needed         the branches that have to be there for it
    inputs         those of them that the engine reads
    outputs        how many branches it writes
    """

    name: str
    configuration: str
    payload: str
    flags: list[str]
    variations: int
    needed: list[str]
    inputs: list[str]
    outputs: int

    def arguments(self) -> dict[str, Any]:
        """What the peer `engine` takes."""
        return {key: asdict(self)[key] for key in ("configuration", "payload", "flags")}


def shared_work(folder: Path, sample: Path, variations: int) -> Work:
    """What all peers can do, with so many variations of the jets: half of them up, half down."""
    configuration = yaml.safe_load((HERE / "reco.yaml").read_text())
    configuration["Output"]["vars"] = [
        f"{'' if container == 'EventInfo' else 'Out'}{container}.{name} -> {PREFIXES[container]}{name}"
        for container, names in STORED.items()
        for name in names
    ]
    text = yaml.safe_dump(configuration, sort_keys=False) + "# release: 25.2.15\n"
    payload = folder / f"payload-{variations}.json"
    payload.write_text(json.dumps(_payload(variations // 2)))
    name = f"{variations} variations"
    return _work(folder, sample, name, text, str(payload) if variations else "", [], variations)


def talk_work(folder: Path, sample: Path, *, weights: bool) -> Work:
    """The configuration of the first example: nominal, or with all weights of the generator."""
    name, flags = ("the talk's, all weights", []) if weights else ("the talk's", ["--no-systematics"])
    return _work(folder, sample, name, TALK.read_text(), "", flags, 0)


def with_what_coffea_needs(branches: set[str]) -> set[str]:
    """These branches and those that they need to be opened."""
    tracks = {name.partition(".")[0] for name in branches if "TrackParticlesAuxDyn." in name}
    return branches | {f"{container}.{variable}" for container in tracks for variable in _COFFEA_NEEDS}


def _payload(systematics: int) -> dict[str, Any]:
    """Invented scales of a few per mille to a few per cent, each a table in pt and eta."""
    names = [f"JET_BENCH_{number}" for number in range(systematics)]
    described = [
        {"name": name, "objects": "jets", "effect": "scale", "correction": name, "source": "invented for a benchmark"}
        for name in names
    ]
    about = {"topcp_payload": 1, "name": "benchmark", "official": False, "systematics": described}
    rng = np.random.default_rng(1)
    return {
        "schema_version": 2,
        "description": json.dumps(about),
        "corrections": [_correction(name, rng.uniform(0.002, 0.02)) for name in names],
    }


def _correction(name: str, size: float) -> dict[str, Any]:
    """Largest for soft forward jets, and of both signs, so that some jets go up where others go down."""
    pt = 1 - np.arange(len(PT_EDGES) - 1) / len(PT_EDGES)
    eta = np.array([1.0, -0.5, 0.5, 1.0])
    table = (size * np.outer(pt, eta)).ravel().round(6).tolist()
    edges = [list(PT_EDGES), list(ETA_EDGES)]
    data = {"nodetype": "multibinning", "inputs": ["pt", "eta"], "edges": edges, "content": table, "flow": "clamp"}
    inputs = [{"name": variable, "type": "real"} for variable in ("pt", "eta")]
    return {"name": name, "version": 1, "inputs": inputs, "output": {"name": "shift", "type": "real"}, "data": data}


def _work(folder: Path, sample: Path, name: str, text: str, payload: str, flags: list[str], variations: int) -> Work:
    configuration = folder / name.replace(" ", "-")
    configuration.mkdir(exist_ok=True)
    (configuration / "reco.yaml").write_text(text)
    work = Work(name, str(configuration), payload, flags, variations, [], [], 0)
    return Work(**asdict(work) | _tried(sample, configuration, work))


def _tried(sample: Path, configuration: Path, work: Work) -> dict[str, Any]:
    """Run the engine on a few events of the sample: what it asks the reader for, and how much it writes."""
    import peers

    run = peers.engine(sample, configuration / "sample.root", **work.arguments())
    with ExitStack() as stack:
        asked = stack.enter_context(_watched("has"))
        calls = [stack.enter_context(_watched(method)) for method in _READS]
        run(10)
    inputs = {_branch(call.args[1]) for method in calls for call in method.call_args_list}
    with open_physlite(str(sample)) as file:
        there = {_branch(call.args[1]) for call in asked.call_args_list if file.has(call.args[1])}
    report = json.loads((configuration / "sample.report.json").read_text())
    return {"needed": sorted(inputs | there), "inputs": sorted(inputs), "outputs": len(report["trees"][0]["branches"])}


def _watched(method: str) -> Any:
    """The reader's method, which notes its calls."""
    return patch.object(PhysliteFile, method, autospec=True, side_effect=getattr(PhysliteFile, method))


def _branch(variable: str) -> str:
    """The branch of a TTree that holds `Container.variable`."""
    if variable == "egammaClusters.samplingPattern":
        return "egammaClusters"
    return variable.replace(".", "AuxDyn.")
