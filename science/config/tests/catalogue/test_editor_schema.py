"""The JSON Schema of each release: valid itself, accepts what the release takes, refuses misspellings."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from topcp_config import RELEASES
from topcp_config.editor_schema import json_schema
from topcp_config.migrate import migrate_text

from ..written import configurations

TALK = (Path(__file__).parents[4] / "client" / "examples" / "talk" / "reco.yaml").read_text(encoding="utf-8")
VALIDATORS = {release: Draft202012Validator(json_schema(release)) for release in RELEASES}
steady = settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=40)


def wrong(text: str, release: str) -> list[str]:
    """Where a text goes against the schema, and why."""
    errors = VALIDATORS[release].iter_errors(yaml.safe_load(text))
    return [f"{'.'.join(map(str, error.absolute_path))}: {error.message}" for error in errors]


@pytest.mark.parametrize("release", RELEASES)
def test_it_is_a_json_schema_in_which_every_name_has_a_description(release: str) -> None:
    levels = [json_schema(release, level) for level in ("reco", "particle", "parton")]
    blocks = {str(block): (name, block) for schema in levels for name, block in schema["$defs"].items()}
    # Most blocks are those of all levels: they are looked at once.
    for schema in [*({**schema, "$defs": {}} for schema in levels), *(block for _, block in blocks.values())]:
        Draft202012Validator.check_schema(schema)
    for name, block in blocks.values():
        assert block.get("description") or name.startswith("item.")
        for option in block.get("properties", {}).values():
            assert "$ref" in option or option["description"]


@pytest.mark.parametrize("release", RELEASES)
def test_the_example_follows_the_schema_of_every_release_once_migrated(release: str) -> None:
    assert wrong(migrate_text(TALK, to=release).text, release) == []


@pytest.mark.parametrize("release", RELEASES)
def test_whatever_a_release_surely_takes_follows_its_schema(release: str) -> None:
    @steady
    @given(configurations(release))
    def holds(text: str) -> None:
        assert wrong(text, release) == []

    holds()


@pytest.mark.parametrize("release", RELEASES)
def test_a_misspelt_name_does_not(release: str) -> None:
    @steady
    @given(configurations(release), st.data())
    def holds(text: str, data: st.DataObject) -> None:
        keys = [match for match in re.finditer(r"(\w+):", text) if match.start() and text[match.start() - 1] in " \n{"]
        spoilt = data.draw(st.sampled_from([key for key in keys if key[1] not in ("release", "region")]))
        assert wrong(f"{text[: spoilt.start()]}Mistaken{text[spoilt.start() :]}", release)

    holds()


MISTAKES = [
    ("Electrons: {containerName: A, minPT: 1.0}", "Additional properties are not allowed ('minPT' was unexpected)"),
    ("Electrons: [{containerName: A, WorkingPoint: {selectionName: 1}}]", "1 is not of type"),
    ("Muons: nothing", "'nothing' is not of type 'object'"),
    ("EventCleaning: {runEventCleaning: 'True'}", "'True' is not of type"),
    ("Electron: {}", "'Electron' "),
    ("Jets: {containerName: J}", "'jetCollection' is a required property"),
]


@pytest.mark.parametrize(("text", "message"), MISTAKES)
def test_a_mistake_is_named_at_its_place(text: str, message: str) -> None:
    (found,) = wrong(text, "24.2.37")
    assert message in found


def test_options_of_other_kinds_of_jets_are_refused() -> None:
    text = "Jets: {containerName: J, jetCollection: %s, runNNJvtUpdate: true}"
    assert wrong(text % "AntiKt4EMPFlowJets", "24.2.37") == []
    assert wrong(text % "AntiKt10UFOCSSKSoftDropBeta100Zcut10Jets", "24.2.37")


@pytest.mark.parametrize("release", RELEASES[1:])
def test_blocks_that_are_added_may_have_any_name(release: str) -> None:
    added = "AddConfigBlocks: [{modulePath: a, functionName: b, algName: Mine}]"
    assert wrong(f"{added}\nMine: {{anything: 1}}\n", release) == []
    assert wrong("Mine: {anything: 1}\n", release)


def test_the_newest_release_takes_added_blocks_by_their_names() -> None:
    text = "AddConfigBlocks: {Mine: {modulePath: a, functionName: b}}\nMine: {}\n"
    assert wrong(text, RELEASES[-1]) == []
    assert wrong(text, "25.2.52")


def test_files_may_be_included_at_any_level() -> None:
    assert wrong("include: a.yaml\nJets: {include: [b.yaml], containerName: J, jetCollection: X}\n", "25.2.52") == []


def test_what_is_only_inferred_is_described_as_such_and_takes_any_value() -> None:
    option = json_schema("25.2.15")["$defs"]["item.Electrons.WorkingPoint"]["properties"]["identificationWP"]
    assert "it is not known whether 25.2.15 has it" in option["description"]
    assert "type" not in option


def test_completion_offers_defaults_and_known_values() -> None:
    option = json_schema("25.2.52")["$defs"]["item.Jets"]["properties"]["systematicsModelJES"]
    assert option["default"] == "Category"
    assert option["examples"] == ["All", "Global", "Category"]
