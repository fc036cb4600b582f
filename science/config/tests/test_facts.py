"""The facts are what their schema says, and hang together."""

from __future__ import annotations

import json
import re
from importlib import resources
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from topcp_config import CODES, RELEASES
from topcp_config.checker import check
from topcp_config.facts import load_changes, load_facts
from topcp_config.model import ROOT
from topcp_config.reader import read_text

FACTS = resources.files("topcp_config") / "facts"
VALUES = {"str": str, "bool": bool, "int": int, "float": float, "list": list, "dict": dict, "any": object}


def read(name: str) -> Any:
    return json.loads((FACTS / name).read_text())


@pytest.mark.parametrize("name", ["facts.schema.json", "changes.schema.json"])
def test_the_schemas_are_valid_schemas(name: str) -> None:
    Draft202012Validator.check_schema(read(name))


@pytest.mark.parametrize("release", RELEASES)
def test_the_facts_of_a_release_follow_the_schema(release: str) -> None:
    data = read(f"{release}.json")

    Draft202012Validator(read("facts.schema.json")).validate(data)
    assert data["release"] == release


def test_the_changes_follow_their_schema() -> None:
    Draft202012Validator(read("changes.schema.json")).validate(read("changes.json"))


def test_the_schema_refuses_a_certainty_of_its_own_making() -> None:
    data = read(f"{RELEASES[0]}.json")
    data["blocks"]["Muons"]["certainty"] = "rumoured"

    assert not Draft202012Validator(read("facts.schema.json")).is_valid(data)


def test_every_release_has_facts_and_no_file_lies_idle() -> None:
    files = {file.name for file in FACTS.iterdir() if re.match(r"\d", file.name)}

    assert files == {f"{release}.json" for release in RELEASES}


@pytest.mark.parametrize("release", RELEASES)
def test_every_block_has_a_place_in_the_order_and_every_entry_is_used(release: str) -> None:
    raw = read(f"{release}.json")
    facts = load_facts(release)

    used = {path if path in raw["blocks"] else "*." + path.rpartition(".")[2] for path in facts.blocks}

    assert used == set(raw["blocks"])
    assert set(facts.order) - {ROOT} <= set(facts.blocks)


@pytest.mark.parametrize("release", RELEASES)
def test_every_default_has_the_type_of_its_option(release: str) -> None:
    for block in load_facts(release).blocks.values():
        for option in block.options.values():
            fits = isinstance(option.default, VALUES[option.type]) or option.default is None
            assert fits, f"{block.path}.{option.name}"
            assert not (isinstance(option.default, bool) and option.type == "int")


@pytest.mark.parametrize("release", RELEASES)
def test_cases_and_default_sources_exist(release: str) -> None:
    for block in load_facts(release).blocks.values():
        cases = {case.name for case in block.cases}
        assert not block.cases or block.case_option in block.options
        for option in block.options.values():
            assert set(option.cases) <= cases
            assert option.default_from is None or option.default_from in block.options


def test_every_name_that_changed_is_known_before_or_after() -> None:
    known = set()
    for release in RELEASES:
        for block in load_facts(release).blocks.values():
            known |= {block.path, *(f"{block.path}.{name}" for name in block.options)}
        for block in load_facts(release).addable.values():
            known |= {str(block.usual_name), *(f"{block.usual_name}.{name}" for name in block.options)}

    for change in load_changes():
        if "from" in change:
            assert {change["from"], change.get("to")} & known, change


def test_the_oldest_release_is_known_from_its_code() -> None:
    certain = {
        block.certainty for path, block in load_facts("24.2.37").blocks.items() if path.split(".")[0] == "Electrons"
    }

    assert certain == {"introspected"}


@pytest.mark.parametrize("release", RELEASES)
def test_every_sure_block_with_each_default_written_out_has_a_valid_form(release: str) -> None:
    facts = load_facts(release)
    needed: dict[str, Any] = {"jetCollection": "AntiKt4EMPFlowJets", "selectionCutsDict": {"all": "SAVE\n"}}

    for block in facts.blocks.values():
        if not block.sure or "." in block.path:
            continue
        options = {name: needed.get(name, "X") for name, option in block.options.items() if option.required}
        options |= {
            name: option.default
            for name, option in block.options.items()
            if option.default is not None and block.is_sure(option) and option.cases in ((), ("small-R",))
        }
        tree, _ = read_text(json.dumps({block.path: [options]}), None)
        assert check(tree, facts, "reco", None)[1] == [], block.path


def test_the_codes_are_kebab_case_and_each_is_explained_in_a_sentence() -> None:
    for code, explanation in CODES.items():
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", code)
        assert re.fullmatch(r"[A-Z].{10,120}\.", explanation)


def test_every_code_is_in_use() -> None:
    sources = [file for file in resources.files("topcp_config").iterdir() if file.name.endswith(".py")]
    text = "".join(file.read_text() for file in sources if file.name != "codes.py")

    assert {code for code in CODES if f'"{code}"' in text} == set(CODES)


@pytest.mark.parametrize("release", RELEASES)
def test_what_a_block_needs_is_a_block_of_the_first_level(release: str) -> None:
    facts = load_facts(release)

    assert {need for block in facts.blocks.values() for need in block.needs} <= set(facts.roots)


@pytest.mark.parametrize("release", RELEASES)
def test_an_addable_block_goes_before_a_block_that_is_there(release: str) -> None:
    facts = load_facts(release)

    assert {block.usual_pos for block in facts.addable.values()} <= {*facts.roots, None}


@pytest.mark.parametrize("release", RELEASES)
def test_every_block_but_the_one_that_adds_has_the_common_options(release: str) -> None:
    facts = load_facts(release)

    for block in {**facts.blocks, **facts.addable}.values():
        assert (set(facts.common) <= set(block.options)) == (block.path != "AddConfigBlocks" or not facts.common)


@pytest.mark.parametrize(
    ("kind", "name", "plain", "special"),
    [
        ("nonemptystring", "postfix", "''", "fast"),
        ("nonemptylist", "onlyForDSIDs", "[]", "['410470']"),
        ("positiveint", "minPt", "0", "3"),
        ("NoID", "postfix", "TightLH", "NoID"),
    ],
)
def test_a_release_may_describe_the_values_for_experts(kind: str, name: str, plain: str, special: str) -> None:
    facts = load_facts("25.2.110")
    muons = facts.blocks["Muons"]
    option = muons.options[name]._replace(expert=(kind,), type="any")
    changed = facts._replace(blocks={"Muons": muons._replace(options={**muons.options, name: option})})

    def codes(value: str) -> list[str]:
        tree, _ = read_text(f"Muons: {{containerName: M, {name}: {value}}}", None)
        return [problem.code for problem in check(tree, changed, "reco", None)[1]]

    assert (codes(plain), codes(special)) == ([], ["expert-option"])
