"""What the exporter writes is what the release knows, in the format that `topcp_config` reads."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

Facts = dict[str, Any]
Exported = Callable[[str], Facts]
Run = Callable[..., "subprocess.CompletedProcess[str]"]
SHIPPED = resources.files("topcp_config") / "facts"


def shipped(name: str) -> Facts:
    read: Facts = json.loads((SHIPPED / name).read_text())
    return read


@pytest.mark.parametrize("era", ["era2024", "era2025"])
def test_the_facts_follow_their_schema(era: str, exported: Exported) -> None:
    Draft202012Validator(shipped("facts.schema.json")).validate(exported(era))


# --- functions and classes with arguments, as in January 2024 --------------------------------------------------------


def as_asked(facts: Facts) -> Facts:
    """Leave out why a kind does not work, in the words of the Python at hand, and what only the code tells."""
    for case in facts.get("cases", {}).get("values", ()):
        case["broken"] = "broken" in case
    for option in facts["options"].values():
        option.pop("untested", None)
    return facts


def test_every_block_that_is_modelled_equals_the_facts_shipped_for_that_release(exported: Exported) -> None:
    expected, found = shipped("24.2.37.json")["blocks"], exported("era2024")["blocks"]

    assert len(found) > 10
    for path, facts in found.items():
        known = expected.get(path) or expected["*." + path.rpartition(".")[2]]
        assert as_asked(facts) == as_asked(known), path


def test_the_order_is_that_of_the_release(exported: Exported) -> None:
    expected = shipped("24.2.37.json")["order"]

    for parent, names in exported("era2024")["order"].items():
        assert [name for name in expected[parent] if name in names] == names


def test_the_rules_of_2024_are_found_by_trying_them(exported: Exported) -> None:
    expected = shipped("24.2.37.json")["rules"]
    not_asked = {"include": "unknown", "otherLevels": "known"}  # no TopCPToolkit stands in; what is asked is known

    assert exported("era2024")["rules"] == expected | not_asked
    assert exported("era2024")["commonOptions"] == {}


def test_a_kind_of_jets_on_which_the_release_fails_says_why(exported: Exported) -> None:
    (broken,) = (case for case in exported("era2024")["blocks"]["Jets"]["cases"]["values"] if case.get("broken"))

    assert broken["case"] == "r-scan"


# --- blocks without arguments, groups and common options, as in 2025 -------------------------------------------------


@pytest.fixture
def blocks(exported: Exported) -> Facts:
    found: Facts = exported("era2025")["blocks"]
    return found


def test_the_rules_of_2025_are_found_by_trying_them(exported: Exported) -> None:
    assert exported("era2025")["rules"] == {
        "intForFloat": "convert",
        "nullOption": "ignore",
        "emptyListItem": "ends-list",
        "bareListItem": "reject",
        "sharedBlock": "apart",
        "addConfigBlocks": "named-or-list",
        "addedTwice": "reject",
        "include": "with-root",
        "otherLevels": "known",
    }


def test_what_all_blocks_have_is_written_once(exported: Exported, blocks: Facts) -> None:
    common = exported("era2025")["commonOptions"]

    assert list(common) == ["groupName", "skipOnData", "skipOnMC", "onlyForDSIDs", "propertyOverrides"]
    assert common["propertyOverrides"]["expert"] is True
    assert set(blocks["Muons"]["options"]) == {"containerName", "minPt"}


def test_a_default_that_a_block_sets_itself_stays_with_it(blocks: Facts) -> None:
    assert blocks["Bootstraps"]["options"]["skipOnMC"] == {"type": "bool", "default": True}


def test_the_blocks_of_a_group_are_one(blocks: Facts) -> None:
    assert set(blocks["Jets"]["options"]) == {
        "containerName",
        "jetCollection",
        "runTruthJetTagging",
        "systematicsModelJES",
        "uncertToolMCType",
    }


def test_what_is_required_for_experts_or_never_null_says_so(blocks: Facts) -> None:
    assert blocks["PartonHistory"]["options"]["history"] == {"type": "str", "required": True}
    assert blocks["Muons"]["options"]["containerName"] == {"type": "str", "default": "", "null": "reject"}
    assert blocks["Jets"]["options"]["uncertToolMCType"]["expert"] is True
    assert blocks["Muons.WorkingPoint"]["options"]["quality"]["expert"] == ["LowPt", "HighPt"]


def test_a_block_names_the_blocks_that_it_needs_but_not_the_parts_of_its_own_group(blocks: Facts) -> None:
    assert blocks["Jets.BJetCalib"]["needs"] == ["Muons"]
    assert "needs" not in blocks["Muons.WorkingPoint"]


def test_a_default_that_is_no_data_is_left_to_the_toolkit(blocks: Facts) -> None:
    assert blocks["Output"]["options"]["callback"] == {"type": "any", "default": None}


def test_the_block_that_adds_blocks_is_one_of_them(blocks: Facts) -> None:
    options = blocks["AddConfigBlocks"]["options"]

    assert {name for name, option in options.items() if option.get("required")} == {
        "modulePath",
        "functionName",
        "algName",
    }


def test_blocks_to_be_added_come_from_the_toolkit_and_from_its_configurations(exported: Exported) -> None:
    addable = exported("era2025")["addable"]

    assert {key: (facts["name"], facts.get("pos")) for key, facts in addable.items()} == {
        "KLFitterAnalysisAlgorithms.KLFitterConfig.KLFitterBlock": ("KLFitter", None),
        "TopCPToolkit.TopSpaNetConfig.TopSpaNetConfig": ("SpaNet", "Output"),
        "TopCPToolkit.TtbarNNLOConfig.TtbarNNLOConfig": ("TtbarNNLO", None),
    }
    assert addable["TopCPToolkit.TtbarNNLOConfig.TtbarNNLOConfig"]["options"]["sampleID"]["default"] == "AutoConfig"


def test_a_block_that_cannot_be_made_is_named_and_nothing_is_claimed_of_it(run: Run, tmp_path: Path) -> None:
    done = run("era2025", "--release", "25.2.70", "--output", tmp_path)
    facts = json.loads((tmp_path / "25.2.70.json").read_text())["blocks"]["Broken"]

    assert "WARNING could not be asked: Broken: RuntimeError: the calibration area is not there" in done.stderr
    assert "WARNING could not be asked: TopCPToolkit.OldConfig: ModuleNotFoundError" in done.stderr
    assert (facts["certainty"], facts["options"]) == ("inferred", {})


# --- the command -----------------------------------------------------------------------------------------------------


def test_two_exports_are_equal(run: Run, tmp_path: Path) -> None:
    for name in ("one", "two"):
        assert run("era2025", "--release", "25.2.70", "--output", tmp_path / name).returncode == 0

    assert (tmp_path / "one/25.2.70.json").read_bytes() == (tmp_path / "two/25.2.70.json").read_bytes()


def test_without_an_analysisbase_that_is_said(run: Run, tmp_path: Path) -> None:
    done = run(None, "--release", "25.2.70", "--output", tmp_path)

    assert (done.returncode, list(tmp_path.iterdir())) == (69, [])
    assert done.stderr.startswith("ERROR there is no AnalysisBase here")


@pytest.mark.parametrize("arguments", [[], ["--release"], ["--wrong"]])
def test_wrong_usage_is_said(run: Run, arguments: list[str]) -> None:
    done = run("era2025", *arguments)

    assert done.returncode == 64
    assert done.stderr.startswith("ERROR ")


def test_an_output_that_cannot_be_written_is_said(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a directory")

    done = run("era2025", "--release", "25.2.70", "--output", tmp_path / "file")

    assert done.returncode == 73
    assert "ERROR cannot write" in done.stderr


# --- what topcp_config does with the file ----------------------------------------------------------------------------

CHECK = """
import sys
from topcp_config import RELEASES, check_text, resolve_release
print(RELEASES.index("25.2.70"), resolve_release("25.2.70").exact)
for text in sys.argv[1:]:
    print([problem.code for problem in check_text(text, release="25.2.70")])
"""


def check(facts: Path, *texts: str) -> list[str]:
    command = [sys.executable, "-c", CHECK, *texts]
    environment = os.environ | {"TOPCP_FACTS": str(facts)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.splitlines()


def test_the_exported_file_drives_the_checks(exported: Exported, tmp_path: Path) -> None:
    (tmp_path / "25.2.70.json").write_text(json.dumps(exported("era2025")))

    answers = check(
        tmp_path,
        "Muons: {containerName: M, minPt: 25000, WorkingPoint: {selectionName: tight, noEffSF: true}}",
        "Muons: {containerName: M, minpt: 25000.0}",
        "PartonHistory: {}",
        "Electrons: {}",
        "AddConfigBlocks: {Nets: {modulePath: TopCPToolkit.TopSpaNetConfig, functionName: TopSpaNetConfig}}\n"
        "Nets: {topology: 1}",
    )

    assert answers == [
        "4 True",
        "[]",
        "['unknown-option']",
        "['missing-option']",
        "['unknown-block']",
        "['wrong-type']",
    ]


def test_a_file_that_holds_no_facts_is_a_problem_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "25.2.70.json").write_text('{"release": "25.2.70"}')

    assert check(tmp_path, "Muons: {}") == ["4 True", "['bad-facts']"]
