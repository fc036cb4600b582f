"""What is right is accepted, with every default filled in and in the toolkit's order."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from topcp_config import Block, Config, ConfigError, check_text, load_text

TALK = Path(__file__).parents[3] / "client" / "examples" / "talk" / "reco.yaml"


@pytest.fixture(scope="module")
def talk() -> Config:
    return load_text(TALK.read_text(), release="25.2.15", file="reco.yaml")


def child(block: Block, name: str) -> Block:
    return next(found for found in block.children if found.name == name)


def load(text: str, release: str = "25.2.15") -> Config:
    return load_text(text, release=release)


def test_the_example_of_the_talk_is_clean(talk: Config) -> None:
    assert talk.problems == ()


def test_every_option_of_the_talk_is_known_and_kept(talk: Config) -> None:
    written = yaml.safe_load(TALK.read_text())

    def compare(block: Block, text: dict[str, object]) -> None:
        names = {found.name for found in block.children}
        assert set(block.given) == set(text) - names
        assert {name: block.options[name] for name in block.given} == {name: text[name] for name in block.given}
        for name in names:
            inner = text[name]
            items = inner if isinstance(inner, list) else [inner]
            found = [one for one in block.children if one.name == name]
            assert len(found) == len(items)
            for one, item in zip(found, items, strict=True):
                compare(one, item)

    assert {block.name for block in talk.blocks} == set(written)
    for block in talk.blocks:
        items = written[block.name]
        compare(block, items[0] if isinstance(items, list) else items)


def test_blocks_come_in_factory_order_whatever_the_order_of_the_text(talk: Config) -> None:
    blocks = yaml.safe_load(TALK.read_text())
    backwards = yaml.safe_dump(dict(reversed(blocks.items())), sort_keys=False)

    names = [block.name for block in load(backwards).blocks]

    assert names == [block.name for block in talk.blocks]
    assert names.index("Jets") < names.index("Electrons") < names.index("Muons") < names.index("Output")


def test_sub_blocks_come_in_factory_order_too(talk: Config) -> None:
    jets = next(block for block in talk.blocks if block.name == "Jets")

    assert [block.path for block in jets.children] == [
        "Jets[0].JVT",
        "Jets[0].FlavourTagging[0]",
        "Jets[0].FlavourTagging[1]",
        "Jets[0].BTaggingScores",
        "Jets[0].PtEtaSelection",
    ]


def test_defaults_are_those_of_the_release(talk: Config) -> None:
    options = {block.name: block.options for block in talk.blocks}

    assert options["Electrons"]["minPt"] == 4500.0
    assert options["Muons"]["maxEta"] == 2.7
    assert options["Jets"]["runJvtSelection"] is True
    assert options["Output"]["metTermName"] == "Final"


def test_a_default_may_be_the_value_of_another_option() -> None:
    text = "Muons:\n  containerName: M\n  WorkingPoint: {selectionName: tight, quality: Tight, isolation: NonIso}\n"

    (muons,) = load(text, "24.2.37").blocks

    assert muons.children[0].options["postfix"] == "tight"


def test_sub_blocks_inherit_the_container(talk: Config) -> None:
    electrons = next(block for block in talk.blocks if block.name == "Electrons")

    assert {block.options["containerName"] for block in electrons.children} == {"AnaElectrons"}
    assert all("containerName" not in block.given for block in electrons.children)


def test_a_sub_block_may_name_its_own_container() -> None:
    text = """
Jets:
  containerName: J
  jetCollection: AnalysisJets
  FlavourTaggingEventSF: {containerName: J.baselineJvt}
  JVT: {}
"""
    (jets,) = load(text, "25.2.29").blocks

    assert child(jets, "FlavourTaggingEventSF").options["containerName"] == "J.baselineJvt"
    assert child(jets, "JVT").options["containerName"] == "J"


def test_a_later_list_item_inherits_the_container_with_a_warning() -> None:
    cuts = "PtEtaSelection:\n  - containerName: M\n  - selectionName: hard\n"
    config = load("Muons: {containerName: M}\n" + cuts)

    assert [block.options["containerName"] for block in config.blocks] == ["M", "M", "M"]
    assert ("inherited-container", 4) in [(p.code, p.line) for p in config.problems]


def test_a_block_is_a_mapping_or_a_list_of_mappings() -> None:
    one = load("Muons: {containerName: M}").blocks
    listed = load("Muons: [{containerName: M}]").blocks

    assert [block.options for block in one] == [block.options for block in listed]
    assert [block.path for block in (*one, *listed)] == ["Muons", "Muons[0]"]


def test_jets_have_the_options_of_their_kind_only() -> None:
    text = """
Jets:
  - {containerName: J, jetCollection: AntiKt4EMPFlowJets}
  - {containerName: L, jetCollection: AnalysisLargeRJets}
"""
    small, large = load(text).blocks

    assert "runNNJvtUpdate" in small.options
    assert "largeRMass" not in small.options
    assert "runNNJvtUpdate" not in large.options
    assert large.options["largeRMass"] == "Comb"


def test_marks_point_at_what_is_written(talk: Config) -> None:
    lines = TALK.read_text().splitlines()

    def check(block: Block) -> None:
        for name, mark in block.given.items():
            assert lines[mark.line - 1][mark.column - 1 :].lstrip("'\"").startswith(f"{name}")
            assert mark.file == "reco.yaml"
        for inner in block.children:
            check(inner)

    assert sum(len(block.given) for block in talk.blocks) > 10
    for block in talk.blocks:
        check(block)


def test_options_cannot_be_changed_by_accident(talk: Config) -> None:
    with pytest.raises(TypeError):
        talk.blocks[0].options["systematicsHistogram"] = "other"  # type: ignore[index]


def test_an_int_for_a_float_is_refused_where_the_code_is_known_and_warned_of_elsewhere() -> None:
    text = "Electrons:\n  containerName: E\n  minPt: 25000\n"

    (problem,) = load(text).problems
    assert (problem.severity, problem.code) == ("warning", "wrong-type")
    value = load(text).blocks[0].options["minPt"]
    assert (value, type(value)) == (25000.0, float)
    with pytest.raises(ConfigError):
        load(text, "24.2.37")


def test_an_option_without_a_value_keeps_its_default_where_that_is_not_refused() -> None:
    (output,) = load("Output: {treeName: }\n").blocks

    assert output.options["treeName"] == "analysis"


INFERRED = [
    (
        "inferred-option",
        "Electrons: {containerName: E, WorkingPoint: {selectionName: tight, identificationWP: TightLH}}",
    ),
    ("inferred-option", "Output: {storeSelectionFlags: true}"),
    ("inferred-block", "LeptonSF: {muons: M.tight}"),
    ("inferred-block", "Jets: {containerName: J, jetCollection: AnalysisJets, BJetCalib: {}}"),
    ("missing-option", "Muons: {}"),
    ("empty-list", "Muons: []"),
    ("empty-item", "Muons:\n  - containerName: M\n  - {}\n  - containerName: N"),
    ("bare-item", "Muons:\n  - containerName: M\n  - WorkingPoint: {selectionName: tight}"),
    (
        "shared-block",
        "Electrons: {containerName: E, PtEtaSelection: &c {minPt: 2.0}}\nMuons: {containerName: M, PtEtaSelection: *c}",
    ),
    (
        "block-exists",
        "AddConfigBlocks:\n  - {modulePath: my.code, functionName: f, algName: Muons}\nMuons: {containerName: M}",
    ),
    ("null-option", "Output: {treeName: }"),
    ("not-finite", "Electrons: {containerName: E, minPt: .nan}"),
    ("wrong-collection", "Jets: {containerName: J, jetCollection: HLT_Jets}"),
    (
        "unchecked-block",
        "AddConfigBlocks:\n  - {modulePath: my.code, functionName: f, algName: Mine}\nMine: {any: thing}",
    ),
    ("unknown-option", "LeptonSF: {leptonPostfix: tight}"),
]


@pytest.mark.parametrize(("code", "text"), INFERRED)
def test_what_is_not_surely_wrong_warns_and_is_not_rejected(code: str, text: str) -> None:
    problems = check_text(text, release="25.2.15")

    assert code in [p.code for p in problems]
    assert all(p.severity == "warning" for p in problems)


@pytest.mark.parametrize("level", ["parton", "particle"])
def test_at_the_other_levels_what_is_unknown_warns(level: str) -> None:
    text = "SomeTruthBlock: {anything: 1}\nOutput: {treeName: truth, unheard: 2}\n"

    config = load_text(text, release="25.2.15", level=level)  # type: ignore[arg-type]

    assert [p.code for p in config.problems] == ["unknown-block", "unknown-option"]
    assert [block.name for block in config.blocks] == ["Output", "SomeTruthBlock"]
    assert dict(config.blocks[1].options) == {"anything": 1}


def test_what_is_surely_wrong_is_rejected_at_every_level() -> None:
    for level in ("reco", "parton", "particle"):
        problems = check_text("Output: {treeName: 1}", release="25.2.15", level=level)  # type: ignore[arg-type]
        assert [p.severity for p in problems] == ["error"]


def test_an_added_block_stands_where_pos_puts_it() -> None:
    text = """
AddConfigBlocks:
  - {modulePath: my.code, functionName: f, algName: Mine, pos: Electrons}
  - {modulePath: my.code, functionName: g, algName: Sub, superBlocks: Electrons}
Muons: {containerName: M}
Electrons:
  containerName: E
  Sub: {depth: 1}
Mine: {width: 2}
"""
    config = load(text)

    assert [block.name for block in config.blocks] == ["AddConfigBlocks"] * 2 + ["Mine", "Electrons", "Muons"]
    assert child(config.blocks[3], "Sub").options["depth"] == 1


def test_aliases_are_welcome_where_each_block_gets_its_own_copy() -> None:
    text = """
Electrons:
  - containerName: E
    PtEtaSelection: &cuts {minPt: 25000.0, maxEta: 2.47}
Muons:
  - containerName: M
    PtEtaSelection: *cuts
"""
    config = load(text, "25.2.52")

    assert config.problems == ()
    assert [block.children[0].options["minPt"] for block in config.blocks] == [25000.0, 25000.0]
    assert [block.children[0].options["containerName"] for block in config.blocks] == ["E", "M"]


@pytest.mark.parametrize("level", ["reco", "parton", "particle"])
def test_later_releases_are_known_at_every_level(level: str) -> None:
    problems = check_text("PL_Electrons: {saveID: true}\nPL_Quarks: {}\n", release="25.2.52", level=level)  # type: ignore[arg-type]

    assert [(p.severity, p.code) for p in problems] == [("error", "unknown-option"), ("error", "unknown-block")]


def test_a_block_of_the_toolkit_is_known_once_it_is_added() -> None:
    text = """
AddConfigBlocks:
  - {modulePath: TopCPToolkit.TopSpaNetConfig, functionName: TopSpaNetConfig, algName: Nets, pos: Output}
Nets: {topology: TtbarLjetsNu, %s: ''}
Output: {}
"""
    added, nets, _ = load(text % "jets", "25.2.52").blocks

    assert (added.name, nets.name) == ("AddConfigBlocks", "Nets")
    assert (nets.options["topology"], nets.options["btagger"]) == ("TtbarLjetsNu", "Dl1dv01")
    with pytest.raises(ConfigError, match="Nets has no option jet in"):
        load(text % "jet", "25.2.52")


@pytest.mark.parametrize(
    "added",
    ["  Mine: {modulePath: my.code, functionName: f}", "  - {modulePath: my.code, functionName: f, algName: Mine}"],
)
def test_the_newest_release_takes_added_blocks_by_name_or_as_a_list(added: str) -> None:
    first, second = load(f"AddConfigBlocks:\n{added}\nMine: {{}}\n", "25.2.110").blocks

    assert (first.options["algName"], second.name) == ("Mine", "Mine")


def test_every_block_of_a_later_release_has_the_common_options() -> None:
    (muons,) = load("Muons: {containerName: M, skipOnData: true}", "25.2.52").blocks

    assert (muons.options["skipOnData"], muons.options["skipOnMC"]) == (True, False)
    with pytest.raises(ConfigError, match=r"It was added between 25\.2\.15 and 25\.2\.29"):
        load("Muons: {containerName: M, skipOnData: true}", "25.2.15")


def test_a_block_may_have_another_default_of_a_common_option() -> None:
    (bootstraps,) = load("Bootstraps: {}", "25.2.52").blocks

    assert bootstraps.options["skipOnMC"] is True


def test_sub_blocks_get_the_default_container_of_their_block() -> None:
    (electrons,) = load("PL_Electrons: {PtEtaSelection: {minPt: 25000}}", "25.2.52").blocks

    assert child(electrons, "PtEtaSelection").options["containerName"] == "TruthElectrons"


EXPERT = [("Electrons", "runTrackBiasing", True, False), ("Electrons", "decorateEmva", True, True)]


@pytest.mark.parametrize(("block", "option", "value", "free"), EXPERT)
def test_what_is_for_experts_needs_their_mode(block: str, option: str, value: object, free: bool) -> None:
    text = yaml.safe_dump({block: {"containerName": "E", option: value}})

    assert [p.code for p in load(text, "25.2.110").problems] == ([] if free else ["expert-option"])
    assert load(text + "CommonServices: {enableExpertMode: true}\n", "25.2.110").problems == ()


def test_only_some_values_may_be_for_experts() -> None:
    text = "Electrons: {containerName: E, WorkingPoint: {selectionName: tight, identificationWP: %s}}"

    assert [p.code for p in load(text % "NoID", "25.2.110").problems] == ["expert-option"]
    assert load(text % "TightLH", "25.2.110").problems == ()


def test_what_added_blocks_would_need_themselves_is_ignored_in_their_entry() -> None:
    text = "AddConfigBlocks: [{modulePath: my.code, functionName: f, algName: Mine, skipOnData: true}]"

    assert [p.code for p in load(text, "25.2.52").problems] == ["ignored-option"]


def test_an_empty_item_at_the_end_of_a_list_is_a_block_with_its_defaults() -> None:
    assert len(load("GeneratorLevelAnalysis: [{}]", "25.2.52").blocks) == 1


def test_loading_raises_one_error_that_lists_all_problems() -> None:
    with pytest.raises(ConfigError) as caught:
        load("Elektrons: {}\nMuons: {containerName: M, maxEta: wide}\n")

    assert [p.code for p in caught.value.problems] == ["unknown-block", "wrong-type"]
    assert len(str(caught.value).splitlines()) == 2
