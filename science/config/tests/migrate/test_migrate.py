"""Each change between releases, both ways, and what stays as it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from topcp_config import RELEASES, ConfigError, find_release
from topcp_config.migrate import Migration, migrate_text

TALK = Path(__file__).parents[4] / "client" / "examples" / "talk" / "reco.yaml"
OLDEST, NEWEST = RELEASES[0], RELEASES[-1]

LANGUAGE = {"unknown-option", "renamed-option", "unknown-block", "misplaced-block", "unknown-function", "wrong-type"}

ELECTRONS = """\
Electrons:
  - containerName: 'AnaElectrons'  # those of the analysis
    WorkingPoint:
      - selectionName: "tight"
        # The likelihood of Run 2.
        likelihoodWP: "TightLH"  # not Medium
        isolationWP: 'NonIso'
"""

JETS = """\
Jets:
  - containerName: AnaJets
    jetCollection: AntiKt4EMPFlowJets
"""


def migrated(text: str, *, source: str, to: str) -> Migration:
    """Migrate a text that names no release; its result is without that line again."""
    migration = migrate_text(text, source=source, to=to)
    first, _, rest = migration.text.partition("\n")
    assert first.strip() == f"# release: {to}"
    return Migration(**{name: getattr(migration, name) for name in Migration.__slots__} | {"text": rest})


def accepted(text: str, *, source: str, to: str) -> str:
    """Return the result, which may lack containers that the text lacked, but uses no word that the target lacks."""
    migration = migrated(text, source=source, to=to)
    assert [str(p) for p in migration.problems if p.severity == "error" and p.code in LANGUAGE] == []
    return migration.text


@pytest.mark.parametrize("release", RELEASES)
def test_the_example_is_accepted_by_every_release_once_migrated(release: str) -> None:
    text = TALK.read_text(encoding="utf-8")
    migration = migrate_text(text, to=release)
    assert migration.is_accepted, migration.problems
    assert find_release(migration.text) == release
    assert "# <prefix of the branches>: <container>" in migration.text
    assert migration.is_changed == (release != find_release(text))


def test_a_renamed_option_keeps_its_value_its_quotes_and_all_comments() -> None:
    text = accepted(ELECTRONS, source="24.2.37", to="25.2.29")
    assert text == ELECTRONS.replace("likelihoodWP", "identificationWP")
    assert accepted(text, source="25.2.29", to="24.2.37") == ELECTRONS


def test_each_change_names_the_line_and_the_path_of_the_original() -> None:
    migration = migrated(ELECTRONS, source="24.2.37", to="25.2.29")
    added, renamed = migration.changes
    assert (added.line, added.message) == (1, "added the line `# release: 25.2.29`")
    assert str(renamed) == "6: Electrons[0].WorkingPoint[0].likelihoodWP: renamed to identificationWP"


def test_an_option_moves_into_every_working_point_and_back() -> None:
    text = """\
Muons:
  containerName: AnaMuons
  trackSelection: False
  WorkingPoint:
    - selectionName: loose
      quality: Loose
    - selectionName: tight
      quality: Tight
"""
    later = accepted(text, source="24.2.37", to="25.2.52")
    assert later.count("      trackSelection: False\n") == 2
    assert "\n  trackSelection" not in later
    earlier = accepted(later, source="25.2.52", to="24.2.37")
    assert earlier == text


def test_working_points_that_differ_are_left_to_a_person() -> None:
    text = """\
Muons:
  containerName: AnaMuons
  WorkingPoint:
    - selectionName: loose
      quality: Loose
      isolation: NonIso
      trackSelection: False
    - selectionName: tight
      quality: Tight
      isolation: NonIso
"""
    migration = migrated(text, source="25.2.52", to="24.2.37")
    assert migration.is_accepted
    assert "      # 24.2.37 has no trackSelection:\n      # trackSelection: False\n" in migration.text
    assert [note.line for note in migration.decisions] == [7]


@pytest.mark.parametrize("value", ["True", "False"])
def test_an_option_without_effect_is_removed_whatever_its_value(value: str) -> None:
    text = f"Muons:\n  containerName: AnaMuons\n  ptSelectionOutput: {value}\n"
    migration = migrated(text, source="24.2.37", to="25.2.52")
    assert migration.text == "Muons:\n  containerName: AnaMuons\n"
    assert "removed" in migration.changes[-1].message


def test_a_default_that_the_target_does_not_know_is_removed_any_other_value_is_kept_as_a_comment() -> None:
    text = "Electrons:\n  containerName: AnaElectrons\n  PtEtaSelection:\n    postfix: {}\n    minPt: 1000.0\n"
    assert "postfix" not in accepted(text.format("''"), source="24.2.37", to="25.2.52")
    kept = migrated(text.format("mine"), source="24.2.37", to="25.2.52")
    assert "    # 25.2.52 has no postfix:\n    # postfix: mine\n    minPt: 1000.0\n" in kept.text
    assert kept.decisions
    assert kept.is_accepted


def test_what_is_left_of_a_block_that_loses_its_only_option_is_a_block_with_its_defaults() -> None:
    text = "Output:\n  systematicsHistogram: list\nCommonServices:\n  # which ones\n  runSystematics: true\n"
    later = accepted(text, source="24.2.37", to="25.2.29")
    assert later.startswith("Output: {}\nCommonServices:\n  # which ones\n  runSystematics: true\n")
    assert later.endswith("  systematicsHistogram: list\n")


def test_the_block_that_an_option_moves_to_is_added_if_it_has_no_effect_of_its_own() -> None:
    text = "Output:\n  treeName: reco\n  systematicsHistogram: list\n"
    later = accepted(text, source="24.2.37", to="25.2.29")
    assert later == "CommonServices:\n  systematicsHistogram: list\nOutput:\n  treeName: reco\n"
    alone = migrated("CommonServices:\n  systematicsHistogram: list\n", source="25.2.29", to="24.2.37")
    assert "Output:" not in alone.text
    assert "# systematicsHistogram: list" in alone.text


def test_selections_of_jets_are_renamed_in_references_selections_and_cuts() -> None:
    text = f"""{JETS}\
OverlapRemoval:
  jets: 'AnaJets.jvt&&fjvt'
  muons: 'AnaMuons.jvt'
ObjectCutFlow:
  - containerName: AnaJets
    selectionName: jvt
  - containerName: AnaMuons
    selectionName: jvt
EventSelection:
  jets: AnaJets
  selectionCutsDict:
    signal: |
      JET_N jvt 25000 >= 1
      EL_N jvt 25000 >= 1
      SAVE
"""
    later = migrated(text, source="24.2.37", to="25.2.29").text
    assert "jets: 'AnaJets.baselineJvt&&baselineFJvt'" in later
    assert "muons: 'AnaMuons.jvt'" in later
    assert later.count("selectionName: baselineJvt") == 1
    assert "      JET_N baselineJvt 25000 >= 1\n      EL_N jvt 25000 >= 1\n" in later
    assert migrated(later, source="25.2.29", to="24.2.37").text == text


def test_options_of_scale_factors_move_to_the_item_of_the_same_tagger_and_working_point() -> None:
    text = f"""{JETS}\
    FlavourTagging:
      - btagger: GN2v01
        btagWP: FixedCutBEff_77
        generator: Pythia8
      - generator: Sherpa
        btagger: GN2v01
        btagWP: Continuous
    FlavourTaggingEventSF:
      - btagger: GN2v01
        btagWP: Continuous
"""
    migration = migrated(text, source="25.2.29", to="25.2.52")
    assert migration.is_accepted
    weights = migration.text.partition("FlavourTaggingEventSF:\n")[2]
    assert weights.startswith("      - btagger: GN2v01\n        btagWP: Continuous\n        generator: Sherpa\n")
    assert "btagWP: FixedCutBEff_77\n        generator: Pythia8\n" in weights
    assert "generator" not in migration.text.partition("FlavourTaggingEventSF:")[0]
    assert "      - btagger: GN2v01\n        btagWP: Continuous\n    Flav" in migration.text
    assert ["weight of the event" in note.message for note in migration.decisions].count(True) == 1


def test_without_scale_factors_there_is_nothing_to_move() -> None:
    text = f"{JETS}    FlavourTagging:\n      btagger: GN2v01\n      btagWP: Continuous\n      noEffSF: True\n"
    assert accepted(text, source="25.2.29", to="25.2.52") == text.replace("      noEffSF: True\n", "")


def test_scale_factors_that_are_lost_are_a_decision() -> None:
    text = f"{JETS}    FlavourTagging:\n      btagger: GN2v01\n      btagWP: Continuous\n"
    (decision,) = migrated(text, source="25.2.29", to="25.2.52").decisions
    assert decision.path == "Jets[0].FlavourTagging"
    assert "only with an item of FlavourTaggingEventSF for GN2v01 Continuous" in decision.message


@pytest.mark.parametrize(("all_of_them", "value"), [("", "True"), ("      saveAllProbabilities: True\n", "All")])
def test_scores_are_an_option_of_flavour_tagging_later(all_of_them: str, value: str) -> None:
    text = f"""{JETS}\
    FlavourTagging:
      - btagger: DL1dv01
        btagWP: Continuous
        noEffSF: True
    BTaggingScores:
      taggerName: DL1dv01
{all_of_them}"""
    later = accepted(text, source="25.2.15", to="25.2.29")
    assert f"        saveScores: '{value}'\n" in later
    assert "BTaggingScores" not in later
    earlier = accepted(later, source="25.2.29", to="25.2.15")
    assert "saveScores" not in earlier
    assert "BTaggingScores:\n      - taggerName: 'DL1dv01'\n" in earlier
    assert ("saveAllProbabilities: True" in earlier) == (value == "All")


REGIONS = """\
EventSelection:
  - electrons: AnaElectrons.tight
    jets: AnaJets  # all
    noFilter: True
    selectionCutsDict:
      # used by the others
      'SUBcommon': |
        JET_N 25000 >= 4
        SAVE
      "signal": |
        IMPORT SUBcommon
        EL_N 25000 == 1
        SAVE
Output:
  treeName: reco
"""


def test_regions_are_items_of_a_list_in_the_newest_release() -> None:
    assert (
        accepted(REGIONS, source="25.2.52", to=NEWEST)
        == """\
EventSelection:
  # used by the others
  - selectionName: 'SUBcommon'
    selectionCuts: |
      JET_N 25000 >= 4
    electrons: AnaElectrons.tight
    jets: AnaJets  # all
    noFilter: True
  - selectionName: "signal"
    selectionCuts: |
      IMPORT SUBcommon
      EL_N 25000 == 1
    electrons: AnaElectrons.tight
    jets: AnaJets
Output:
  treeName: reco
"""
    )


def test_regions_that_agree_in_all_else_are_one_mapping_in_earlier_releases() -> None:
    later = accepted(REGIONS, source="25.2.52", to=NEWEST)
    comment = "# used by the others\n"
    expected = REGIONS.replace(f"      {comment}", "").replace("EventSelection:\n", f"EventSelection:\n  {comment}")
    assert accepted(later, source=NEWEST, to="25.2.52") == expected
    differing = later.replace("jets: AnaJets\n", "jets: OtherJets\n")
    assert "selectionCuts: |" in migrated(differing, source=NEWEST, to="25.2.52").text


def test_a_lone_block_of_regions_becomes_a_list_as_well() -> None:
    text = "EventSelection:\n  jets: AnaJets\n  selectionCutsDict:\n    signal: |\n      JET_N 25000 >= 4\n      SAVE\n"
    later = "EventSelection:\n  selectionName: signal\n  selectionCuts: |\n    JET_N 25000 >= 4\n  jets: AnaJets\n"
    assert sorted(accepted(later, source=NEWEST, to="25.2.52").splitlines()) == sorted(text.splitlines())
    assert accepted(text, source="25.2.52", to=NEWEST) == (
        "EventSelection:\n  - selectionName: signal\n    selectionCuts: |\n      JET_N 25000 >= 4\n    jets: AnaJets\n"
    )


def test_thinning_of_one_container_moves_to_the_first_level() -> None:
    text = f"{JETS}    Thinning:\n      # only good ones\n      outputName: OutJets\nOutput: {{}}\n"
    later = accepted(text, source="24.2.37", to="25.2.29")
    assert later.endswith("Thinning:\n  - containerName: 'AnaJets'\n    outputName: OutJets\n")
    assert "# only good ones" in later


def test_an_option_with_the_opposite_meaning_gets_the_opposite_value() -> None:
    text = "Bootstraps:\n  nReplicas: 10\n  runOnMC: True\n"
    later = accepted(text, source="24.2.37", to="25.2.52")
    assert later == "Bootstraps:\n  nReplicas: 10\n  skipOnMC: False\n"
    assert accepted(later, source="25.2.52", to="24.2.37") == text


def test_whole_numbers_are_written_as_floats_where_the_release_insists() -> None:
    text = "PtEtaSelection:\n  containerName: AnaJets\n  minPt: 25000  # MeV\n  maxEta: 3\n"
    assert accepted(text, source="25.2.52", to="24.2.37") == text.replace("25000", "25000.0").replace("3", "3.0")
    assert accepted(text, source="25.2.52", to=NEWEST) == text


def test_blocks_that_are_added_come_from_where_the_target_has_them() -> None:
    text = """\
AddConfigBlocks:
  - modulePath: 'TopCPToolkit.KLFitterConfig'
    functionName: 'KLFitterConfig'
    algName: 'KLFitter'
    pos: Output
  - modulePath: 'TopCPToolkit.truthConfig'  # the history
    functionName: 'truthConfig'
    algName: 'PartonHistory'
PartonHistory:
  histories: Ttbar
Output: {}
"""
    later = migrated(text, source="25.2.29", to=NEWEST).text
    assert "  - modulePath: 'KLFitterAnalysisAlgorithms.KLFitterConfig'\n    functionName: 'KLFitterBlock'\n" in later
    assert "truthConfig" not in later
    assert "PartonHistory:\n  history: Ttbar\n" in later


def test_blocks_that_nobody_has_any_more_become_comments() -> None:
    text = """\
ParticleLevel: {}
AddConfigBlocks:
  - modulePath: TopCPToolkit.particleLevelConfig
    functionName: particleLevelConfig
    algName: ParticleLevel
Output: {}
"""
    migration = migrated(text, source="25.2.29", to="25.2.52")
    assert migration.is_accepted
    assert all(f"# {line}\n" in migration.text for line in text.splitlines()[:5])
    assert "see PL_Electrons" in migration.decisions[0].message


def test_what_no_release_knows_stays_and_is_a_problem() -> None:
    migration = migrated("Electrons:\n  containerName: AnaElectrons\n  minPT: 1.0\n", source="25.2.15", to="25.2.29")
    assert "  minPT: 1.0\n" in migration.text
    assert [problem.code for problem in migration.problems] == ["unknown-option"]


def test_options_in_braces_are_edited_in_their_braces() -> None:
    text = "Electrons: {containerName: A, ptSelectionOutput: True, WorkingPoint: {selectionName: t, likelihoodWP: w}}\n"
    later = accepted(text, source="24.2.37", to="25.2.52")
    assert later == "Electrons: {containerName: A, WorkingPoint: {selectionName: t, identificationWP: w}}\n"


def test_a_comment_for_what_was_in_braces_stands_above_them() -> None:
    text = "Electrons: {containerName: AnaElectrons, PtEtaSelection: {postfix: mine}}\n"
    assert accepted(text, source="24.2.37", to="25.2.52") == (
        "# 25.2.52 has no postfix:\n# postfix: mine\nElectrons: {containerName: AnaElectrons, PtEtaSelection: {}}\n"
    )


def test_a_block_that_aliases_repeat_is_edited_once() -> None:
    text = """\
Electrons:
  - containerName: A
    WorkingPoint: &points
      - selectionName: tight
        likelihoodWP: TightLH
  - containerName: B
    WorkingPoint: *points
"""
    assert accepted(text, source="24.2.37", to="25.2.29") == text.replace("likelihoodWP", "identificationWP")


def test_an_anchor_that_is_still_needed_is_not_taken_out() -> None:
    text = "Muons:\n  - containerName: A\n    ptSelectionOutput: &yes True\n  - containerName: B\n    postfix: ''\n"
    assert "&yes" in migrated(text, source="24.2.37", to="25.2.52").text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# release: 25.2.15\r\nOutput:\r\n  systematicsHistogram: a\r\n  treeName: b\r\n", "\r\n"),
        ("\ufeff# release: 25.2.15\nOutput:\n  treeName: b", "\n"),
        ("# release: 24.2.37\n# ---\nOutput: {}\n# release: 25.2.15\n", "\n"),
    ],
)
def test_line_ends_byte_order_mark_and_the_last_release_line_are_respected(text: str, expected: str) -> None:
    migration = migrate_text(text, to="25.2.29", source="24.2.37")
    assert find_release(migration.text) == "25.2.29"
    assert migration.text.startswith("\ufeff") == text.startswith("\ufeff")
    assert migration.text.count("\n") == migration.text.count(expected)
    assert migration.text.endswith("\n") == text.endswith("\n") or "systematicsHistogram" in text
    assert migration.text.count("24.2.37") == text.count("24.2.37")


def test_without_a_release_the_text_is_taken_for_the_newest_that_fits_it() -> None:
    migration = migrate_text(ELECTRONS, to=NEWEST)
    assert migration.guessed
    assert migration.source.name == "25.2.15"
    assert not migrate_text(f"{ELECTRONS}# release: 24.2.37\n", to=NEWEST).guessed


def test_defaults_that_differ_are_a_decision_where_the_option_is_not_written() -> None:
    text = "PileupReweighting: {}\nOutput: {}\n"
    (decision,) = migrated(text, source="24.2.37", to="25.2.29").decisions
    assert decision.message == "useDefaultConfig is not written: its default was False, and is True"
    written = "PileupReweighting: {useDefaultConfig: False}\nOutput: {}\n"
    assert migrated(written, source="24.2.37", to="25.2.29").decisions == ()


def test_included_files_are_checked_with_the_result_and_named(tmp_path: Path) -> None:
    (tmp_path / "muons.yaml").write_text("Muons:\n  containerName: AnaMuons\n  ptSelectionOutput: True\n")
    main = tmp_path / "reco.yaml"
    main.write_text("# release: 24.2.37\ninclude: muons.yaml\nOutput:\n  systematicsHistogram: list\n")
    migration = migrate_text(main.read_text(), to="25.2.52", file=str(main))
    assert "CommonServices:\n  systematicsHistogram: list\n" in migration.text
    assert [Path(problem.file or "").name for problem in migration.problems] == ["muons.yaml"]
    assert "migrate those files as well" in migration.decisions[0].message


def test_a_text_that_is_no_yaml_is_refused_with_its_place() -> None:
    with pytest.raises(ConfigError, match=r"reco.yaml:\d+:\d+: error: this is not YAML"):
        migrate_text("Jets: [", to=NEWEST, file="reco.yaml")
