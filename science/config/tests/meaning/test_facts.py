"""The facts about cuts, references and values are what their schemas say, and hang together with those of releases."""

from __future__ import annotations

import json
import re
from importlib import resources
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from topcp_config import RELEASES
from topcp_config.facts import load_facts
from topcp_config.language import load_language

FACTS = resources.files("topcp_config") / "facts"
NAMES = ["cuts", "outputs", "references", "setup", "strings"]


def read(name: str) -> Any:
    return json.loads((FACTS / name).read_text())


def entries(data: Any) -> list[dict[str, Any]]:
    """All mappings in some data, at any depth."""
    inner = data.values() if isinstance(data, dict) else data if isinstance(data, list) else ()
    return [*([data] if isinstance(data, dict) else []), *(found for value in inner for found in entries(value))]


@pytest.mark.parametrize("name", NAMES)
def test_the_facts_follow_their_schema(name: str) -> None:
    schema, data = read(f"{name}.schema.json"), read(f"{name}.json")

    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(data)
    data["of my own"] = 1
    assert not Draft202012Validator(schema).is_valid(data)


@pytest.mark.parametrize("name", NAMES)
def test_every_source_that_is_named_is_listed(name: str) -> None:
    data = read(f"{name}.json")
    sources = data.pop("sources")

    for entry in entries(data):
        if isinstance(entry.get("source"), str):
            assert entry["source"].startswith(tuple(sources)), entry


def numbers(release: str) -> tuple[int, ...]:
    return tuple(int(part) for part in release.split("."))


@pytest.mark.parametrize("name", NAMES)
def test_what_is_sure_lies_within_what_may_be(name: str) -> None:
    for entry in entries(read(f"{name}.json")):
        ends = [entry[key] for key in ("maybeSince", "since", "until", "maybeUntil") if isinstance(entry.get(key), str)]
        assert ends == sorted(ends, key=numbers), entry


def options_of_all_releases() -> dict[str, set[str]]:
    """The options that a block has in any release; a sub-block is also there as `*.Name`."""
    found: dict[str, set[str]] = {}
    for release in RELEASES:
        facts = load_facts(release)
        for block in (*facts.blocks.values(), *facts.addable.values()):
            path = block.usual_name or block.path
            for name in (path, f"*.{path.rpartition('.')[2]}"):
                found.setdefault(name, set()).update(block.options)
    return found


def test_every_block_and_option_that_is_named_is_one_of_a_release() -> None:
    known = options_of_all_releases()
    references, strings = read("references.json"), read("strings.json")

    assert {*references["makers"], *references["quiet"], *references["references"]} <= set(known)
    for path, entry in references["references"].items():
        assert set(entry["options"]) <= known[path], path
    for entry in strings["options"]:
        block, _, option = entry["option"].rpartition(".")
        assert option in known[block], entry["option"]
    for entry in strings["combinations"]:
        assert set(entry["options"]) <= known[entry["block"]]
    for path, entry in references["makers"].items():
        for made in (
            one for what in ("containers", "selections", "decorations", "outputs") for one in entry.get(what, ())
        ):
            named = {*re.findall(r"{(\w+)}", made["name"] + made.get("on", "")), *made.get("unless", ())}
            assert named | {made[key] for key in ("if", "ifFalse") if key in made} <= known[path], (path, made)


def test_what_blocks_need_when_they_are_set_up_are_options_that_they_have() -> None:
    for path, entry in read("setup.json")["blocks"].items():
        check_setup(path, entry, "24.2.37")
        if "later" in entry:
            check_setup(path, entry["later"], entry["later"]["since"])


def check_setup(path: str, rules: dict[str, Any], release: str) -> None:
    facts = load_facts(release)
    blocks = [block for name, block in facts.blocks.items() if name == path or name.endswith(path.lstrip("*"))]
    made = rules.get("algorithms", ())
    named: set[str] = set()
    for one in (*made, *rules.get("names", ())):
        named |= {*re.findall(r"{(\w+)}", one["name"]), *one.get("of", ()), *one.get("unless", ())}
        named |= {one[key] for key in ("if", "each") if key in one}
    named |= {*rules.get("givenOne", {}).get("of", ()), *rules.get("given", ())}
    named |= {*rules.get("lists", ()), *rules.get("texts", ())}
    assert blocks, path
    for block in blocks if path.startswith("*") else [facts.blocks[path]]:
        assert {*named, *rules.get("types", ())} - {"of", "each"} <= set(block.options), path


def test_no_block_both_makes_something_and_nothing() -> None:
    references = read("references.json")

    assert not set(references["makers"]) & set(references["quiet"])


@pytest.mark.parametrize("release", RELEASES)
def test_what_cuts_need_are_inputs_of_an_event_selection(release: str) -> None:
    options = set(load_facts(release).blocks["EventSelection"].options)
    language = load_language(release)

    for keyword in language.keywords.values():
        assert {option for group in keyword.needs for option in group} | set(keyword.selections.values()) <= options
    assert "EXPR" not in language.keywords or set(language.collections.values()) <= options


@pytest.mark.parametrize("release", RELEASES)
def test_no_two_forms_of_a_cut_look_alike(release: str) -> None:
    for keyword in load_language(release).keywords.values():
        shapes = [
            tuple(argument.kind == "btag" for argument in form.arguments)
            for form in keyword.forms
            if form.known != "no"
        ]
        assert len(shapes) == len(set(shapes)), keyword.name
