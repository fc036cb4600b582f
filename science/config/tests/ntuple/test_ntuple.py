"""What a configuration writes: branches, trees, histograms, each under its conditions, in its releases."""

from __future__ import annotations

import json
import re
from fnmatch import fnmatchcase
from importlib import resources
from typing import Any

import pytest
from topcp_config import RELEASES, load_text
from topcp_config.facts import load_facts
from topcp_config.ntuple import Ntuple, describe

OLDEST, NEWEST = RELEASES[0], RELEASES[-1]

ELECTRONS = """\
Electrons:
  containerName: AnaElectrons
  WorkingPoint:
    selectionName: tight
    {identification}: TightLH
    isolationWP: {isolation}
    noEffSF: {none}
Output:
  treeName: reco
  containers: {{el_: AnaElectrons}}
"""
JETS = """\
Jets:
  - containerName: AnaJets
    jetCollection: AntiKt4EMPFlowJets
    FlavourTagging:
      - btagger: GN2v01
        btagWP: FixedCutBEff_77
      - btagger: GN2v01
        btagWP: Continuous
"""


def written(text: str, release: str) -> Ntuple:
    return describe(load_text(text, release=release))


def names(text: str, release: str) -> set[str]:
    return {branch.name for tree in written(text, release).trees for branch in tree.branches}


def electrons(release: str, *, isolation: str = "Tight_VarRad", none: bool = False) -> str:
    identification = "likelihoodWP" if release in ("24.2.37", "25.2.15") else "identificationWP"
    return ELECTRONS.format(identification=identification, isolation=isolation, none=none)


def output(text: str, options: str) -> str:
    return f"{text}Output:\n  treeName: reco\n{options}"


@pytest.mark.parametrize("release", RELEASES)
def test_what_changes_with_systematics_has_their_place_in_its_name(release: str) -> None:
    assert {"el_pt_%SYS%", "el_eta", "el_phi", "el_charge", "el_select_tight_%SYS%"} <= names(
        electrons(release), release
    )


@pytest.mark.parametrize(("release", "has"), [("24.2.37", False), ("25.2.15", True), (NEWEST, True)])
def test_the_energy_is_written_from_25_2_13_on(release: str, has: bool) -> None:
    assert ("el_e_%SYS%" in names(electrons(release), release)) == has


def test_scale_factors_follow_the_options_of_the_working_point_and_are_for_simulation() -> None:
    factors = {f"el_{kind}_effSF_tight_%SYS%" for kind in ("reco", "id", "isol")}
    assert factors <= names(electrons(OLDEST), OLDEST)
    assert not factors & names(electrons(OLDEST, none=True), OLDEST)
    assert factors - names(electrons(OLDEST, isolation="NonIso"), OLDEST) == {"el_isol_effSF_tight_%SYS%"}
    (tree,) = written(electrons(OLDEST), OLDEST).trees
    assert {branch.sample for branch in tree.branches if branch.name in factors} == {"simulation"}


def test_each_branch_names_its_container_its_block_and_its_source() -> None:
    (tree,) = written(electrons(OLDEST), OLDEST).trees
    (flag,) = [branch for branch in tree.branches if branch.name == "el_select_tight_%SYS%"]
    assert (flag.container, flag.block, flag.known) == ("AnaElectrons", "Electrons.WorkingPoint", "yes")
    assert flag.source.startswith("athena of 17 January 2024")


@pytest.mark.parametrize(("release", "flag"), [("24.2.37", "jvt"), ("25.2.15", "baselineJvt"), (NEWEST, "baselineJvt")])
def test_flags_of_jets_are_called_as_in_the_release(release: str, flag: str) -> None:
    flags = {name for name in names(output(JETS, "  containers: {jet_: AnaJets}\n"), release) if "vt" in name}
    assert flags == {f"jet_select_{flag}_%SYS%", "jet_jvtEfficiency_%SYS%"}


def test_scale_factors_of_flavour_tagging_have_a_block_of_their_own_later() -> None:
    text = output(JETS, "  containers: {jet_: AnaJets, '': EventInfo}\n")
    assert "jet_GN2v01_Continuous_eff_%SYS%" in names(text, "25.2.29")
    assert not {name for name in names(text, "25.2.52") if name.endswith("_eff_%SYS%")}
    weights = text.replace(
        "    FlavourTagging:", "    FlavourTaggingEventSF: {savePerJetSF: true}\n    FlavourTagging:"
    )
    new = names(weights, "25.2.52") - names(text, "25.2.52")
    assert new == {"jet_GN2v01_Continuous_eff_%SYS%", "weight_ftag_effSF_GN2v01_Continuous_%SYS%"}


def test_thinned_containers_and_prefixes_are_those_of_output() -> None:
    text = output(
        JETS + "Thinning:\n  - containerName: AnaJets\n    outputName: OutJets\n",
        "  containers: {good_: OutJets, all_: AnaJets}\n",
    )
    (tree,) = written(text, NEWEST).trees
    assert {branch.container for branch in tree.branches if branch.name.startswith("good_")} == {"OutJets"}
    found = {branch.name for branch in tree.branches}
    assert {name.removeprefix("good_") for name in found if name.startswith("good_")} == {
        name.removeprefix("all_") for name in found if name.startswith("all_")
    }


def test_commands_are_obeyed_in_their_order() -> None:
    commands = '["disable jet_.*", "enable jet_(pt|charge)", "rename jet_pt jet_momentum", "optional disable nothing"]'
    text = output(JETS, f"  containers: {{jet_: AnaJets}}\n  commands: {commands}\n")
    assert names(text, NEWEST) == {"jet_momentum_%SYS%", "jet_charge"}


def test_a_command_that_takes_too_long_to_match_is_not_followed_and_said() -> None:
    text = output(JETS, "  containers: {jet_: AnaJets}\n  commands: ['disable (jet_.*)*_pt']\n")
    (tree,) = written(text, NEWEST).trees
    assert "jet_pt_%SYS%" in {branch.name for branch in tree.branches}
    assert "'disable (jet_.*)*_pt'" in tree.remarks[0]


def test_branches_that_are_written_out_are_as_they_are_written() -> None:
    text = output(
        JETS,
        "  vars: ['AnaJets_%SYS%.m -> jet_mass_%SYS% type=float']\n  varsOnlyForMC: ['EventInfo.x -> y']\n",
    )
    (tree,) = written(text, NEWEST).trees
    assert [(branch.name, branch.container, branch.sample) for branch in tree.branches] == [
        ("jet_mass_%SYS%", "AnaJets", None),
        ("y", "EventInfo", "simulation"),
    ]


def test_a_suffix_can_be_had_on_every_branch() -> None:
    found = names(output(JETS, "  containers: {jet_: AnaJets}\n  alwaysAddNosys: true\n"), NEWEST)
    assert {"jet_eta_NOSYS", "jet_pt_%SYS%"} <= found
    assert all(name.endswith(("_NOSYS", "_%SYS%")) for name in found)


def test_flags_can_be_turned_off_or_named_otherwise() -> None:
    containers = "  containers: {jet_: AnaJets}\n"
    assert not {n for n in names(output(JETS, f"{containers}  storeSelectionFlags: false\n"), NEWEST) if "select_" in n}
    assert "jet_is_baselineJvt_%SYS%" in names(output(JETS, f"{containers}  selectionFlagPrefix: is\n"), NEWEST)


REGIONS = {
    "25.2.52": """\
EventSelection:
  jets: AnaJets
  cutFlowHistograms: true
  selectionCutsDict:
    SUBmany: "JET_N 25000 >= 4\\nSAVE"
    signal: "IMPORT SUBmany\\nSAVE"
""",
    NEWEST: """\
EventSelection:
  - {selectionName: SUBmany, jets: AnaJets, selectionCuts: "JET_N 25000 >= 4"}
  - {selectionName: signal, jets: AnaJets, selectionCuts: "IMPORT SUBmany"}
""",
}


@pytest.mark.parametrize("release", REGIONS)
def test_each_region_has_its_branch(release: str) -> None:
    text = output(JETS + REGIONS[release], "  containers: {'': EventInfo}\n")
    assert {"pass_SUBmany_%SYS%", "pass_signal_%SYS%"} <= names(text, release)


def test_histograms_of_the_file_are_listed() -> None:
    text = output(
        f"CommonServices: {{systematicsHistogram: systs}}\nGeneratorLevelAnalysis: {{}}\n{JETS}{REGIONS['25.2.52']}"
        "ObjectCutFlow: {containerName: AnaJets, selectionName: baselineJvt}\n",
        "  containers: {jet_: AnaJets}\n",
    )
    found = {one.name for one in written(text, "25.2.52").objects}
    assert {"systs", "CutBookkeeper_<DSID>_<run>_%SYS%", "metadata", "cflow_EventInfo__signal_%SYS%"} <= found
    assert "cflow_AnaJets_baselineJvt_%SYS%" in found


def test_the_systematics_of_each_container_are_known_by_how_they_begin() -> None:
    assert written(JETS, NEWEST).systematics == {"EventInfo": ("GEN_", "PRW_"), "AnaJets": ("JET_", "FT_")}
    assert written(f"CommonServices: {{runSystematics: false}}\n{JETS}", NEWEST).systematics == {}


def test_blocks_of_which_nothing_is_known_are_named() -> None:
    text = f"""\
AddConfigBlocks:
  - {{modulePath: Mine.Blocks, functionName: Spectacular, algName: Spectacular}}
{JETS}Spectacular: {{strength: 3}}
"""
    assert written(text, NEWEST).unknown == ("Spectacular",)


def test_every_level_has_its_tree() -> None:
    text = "PL_Electrons: {}\nOutput: {treeName: particleLevel, containers: {el_: TruthElectrons}}\n"
    (tree,) = describe(load_text(text, release="25.2.52", level="particle")).trees
    assert tree.name == "particleLevel"
    assert {"el_pt", "el_origin"} <= {branch.name for branch in tree.branches}


# Branches of a ttbar production of 2025, as used in the integration challenge of IRIS-HEP.
PRODUCTION = """
actualInteractionsPerCrossing averageInteractionsPerCrossing el_charge el_eta el_phi eventNumber
jet_GN2v01_Continuous_quantile jet_GN2v01_FixedCutBEff_65_select jet_GN2v01_FixedCutBEff_77_select jet_eta jet_phi
mu_charge mu_eta mu_phi runNumber el_e_NOSYS el_pt_NOSYS el_select_tight_NOSYS jet_e_NOSYS jet_pt_NOSYS
jet_select_GN2v01_FixedCutBEff_65_NOSYS jet_select_GN2v01_FixedCutBEff_77_NOSYS jet_select_baselineJvt_NOSYS mu_e_NOSYS
mu_pt_NOSYS mu_select_tight_NOSYS pass_SUBcommon_NOSYS pass_ejets_NOSYS met_met_NOSYS met_phi_NOSYS
met_significance_NOSYS met_sumet_NOSYS globalTriggerMatch_emu_NOSYS globalTriggerEffSF_emu_NOSYS weight_pileup_NOSYS
weight_ftag_effSF_GN2v01_Continuous_NOSYS weight_jvt_effSF_NOSYS weight_leptonSF_tight_NOSYS weight_mc_NOSYS
"""
LIKE_IT = """\
PileupReweighting: {}
GeneratorLevelAnalysis: {}
Jets:
  - containerName: AnaJets
    jetCollection: AntiKt4EMPFlowJets
    JVT: {}
    FlavourTagging:
      - {btagger: GN2v01, btagWP: FixedCutBEff_65}
      - {btagger: GN2v01, btagWP: FixedCutBEff_77}
      - {btagger: GN2v01, btagWP: Continuous}
    FlavourTaggingEventSF: {containerName: AnaJets.baselineJvt, btagger: GN2v01, btagWP: Continuous}
Electrons:
  containerName: AnaElectrons
  WorkingPoint: {selectionName: tight, identificationWP: TightLH, isolationWP: Tight_VarRad, noEffSF: true}
Muons:
  containerName: AnaMuons
  WorkingPoint: {selectionName: tight, quality: Medium, isolation: Tight_VarRad}
MissingET: {containerName: AnaMET, jets: AnaJets, electrons: AnaElectrons.tight, muons: AnaMuons.tight}
LeptonSF: {muons: AnaMuons.tight, lepton_postfix: tight}
Trigger: {multiTriggerChainsPerYear: {_emu: {}}, electrons: AnaElectrons.tight, muons: AnaMuons.tight}
EventSelection:
  electrons: AnaElectrons.tight
  jets: AnaJets.baselineJvt
  selectionCutsDict:
    SUBcommon: "JET_N 25000 >= 4\\nSAVE"
    ejets: "IMPORT SUBcommon\\nEL_N 25000 == 1\\nSAVE"
Output:
  treeName: reco
  containers: {el_: AnaElectrons, mu_: AnaMuons, jet_: AnaJets, met_: AnaMET, '': EventInfo}
"""


def test_the_branches_of_a_real_production_are_among_those_listed() -> None:
    listed = {name.replace("%SYS%", "NOSYS") for name in names(LIKE_IT, "25.2.52")}
    assert set(PRODUCTION.split()) - listed == set()


RAW: dict[str, Any] = json.loads((resources.files("topcp_config") / "facts" / "outputs.json").read_text())


def kinds_like(kind: str) -> list[set[str]]:
    """The options of all blocks, of any release, that an entry of the facts is about."""
    found = []
    for release in RELEASES:
        facts = load_facts(release)
        found += [set(b.options) for path, b in facts.blocks.items() if fnmatchcase(path, kind)]
        found += [set(block.options) for block in facts.addable.values() if block.usual_name == kind]
    return found


@pytest.mark.parametrize("kind", [*RAW["blocks"], *(one["block"] for one in RAW["files"] if "block" in one)])
def test_the_facts_speak_of_blocks_and_options_that_some_release_has(kind: str) -> None:
    known = set().union(*kinds_like(kind)) | {"regions", "triggerSets"}
    assert kinds_like(kind)
    entries = RAW["blocks"].get(kind, []) + [one for one in RAW["files"] if one.get("block") == kind]
    for entry in entries:
        templates = " ".join([entry.get("on", ""), entry.get("name", ""), *entry.get("names", ())])
        asked = {name.strip("_") for field in re.findall(r"{([\w|]+)}", templates) for name in field.split("|")} - {""}
        asked |= {*entry.get("if", ()), *entry.get("unless", ())}
        assert asked - known == set(), entry
