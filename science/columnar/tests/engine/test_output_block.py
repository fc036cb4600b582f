"""The Output and Thinning blocks: prefixes, commands, variables of the user's own, objects that are kept."""

from __future__ import annotations

from collections.abc import Callable
from itertools import compress

import pytest

from .conftest import Run, added, changed


def in_output(example: str, *lines: str) -> str:
    return changed(example, ("  treeName: 'reco'\n", "  treeName: 'reco'\n" + "".join(f"  {line}\n" for line in lines)))


def test_prefix_and_suffix_follow_the_toolkit(run: Run, example: str) -> None:
    names = run(example, "-e", "1").names()
    assert {"el_pt_NOSYS", "el_e_NOSYS", "el_select_tight_NOSYS", "el_eta", "el_charge", "el_IFFClass"} <= set(names)
    assert {"jet_select_baselineJvt_NOSYS", "jet_DL1dv01_FixedCutBEff_85_select", "runNumber"} <= set(names)
    always = run(in_output(example, "alwaysAddNosys: True"), "-e", "1").names()
    assert all("NOSYS" in name or "GEN_" in name for name in always)


def test_a_tree_has_the_name_it_is_given(run: Run, example: str) -> None:
    done = run(changed(example, ("treeName: 'reco'", "treeName: 'nominal'")), "-e", "3")
    assert len(done.branches("nominal")["eventNumber"]) == 3


def test_commands_turn_branches_off_and_on(run: Run, example: str) -> None:
    everything = set(run(example, "--no-systematics").names())
    config = in_output(example, "commands: ['disable el_.*', 'enable el_pt.*', 'disable jet_jvtEfficiency.*']")
    done = run(config, "--no-systematics")
    assert set(done.names()) == {name for name in everything if not name.startswith("el_") or name == "el_pt_NOSYS"}
    assert "jet_jvtEfficiency_NOSYS" not in [entry["what"] for entry in done.report["omitted"]]


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("enable jet_jvtEfficiency", "scale factors"),
        ("enable jet_charge", "no charge"),
        ("disable nothing_like_this", "matches no output variable"),
    ],
)
def test_a_command_that_cannot_be_followed_is_refused(run: Run, example: str, command: str, reason: str) -> None:
    config = in_output(example, f"commands: ['{command}']")
    done = run(config)
    assert done.code == 65
    assert reason in done.error
    allowed = run(config, "--allow-missing", "-e", "1")
    assert allowed.code == 0
    assert any(reason in entry["why"] for entry in allowed.report["omitted"])


@pytest.mark.parametrize(
    ("command", "reason"),
    [("disable jet_(", "no regular expression"), ("remove jet_pt", "commands are"), ("disable", "one expression")],
)
def test_what_is_no_command_is_refused_whatever_is_allowed(run: Run, example: str, command: str, reason: str) -> None:
    done = run(in_output(example, f"commands: ['{command}']"), "--allow-missing")
    assert done.code == 65
    assert reason in done.error


def test_variables_of_the_users_own_are_written_as_stored(run: Run, example: str) -> None:
    config = in_output(
        example,
        "vars:",
        "  - 'AnaElectrons_NOSYS.truthType -> el_truthType'",
        "  - 'AnaJets_%SYS%.Width -> jet_width_%SYS%'",
        "  - 'EventInfo.RandomRunNumber -> randomRunNumber'",
        "  - 'AnaElectrons_NOSYS.clusterEta -> el_clusterEta'",
        "  - 'EventInfo.mcEventWeights -> weights'",
        "  - 'EventInfo.generatorWeight_%SYS% -> generator_%SYS%'",
        "  - 'PrimaryVertices.z -> vertex_z'",
    )
    done = run(config)
    branches = done.branches()
    assert [len(event) for event in branches["el_truthType"]] == [len(event) for event in branches["el_eta"]]
    assert [len(event) for event in branches["jet_width_NOSYS"]] == [len(event) for event in branches["jet_eta"]]
    assert [event[0] for event in branches["weights"]] == branches["weight_mc_NOSYS"] == branches["generator_NOSYS"]
    assert branches["generator_GEN_INDEX_7"] == [event[7] for event in branches["weights"]]
    assert min(branches["randomRunNumber"]) > 250_000
    assert min(map(len, branches["vertex_z"])) > 0
    differences = [
        abs(eta - cluster)
        for etas, clusters in zip(branches["el_eta"], branches["el_clusterEta"], strict=True)
        for eta, cluster in zip(etas, clusters, strict=True)
    ]
    assert 0 < max(differences) < 0.2


def test_a_container_that_no_block_sets_up_is_written_as_stored(run: Run, example: str) -> None:
    config = in_output(example, "vars: ['TruthElectrons.pdgId -> truth_pdgId']")
    pdg_ids = {pdg_id for event in run(config).branches()["truth_pdgId"] for pdg_id in event}
    assert pdg_ids == {-11, 11}


@pytest.mark.parametrize(
    ("variable", "reason"),
    [
        ("AnaElectrons_NOSYS.truthTyp -> el_x", "truthType"),
        ("AnaElektrons_NOSYS.pt -> el_x", "AnaElectrons"),
        ("AnaElectrons_%SYS%.pt -> el_x", "one side of the arrow"),
        ("AnaElectrons.pt", "container.variable -> branch"),
        ("AnaJets_NOSYS.GhostTrack -> jet_x", "cannot be read"),
        ("AnaJets_NOSYS.NumTrkPt500 -> jet_x", "vector per object"),
    ],
)
def test_a_variable_that_cannot_be_written_is_refused(run: Run, example: str, variable: str, reason: str) -> None:
    done = run(in_output(example, f"vars: ['{variable}']"))
    assert done.code == 65
    assert reason in done.error
    assert "reco.yaml:" in done.error


def test_an_unknown_container_is_refused_with_those_there_are(run: Run, example: str) -> None:
    done = run(changed(example, ("el_: 'AnaElectrons'", "el_: 'OutElectrons'")))
    assert done.code == 65
    assert "OutElectrons" in done.error
    assert "AnaElectrons" in done.error


def thinned(example: str, selection: str) -> str:
    item = f"{{containerName: 'AnaElectrons', selectionName: '{selection}', outputName: 'OutElectrons'}}"
    config = added(example, f"Thinning:\n  - {item}")
    return changed(config, ("el_: 'AnaElectrons'", "el_: 'OutElectrons'\n    all_: 'AnaElectrons'"))


SELECTIONS: dict[str, Callable[[int, int], bool]] = {
    "tight": lambda loose, tight: bool(tight),
    "tight||loose": lambda loose, tight: bool(tight or loose),
    "loose && !tight": lambda loose, tight: bool(loose and not tight),
}


@pytest.mark.parametrize("selection", SELECTIONS)
def test_thinning_keeps_the_objects_that_pass(run: Run, example: str, selection: str) -> None:
    branches = run(thinned(example, selection)).branches()
    loose, tight = branches["all_select_loose_NOSYS"], branches["all_select_tight_NOSYS"]
    kept = [list(map(SELECTIONS[selection], *flags)) for flags in zip(loose, tight, strict=True)]
    assert 0 < sum(map(sum, kept)) < sum(map(len, kept))
    for variable in ("pt_NOSYS", "eta", "IFFClass", "select_tight_NOSYS"):
        everything = zip(branches[f"all_{variable}"], kept, strict=True)
        assert branches[f"el_{variable}"] == [list(compress(values, keep)) for values, keep in everything]


def test_thinning_without_a_name_takes_the_place_of_the_container(run: Run, example: str) -> None:
    config = added(example, "Thinning:\n  - {containerName: 'AnaElectrons', selectionName: 'tight'}")
    assert {flag for event in run(config).branches()["el_select_tight_NOSYS"] for flag in event} == {1}


@pytest.mark.parametrize(
    ("selection", "reason"),
    [("tihgt", "Did you mean tight"), ("tight||", "missing"), ("(tight", "bracket"), ("tight loose", "'loose'")],
)
def test_a_selection_that_is_not_there_is_refused(run: Run, example: str, selection: str, reason: str) -> None:
    done = run(thinned(example, selection))
    assert done.code == 65
    assert reason in done.error


def test_the_flags_hold_the_cuts_on_pt_and_eta(run: Run, example: str) -> None:
    branches = run(example).branches()
    electrons = [
        (pt, eta, flag)
        for event in zip(branches["el_pt_NOSYS"], branches["el_eta"], branches["el_select_loose_NOSYS"], strict=True)
        for pt, eta, flag in zip(*event, strict=True)
    ]
    assert any(flag for _, _, flag in electrons)
    assert all(pt >= 25e3 and abs(eta) <= 2.47 for pt, eta, flag in electrons if flag)
    without = changed(example, ("    PtEtaSelection:\n      minPt: 25000.0\n      maxEta: 2.47\n", ""))
    loose = run(without).branches()["el_select_loose_NOSYS"]
    assert sum(map(sum, loose)) > sum(flag for _, _, flag in electrons)


def test_in_early_releases_the_working_point_writes_its_flag_before_pt_and_eta_are_cut(run: Run, example: str) -> None:
    early = changed(
        example,
        ("# release: 25.2.15", "# release: 24.2.37"),
        ("CommonServices:\n  systematicsHistogram: 'listOfSystematics'", "CommonServices: {}"),
        ("  treeName: 'reco'\n", "  treeName: 'reco'\n  systematicsHistogram: 'listOfSystematics'\n"),
    )
    done = run(early)
    assert done.code == 0, done.err
    names = set(done.names())
    assert {"jet_select_jvt_NOSYS", "el_select_loose_NOSYS"} <= names
    assert not {"jet_select_baselineJvt_NOSYS", "el_e_NOSYS"} & names
    early_flags, later_flags = (
        done.branches()["el_select_loose_NOSYS"],
        run(example).branches()["el_select_loose_NOSYS"],
    )
    assert sum(map(sum, early_flags)) > sum(map(sum, later_flags))


RECENT = """# release: {release}
PileupReweighting: {{}}
Muons:
  - containerName: 'AnaMuons'
    WorkingPoint: [{{selectionName: 'tight', quality: 'Medium', isolation: 'NonIso'}}]
Output:
  treeName: 'reco'
  containers: {{mu_: 'AnaMuons', '': 'EventInfo'}}
  commands: {commands}
"""


def test_variables_are_renamed_as_regular_expressions_say(run: Run) -> None:
    plain = run(RECENT.format(release="25.2.110", commands="[]"))
    assert plain.code == 0, plain.err
    before = plain.branches()
    commands = r"""['rename mu_(pt|phi) lepton_\1', 'optional disable nothing', 'disable lepton_.*|mu_eta']"""
    done = run(RECENT.format(release="25.2.110", commands=commands))
    assert done.code == 0, done.err
    after = done.branches()
    assert after["lepton_pt_NOSYS"] == before["mu_pt_NOSYS"]
    assert after["lepton_phi"] == before["mu_phi"]
    assert {*before} - {*after} == {"mu_pt_NOSYS", "mu_phi", "mu_eta"}


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("rename mu_pt", "two words"),
        ("optional", "commands are"),
        (r"rename mu_pt \2", "invalid group reference"),
        ("enable (", "no regular expression"),
        ("disable nothing", "matches no"),
    ],
)
def test_a_command_that_makes_no_sense_is_refused(run: Run, command: str, reason: str) -> None:
    done = run(RECENT.format(release="25.2.110", commands=f"['{command}']"))
    assert (done.code, done.left_behind) == (65, set())
    assert reason in done.error
