"""A small analysis written for each release, at each level, is accepted by it without a word."""

from __future__ import annotations

from typing import Literal

import pytest
from topcp_config import RELEASES, check_text, load_text

Level = Literal["reco", "parton", "particle"]

RECO = {
    "24.2.37": """
CommonServices: {}
PileupReweighting: {}
EventCleaning: {runEventCleaning: true}
Electrons:
  containerName: AnaElectrons
  crackVeto: true
  trackSelection: false
  IFFClassification: {}
  WorkingPoint:
    - {selectionName: loose, likelihoodWP: LooseBLayerLH, isolationWP: NonIso}
    - {selectionName: tight, likelihoodWP: TightLH, isolationWP: Tight_VarRad}
  PtEtaSelection: {minPt: 25000.0, maxEta: 2.47}
OverlapRemoval: {inputLabel: preselectOR, outputLabel: passesOR, electrons: AnaElectrons.tight}
Bootstraps: {nReplicas: 100, runOnMC: true}
Output: {treeName: reco, containers: {el_: AnaElectrons}, systematicsHistogram: listOfSystematics}
""",
    "25.2.15": """
CommonServices: {systematicsHistogram: listOfSystematics, onlySystematicsCategories: [jets]}
Electrons:
  containerName: AnaElectrons
  WorkingPoint: {selectionName: tight, likelihoodWP: TightLH, isolationWP: Tight_VarRad}
Jets:
  containerName: AnaJets
  jetCollection: AnalysisJets
  BTaggingScores: {taggerName: DL1dv01}
Bootstraps: {runOnMC: true}
Output: {treeName: reco, containers: {el_: AnaElectrons}}
""",
    "25.2.29": """
CommonServices: {systematicsHistogram: listOfSystematics}
Jets:
  containerName: AnaJets
  jetCollection: AntiKt4EMPFlowJets
  runFJvtUpdate: false
  FlavourTagging: {btagger: GN2v01, btagWP: Continuous, generator: autoconfig}
  FlavourTaggingEventSF: {containerName: AnaJets.baselineJvt, btagger: GN2v01}
Electrons:
  containerName: AnaElectrons
  skipOnData: true
  WorkingPoint: {selectionName: tight, identificationWP: TightLH, trackSelection: true, maxD0Significance: 4.0}
Muons:
  containerName: AnaMuons
  minPt: 4000.0
  WorkingPoint: {selectionName: tight, quality: Medium, qualitySelectionOutput: true}
Bootstraps: {skipOnMC: false}
NuFlows: {btagger: GN2v01}
Output: {treeName: reco, storeSelectionFlags: false}
AddConfigBlocks:
  - {modulePath: TopCPToolkit.TopNuFlowsConfig, functionName: TopNuFlowsConfig, algName: NuFlows, pos: Output}
""",
    "25.2.52": """
Jets:
  containerName: AnaJets
  jetCollection: AntiKt4EMPFlowJets
  FlavourTagging: {btagger: GN2v01}
  FlavourTaggingEventSF: {containerName: AnaJets.baselineJvt, generator: autoconfig, savePerJetSF: true}
  BJetCalib: {muonContainerName: AnaMuons}
Electrons:
  containerName: AnaElectrons
  minPt: 5000
  MCTCClassification: {}
  WorkingPoint: {selectionName: tight, identificationWP: TightLH, recomputeLikelihood: false}
Muons:
  containerName: AnaMuons
  WorkingPoint: {selectionName: tight, quality: Medium, addSelectionToPreselection: true}
EventSelection:
  noFilter: true
  selectionCutsDict: {all: "SAVE\\n"}
KLFitter: {containerName: KLFitterResult, jets: AnaJets}
Output: {treeName: reco, truthMetTermName: NonInt}
AddConfigBlocks:
  modulePath: KLFitterAnalysisAlgorithms.KLFitterConfig
  functionName: KLFitterBlock
  algName: KLFitter
""",
    "25.2.88": """
Electrons:
  containerName: AnaElectrons
  LRTMerging: {}
  WorkingPoint: {selectionName: tight, identificationWP: TightLH, addSelectionToPreselection: true}
EventSelection:
  noFilter: true
  selectionCutsDict: {all: "SAVE\\n"}
PrintConfiguration: {}
Output: {treeName: reco, storeSelectionFlags: false}
""",
    "25.2.110": """
CommonServices: {metadataHistogram: metadata, enableExpertMode: true}
Jets:
  containerName: AnaJets
  jetCollection: AnalysisJets
  JVTWorkingPoint: {selectionName: jvt, jvtWP: FixedEffPt}
Electrons:
  containerName: AnaElectrons
  skipWithSystematics: false
  WorkingPoint: {selectionName: tight, identificationWP: NoID, recomputeID: false}
DiTauJets: {containerName: AnaDiTaus}
EventSelection:
  - {selectionName: ejets, electrons: AnaElectrons.tight, selectionCuts: "EL_N 25000 >= 1\\n"}
  - {selectionName: none, electrons: AnaElectrons, selectionCuts: "EL_N 25000 == 0\\n"}
Output: {treeName: reco, skipRedundantSelectionFlags: false}
""",
}
PARTICLE = {
    "25.2.29": """
ParticleLevel: {useTruthPhotons: true, elPtMin: 25000.0}
Output: {treeName: particleLevel, metTermName: NonInt}
AddConfigBlocks:
  - {modulePath: TopCPToolkit.particleLevelConfig, functionName: particleLevelConfig, algName: ParticleLevel}
""",
    "25.2.52": """
PL_Electrons: {notFromTau: false, PtEtaSelection: {minPt: 25000, useDressedProperties: true}}
PL_Jets:
  - containerName: AntiKt4TruthDressedWZJets
    PtEtaSelection: {minPt: 25000}
PL_MissingET: {}
PL_OverlapRemoval: {electrons: TruthElectrons, jets: AntiKt4TruthDressedWZJets}
Output: {treeName: particleLevel}
""",
    "25.2.110": """
PL_Resonances: {containerName: TruthBosons, PtEtaSelection: {minPt: 1000}}
PL_Taus: {saveUID: true}
Output: {treeName: particleLevel}
""",
}
PARTON = {
    "25.2.29": """
PartonHistory: [{histories: Ttbar}]
SpinInputs: [{history: Ttbar}]
Output: {treeName: truth}
AddConfigBlocks:
  - {modulePath: TopCPToolkit.truthConfig, functionName: truthConfig, algName: PartonHistory, pos: Output}
  - modulePath: TopCPToolkit.PartonHistoryToSpinInputConfig
    functionName: PartonHistoryToSpinInputConfig
    algName: SpinInputs
    pos: Output
""",
    "25.2.110": """
PartonHistory: [{history: Ttbar}]
Output: {treeName: truth}
""",
}
WRITTEN: list[tuple[str, Level, str]] = [
    *((release, "reco", text) for release, text in RECO.items()),
    *((release, "particle", text) for release, text in PARTICLE.items()),
    *((release, "parton", text) for release, text in PARTON.items()),
]


@pytest.mark.parametrize(("release", "level", "text"), WRITTEN, ids=[f"{level} {name}" for name, level, _ in WRITTEN])
def test_a_configuration_is_accepted_for_the_release_that_it_was_written_for(
    release: str, level: Level, text: str
) -> None:
    config = load_text(text, release=release, level=level)

    assert config.problems == ()


@pytest.mark.parametrize("release", list(RECO)[1:])
def test_each_of_them_has_something_that_the_oldest_release_refuses(release: str) -> None:
    assert any(problem.severity == "error" for problem in check_text(RECO[release], release=RELEASES[0]))


def test_every_release_has_its_analysis() -> None:
    assert set(RECO) == set(RELEASES)
