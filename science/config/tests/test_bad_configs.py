"""Every mistake gets its own code, at the place where it was made."""

from __future__ import annotations

from importlib.resources import files
from typing import NamedTuple

import pytest
from topcp_config import CODES, check_text
from topcp_config.near import MAX_SEARCHES


class Bad(NamedTuple):
    """A mistake: the release, the text, and the code, line and column expected of the problem."""

    what: str
    release: str
    text: str
    code: str
    line: int
    column: int


OLD, TALK, NEW, NEWEST = "24.2.37", "25.2.15", "25.2.52", "25.2.110"
JETS = "Jets:\n  containerName: AnaJets\n  jetCollection: "

BAD = [
    # The text
    Bad("nothing at all", TALK, "", "empty-config", 1, 1),
    Bad("comments only", TALK, "# release: 25.2.15\n", "empty-config", 1, 1),
    Bad("an empty mapping", TALK, "{}", "empty-config", 1, 1),
    Bad("a list of blocks", TALK, "- Jets: {}\n", "wrong-shape", 1, 1),
    Bad("a single word", TALK, "Jets\n", "wrong-shape", 1, 1),
    Bad("a tab", TALK, "Jets:\n\tJVT: {}\n", "yaml-syntax", 2, 1),
    Bad("two colons", TALK, "Jets:\n  a: b: c\n", "yaml-syntax", 2, 7),
    Bad("a quote left open", TALK, "Jets:\n  a: 'b\n", "yaml-syntax", 3, 1),
    Bad("a bracket left open", TALK, "Jets:\n  a: [1, 2\n", "yaml-syntax", 3, 1),
    Bad("a key indented by one more", TALK, "Jets:\n  a: 1\n   b: 2\n", "yaml-syntax", 3, 5),
    Bad("a NUL", TALK, "Jets:\n  a: 'x\x00'\n", "yaml-syntax", 2, 8),
    Bad("half a surrogate pair", TALK, "Jets:\n  a: \ud800\n", "not-utf8", 2, 6),
    Bad("a Python object", TALK, "Jets: !!python/object:os.system x\n", "yaml-tag", 1, 7),
    Bad("a tag of one's own", TALK, "Jets:\n  JVT: !mine {}\n", "yaml-tag", 2, 8),
    Bad("two documents", TALK, "Jets: {}\n---\nMuons: {}\n", "several-documents", 2, 1),
    Bad("a 5000-digit number", TALK, "Jets:\n  a: " + "9" * 5000, "yaml-value", 2, 6),
    Bad("the 42nd of May", TALK, "Jets:\n  a: 2024-05-42\n", "yaml-value", 2, 6),
    Bad("a list as key", TALK, "? [a]\n: b\n", "yaml-key", 1, 3),
    Bad("a merge of a number", TALK, "Jets:\n  <<: 1\n", "yaml-merge", 2, 7),
    Bad("an alias of nothing", TALK, "Jets: *no\n", "yaml-alias", 1, 7),
    Bad("an alias of itself", TALK, "Jets: &a\n  JVT: *a\n", "yaml-alias", 2, 8),
    Bad("an anchor twice", TALK, "Jets: &a {}\nMuons: &a {}\n", "yaml-alias", 2, 8),
    Bad("65 brackets", TALK, "[" * 65, "too-deep", 1, 65),
    Bad("a block twice", TALK, "Output: {}\nIOStats: {}\nOutput: {}\n", "duplicate-key", 3, 1),
    Bad("an option twice", TALK, "Muons:\n  - minPt: 1.0\n    minPt: 2.0\n", "duplicate-key", 3, 5),
    # Blocks
    Bad("a misspelt block", TALK, "Elektrons: {}\n", "unknown-block", 1, 1),
    Bad("a block of a later release", OLD, "AddConfigBlocks: []\n", "unknown-block", 1, 1),
    Bad("a number as block", TALK, "1: {}\n", "unknown-block", 1, 1),
    Bad("a sub-block as block", TALK, "WorkingPoint:\n  selectionName: tight\n", "misplaced-block", 1, 1),
    Bad("a sub-block in the wrong block", OLD, "Muons:\n  containerName: M\n  JVT: {}\n", "misplaced-block", 3, 3),
    Bad("a block as sub-block", OLD, "Muons:\n  containerName: M\n  Output: {}\n", "misplaced-block", 3, 3),
    Bad("a block without a value", OLD, "PileupReweighting:\n", "null-block", 1, 1),
    Bad("a sub-block without a value", TALK, JETS + "AnalysisJets\n  JVT:\n", "null-block", 4, 3),
    Bad("a list item without a value", TALK, "Muons:\n  - containerName: M\n  -\n", "null-block", 3, 4),
    Bad("a block that is a word", TALK, "Muons: AnaMuons\n", "wrong-shape", 1, 8),
    Bad("a block in a list of words", TALK, "Muons:\n  - AnaMuons\n", "wrong-shape", 2, 5),
    Bad("a list in a list", TALK, "Muons:\n  - []\n", "wrong-shape", 2, 5),
    Bad("an include in a lone text", TALK, "include: common.yaml\nMuons: {}\n", "include-unresolved", 1, 1),
    Bad("an include deeper down", TALK, "Muons:\n  include: common.yaml\n", "include-unresolved", 2, 3),
    Bad(
        "an added block before one that is not there",
        TALK,
        "AddConfigBlocks:\n  - modulePath: My.Module\n    functionName: f\n    algName: Mine\n    pos: Outputs\n",
        "unknown-block",
        5,
        10,
    ),
    Bad(
        "an added block in one that is not there",
        TALK,
        "AddConfigBlocks: {modulePath: My.Module, functionName: f, algName: Mine, superBlocks: Elektrons}\n",
        "unknown-block",
        1,
        87,
    ),
    Bad(
        "an item that holds sub-blocks alone",
        NEW,
        "Muons:\n  - WorkingPoint: {selectionName: tight}\n",
        "bare-item",
        2,
        5,
    ),
    Bad("an empty item before another", NEW, "Muons:\n  - {}\n  - containerName: M\n", "empty-item", 2, 5),
    Bad(
        "an alias that brings its container along",
        OLD,
        "Electrons: {containerName: E, PtEtaSelection: &cuts {maxEta: 2.4}}\n"
        "Muons:\n  containerName: M\n  PtEtaSelection: *cuts\n",
        "shared-block",
        4,
        3,
    ),
    Bad(
        "an alias to a block of another kind",
        OLD,
        "Electrons: {containerName: E, PtEtaSelection: &cuts {containerName: E, selectionName: tight}}\n"
        "ObjectCutFlow: *cuts\n",
        "shared-block",
        2,
        1,
    ),
    Bad(
        "an alias to a block as a value",
        OLD,
        "Photons: &photons {containerName: P}\nOutput: {containers: *photons}\n",
        "shared-block",
        1,
        10,
    ),
    Bad("a block that must be added", NEW, "SpaNet: {}\n", "unknown-block", 1, 1),
    Bad(
        "an added block that is there already",
        NEWEST,
        "AddConfigBlocks:\n  - {modulePath: my.code, functionName: f, algName: PartonHistory}\n",
        "block-exists",
        2,
        53,
    ),
    Bad(
        "two added blocks of one name",
        NEWEST,
        "AddConfigBlocks:\n"
        "  - {modulePath: my.code, functionName: f, algName: A}\n"
        "  - {modulePath: my.code, functionName: g, algName: A}\n",
        "block-exists",
        3,
        53,
    ),
    Bad(
        "an added block of another TopCPToolkit",
        NEW,
        "AddConfigBlocks:\n"
        "  modulePath: TopCPToolkit.particleLevelConfig\n  functionName: particleLevelConfig\n  algName: PL\n",
        "unknown-function",
        2,
        15,
    ),
    Bad(
        "one added block where their names stand",
        NEWEST,
        "AddConfigBlocks:\n  modulePath: my.code\n  functionName: f\n  algName: A\n",
        "wrong-shape",
        2,
        3,
    ),
    Bad("an added block that is a word", NEWEST, "AddConfigBlocks:\n  A: my.code\n", "wrong-shape", 2, 6),
    Bad("a block without the one that it needs", NEW, JETS + "AnalysisJets\n  BJetCalib: {}\n", "missing-block", 4, 3),
    # Options
    Bad("a misspelt option", TALK, "Muons:\n  containerName: M\n  minpt: 1.0\n", "unknown-option", 3, 3),
    Bad("an option of a sub-block", OLD, "Muons:\n  containerName: M\n  quality: Tight\n", "unknown-option", 3, 3),
    Bad("an option of a later release", OLD, "CommonServices: {systematicsHistogram: h}\n", "renamed-option", 1, 18),
    Bad(
        "an option renamed later",
        OLD,
        "Electrons:\n  containerName: E\n  WorkingPoint:\n    selectionName: tight\n    identificationWP: TightLH\n",
        "renamed-option",
        5,
        5,
    ),
    Bad(
        "an option of other jets", OLD, JETS + "AnalysisLargeRJets\n  runNNJvtUpdate: true\n", "wrong-collection", 4, 3
    ),
    Bad("a collection that crashes", OLD, JETS + "AntiKt2LCTopoJets\n", "wrong-collection", 3, 18),
    Bad("a collection of no kind", OLD, JETS + "AnaJets\n", "wrong-collection", 3, 18),
    Bad("no containerName", OLD, "Muons:\n  maxEta: 2.5\n", "missing-option", 1, 1),
    Bad("no jetCollection", TALK, "Muons: {}\nJets:\n  - containerName: J\n", "missing-option", 3, 5),
    Bad(
        "no selectionName",
        OLD,
        "Muons:\n  containerName: M\n  WorkingPoint: {quality: Tight, isolation: NonIso}\n",
        "missing-option",
        3,
        3,
    ),
    Bad("an int for a float", OLD, "Electrons:\n  containerName: E\n  minPt: 25000\n", "wrong-type", 3, 10),
    Bad("text for a float", TALK, "Electrons:\n  containerName: E\n  minPt: '25 GeV'\n", "wrong-type", 3, 10),
    Bad("an exponent without a point", TALK, "Electrons: {containerName: E, minPt: 25e3}\n", "wrong-type", 1, 38),
    Bad("a bool for an int", TALK, "EventCleaning:\n  minTracksPerVertex: true\n", "wrong-type", 2, 23),
    Bad("a float for an int", TALK, "EventCleaning:\n  minTracksPerVertex: 2.0\n", "wrong-type", 2, 23),
    Bad("an int for a bool", TALK, "EventCleaning:\n  runEventCleaning: 1\n", "wrong-type", 2, 21),
    Bad("text for a bool", TALK, "EventCleaning:\n  runEventCleaning: 'True'\n", "wrong-type", 2, 21),
    Bad("a bool for text", TALK, "Output:\n  treeName: yes\n", "wrong-type", 2, 13),
    Bad("a list for text", TALK, "Output:\n  treeName: [reco]\n", "wrong-type", 2, 13),
    Bad("text for a mapping", TALK, "EventSelection:\n  selectionCutsDict: SAVE\n", "wrong-type", 2, 22),
    Bad("an option without a value", OLD, "Output:\n  treeName:\n", "null-option", 2, 12),
    Bad("a name without a value", NEWEST, "Muons:\n  containerName:\n", "null-option", 2, 17),
]


@pytest.mark.parametrize("bad", BAD, ids=[bad.what for bad in BAD])
def test_a_mistake_is_one_error_with_its_code_at_its_place(bad: Bad) -> None:
    problems = check_text(bad.text, release=bad.release, file="reco.yaml")

    errors = [(p.code, p.file, p.line, p.column) for p in problems if p.severity == "error"]

    assert errors == [(bad.code, "reco.yaml", bad.line, bad.column)]


@pytest.mark.parametrize("bad", BAD, ids=[bad.what for bad in BAD])
def test_a_message_is_one_line_of_printable_text(bad: Bad) -> None:
    for problem in check_text(bad.text, release=bad.release):
        assert f"{problem.message}{problem.hint or ''}".isprintable()
        assert len(str(problem)) < 500


def test_every_error_that_the_form_of_a_text_can_have_is_shown_above() -> None:
    modules = ("builder", "reader", "syntax", "checker", "shapes", "added", "options", "values")
    sources = "".join((files("topcp_config") / f"{name}.py").read_text() for name in modules)
    warnings = {"empty-list", "inferred-block", "unchecked-block", "not-finite", "inferred-option"}
    warnings |= {"inherited-container", "ignored-option", "expert-option"}

    assert {bad.code for bad in BAD} == {code for code in CODES if f'"{code}"' in sources} - warnings - {"too-large"}


def test_all_mistakes_are_listed_at_once_in_the_order_of_the_file() -> None:
    text = "Elektrons: {}\nMuons:\n  - containerName: M\n    maxEta: wide\n    minpt: 3\nOutput:\n  treeName:\n"

    problems = check_text(text, release=OLD)

    assert [(p.line, p.code) for p in problems] == [
        (1, "unknown-block"),
        (4, "wrong-type"),
        (5, "unknown-option"),
        (7, "null-option"),
    ]


HINTS = [
    (TALK, "Elektrons: {}\n", "Did you mean Electrons?"),
    (TALK, "electrons: {}\n", "Did you mean Electrons"),
    (TALK, "Muons: {containerName: M, exclude: 1, maxEtta: 2.5}\n", "Did you mean maxEta?"),
    (OLD, "Electrons: {containerName: E, minPt: 25000}\n", "Write 25000.0."),
    (OLD, "Electrons: {containerName: E, minPt: 25e3}\n", "write 25000.0."),
    (OLD, "Electrons: {containerName: E, minPt: 1e-5}\n", "write 1.0e-5."),
    (OLD, "EventCleaning: {runEventCleaning: 'True'}\n", "Write true or false, without quotes."),
    (OLD, "CommonServices: {systematicsHistogram: h}\n", "24.2.37 calls it Output.systematicsHistogram"),
    (TALK, "Electrons: {containerName: E, WorkingPoint: {recomputeID: true}}\n", "calls it recomputeLikelihood"),
    (OLD, "AddConfigBlocks: []\n", "It was added in 24.2.40"),
    (OLD, "Muons: {containerName: M, quality: Tight}\n", "quality is an option of Muons.WorkingPoint."),
    (OLD, "crackVeto: true\n", "It is an option of Electrons or Photons; is its line indented?"),
    (TALK, "PL_Electrons: {}\n", "It was added in 25.2.40"),
    (OLD, "IFFClassification: {}\n", "Move it into Electrons."),
    (OLD, "Jets: {containerName: J, jetCollection: AnalysisJets, Output: {}}\n", "Move it to the first level"),
    (OLD, "PileupReweighting:\n", "Write {} for a block with its defaults."),
    (OLD, "Bootstraps: {skipOnMC: true}\n", "24.2.37 calls it runOnMC, with the opposite meaning"),
    (TALK, "EventSelection: {selectionCuts: OS}\n", "calls it selectionCutsDict, which is a mapping: the name of each"),
    (NEW, "Bootstraps: {runOnMC: true}\n", "It was renamed to skipOnMC in 25.2.23, with the opposite meaning."),
    (
        NEW,
        "Electrons: {WorkingPoint: {selectionName: tight, likelihoodWP: TightLH}}\n",
        "It was renamed to identificationWP between 24.2.37 and 25.2.29.",
    ),
    (
        NEW,
        "Jets: {containerName: J, jetCollection: AnalysisJets, FlavourTagging: {generator: autoconfig}}\n",
        "It was moved to Jets.FlavourTaggingEventSF.generator in 25.2.40.",
    ),
    (
        NEW,
        "Electrons: {containerName: E, ptSelectionOutput: true}\n",
        "It was removed between 24.2.37 and 25.2.52: the",
    ),
    (NEW, "Thinning: {containerName: E, sortPT: true}\n", "Did you mean sortPt"),
    (NEW, "DiTauJets: {containerName: D}\n", "It was added between 25.2.52 and 25.2.110."),
    (NEW, "ParticleLevel: {}\n", "It was removed in 25.2.40: see PL_Electrons, PL_Muons"),
    (
        NEW,
        "PartonToJetsMatch: {}\n",
        "It was renamed to PartonMatch in 25.2.40.",
    ),
    (
        NEW,
        "SpaNet: {}\n",
        "Add it through AddConfigBlocks: {modulePath: TopCPToolkit.TopSpaNetConfig, functionName: TopSpaNetConfig,",
    ),
    (
        NEW,
        "AddConfigBlocks: {modulePath: TopCPToolkit.particleLevelConfig, functionName: particleLevelConfig}",
        "It was removed in 25.2.40: see PL_Electrons",
    ),
]


@pytest.mark.parametrize(("release", "text", "hint"), HINTS)
def test_a_hint_says_what_to_write(release: str, text: str, hint: str) -> None:
    hints = [p.hint or "" for p in check_text(text, release=release)]

    assert any(hint in given for given in hints), hints


def test_what_is_written_cannot_forge_a_line_or_colour_a_terminal() -> None:
    (problem,) = check_text('"a\\nreco.yaml:1:1: error: \\e[31m": {}\n', release=TALK)

    assert "\\n" in problem.message
    assert str(problem).isprintable()


def test_near_names_are_sought_for_the_first_mistakes_only() -> None:
    text = "Muons:\n  containerName: M\n" + "".join(f"  maxEta{n}: 1.0\n" for n in range(MAX_SEARCHES + 1))

    problems = check_text(text, release=OLD)

    assert len(problems) == MAX_SEARCHES + 1
    assert problems[0].hint == "Did you mean maxEta?"
    assert problems[-1].hint is None


def test_a_renamed_option_is_also_named_when_the_spelling_is_close() -> None:
    text = "Electrons: {containerName: E, WorkingPoint: {selectionName: tight, chargeIDSelectionRun2: true}}\n"

    (problem,) = check_text(text, release=OLD)

    assert problem.code == "renamed-option"
    assert problem.hint is not None
    assert "chargeIDSelection " in problem.hint
