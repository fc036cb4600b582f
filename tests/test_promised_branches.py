"""What the engine really writes is among what `topcp branches` says: each branch, and each object beside the trees."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import uproot
from topcp_config import Level, load_file, load_text
from topcp_config.ntuple import describe

if TYPE_CHECKING:
    from collections.abc import Iterable

    from topcp_config.ntuple import Ntuple

EXAMPLE = Path(__file__).parents[1] / "client" / "examples" / "talk"
# What only this engine writes: its own account of the run.
OWN_OBJECTS = {"report"}


def promised(ntuple: Ntuple) -> dict[str, re.Pattern[str]]:
    """Return a pattern for all branches of each tree, systematics only where they are said to change something."""
    weights = ntuple.systematics["EventInfo"]
    return {
        tree.name: either(
            pattern(branch.name, (*weights, *ntuple.systematics.get(branch.container or "", ())))
            for branch in tree.branches
        )
        for tree in ntuple.trees
    }


def pattern(name: str, systematics: Iterable[str]) -> str:
    variations = "|".join(["NOSYS", *(f"{re.escape(one)}.+" for one in systematics)])
    filled = re.escape(name).replace("%SYS%", f"(?:{variations})").replace(r"\*", ".*")
    return re.sub("<[A-Za-z]+>", ".+", filled)


def either(patterns: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(patterns))


# The other levels, by release: what is written at each is promised too.
PARTICLES = """
CommonServices: {}
GeneratorLevelAnalysis: {}
PL_Electrons: {MCTCClassification: {}, PtEtaSelection: {useDressedProperties: True, minPt: 5000.0}}
PL_Muons: {}
PL_Photons: {}
PL_Taus: {}
PL_Neutrinos: {}
PL_Jets: [{containerName: AntiKt4TruthDressedWZJets}, {containerName: AntiKt10TruthSoftDropBeta100Zcut10Jets}]
PL_MissingET: {}
Output:
  treeName: particleLevel
  containers:
    '': EventInfo
    el_: TruthElectrons
    mu_: TruthMuons
    ph_: TruthPhotons
    tau_: TruthTaus
    nu_: TruthNeutrinos
    jet_: AntiKt4TruthDressedWZJets
    ljet_: AntiKt10TruthSoftDropBeta100Zcut10Jets
    met_: TruthMET
"""
PARTICLES_BEFORE = """
AddConfigBlocks:
  - modulePath: TopCPToolkit.particleLevelConfig
    functionName: particleLevelConfig
    algName: ParticleLevel
    pos: EventSelection
CommonServices: {}
ParticleLevel: {useTruthPhotons: True, useTruthTaus: True, useTruthLargeRJets: True, useTruthNeutrinos: True}
Output:
  treeName: particleLevel
  metTermName: NonInt
  containers:
    '': EventInfo
    el_: ParticleLevelElectrons
    mu_: ParticleLevelMuons
    ph_: ParticleLevelPhotons
    tau_: ParticleLevelTaus
    nu_: ParticleLevelNeutrinos
    jet_: ParticleLevelJets
    ljet_: ParticleLevelLargeRJets
    met_: ParticleLevelMissingET
"""
PARTONS = """
CommonServices: {}
PartonHistory: [{history: Ttbar}, {history: FourTop}]
Output: {treeName: truth, containers: {'': EventInfo}}
"""
PARTONS_BEFORE = """
AddConfigBlocks:
  - {modulePath: TopCPToolkit.truthConfig, functionName: truthConfig, algName: PartonHistory, pos: Output}
CommonServices: {}
PartonHistory: [{histories: Ttbar}]
Output: {treeName: truth, containers: {Ttbar_: PartonHistoryTtbar}}
"""


@pytest.mark.parametrize(
    ("level", "config", "release", "n_branches"),
    [
        ("particle", PARTICLES, "25.2.52", 48),
        ("particle", PARTICLES_BEFORE, "25.2.29", 40),
        ("parton", PARTONS, "25.2.88", 300),
        ("parton", PARTONS_BEFORE, "25.2.52", 116),
    ],
)
def test_each_branch_of_the_other_levels_is_promised(
    run2_sample: Path, tmp_path: Path, level: Level, config: str, release: str, n_branches: int
) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / f"{level}.yaml").write_text(f"{config}# release: {release}\n")
    (tmp_path / "input.txt").write_text(f"{run2_sample}\n")
    program = str(Path(sys.executable).with_name("runTop_el.py"))
    command = [program, "-i", "input.txt", "-o", "output", "-t", "config"]
    subprocess.run([*command, "--no-reco", f"--{level}", "--no-systematics", "-e", "5"], cwd=tmp_path, check=True)
    (tree,) = promised(describe(load_text(config, release=release, level=level))).items()
    with uproot.open(tmp_path / "output.root") as file:
        written = list(file[tree[0]].keys())
    assert len(written) >= n_branches
    assert [name for name in written if not tree[1].fullmatch(name)] == []


@pytest.fixture(scope="module")
def output(run2_sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("promised")
    (folder / "input.txt").write_text(f"{run2_sample}\n")
    command = [Path(sys.executable).with_name("runTop_el.py"), "-i", "input.txt", "-o", "output", "-t", EXAMPLE]
    subprocess.run(command, cwd=folder, check=True)
    return folder / "output.root"


def test_each_branch_is_promised(output: Path) -> None:
    trees = promised(describe(load_file(EXAMPLE / "reco.yaml", release="25.2.15")))
    with uproot.open(output) as file:
        written = {name: file[name].keys() for name, kind in file.classnames(cycle=False).items() if kind == "TTree"}
    assert written.keys() == trees.keys()
    assert [name for tree, names in written.items() for name in names if not trees[tree].fullmatch(name)] == []


def test_each_object_beside_the_trees_is_promised(output: Path) -> None:
    ntuple = describe(load_file(EXAMPLE / "reco.yaml", release="25.2.15"))
    known = either(pattern(one.name, ["GEN_"]) for one in ntuple.objects)
    with uproot.open(output) as file:
        beside = {name for name, kind in file.classnames(cycle=False).items() if kind != "TTree"}
    assert {name for name in beside if not known.fullmatch(name)} == OWN_OBJECTS
