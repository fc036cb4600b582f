"""`topcp explain` and `topcp schema`: what a release knows, for people and for editors."""

from __future__ import annotations

import json

import jsonschema
import pytest
import yaml
from topcp_config import RELEASES
from topcp_config.catalogue import blocks

from .command import TALK, topcp


@pytest.mark.parametrize("release", RELEASES)
def test_without_a_name_all_blocks_are_listed(release: str) -> None:
    done = topcp("explain", "--release", release)
    assert done.returncode == 0
    listed = [line.split()[0] for line in done.stdout.splitlines()[1:]]
    assert listed == [path.rpartition(".")[2] for path in blocks(release)]


def test_an_option_is_explained_by_type_default_releases_and_history() -> None:
    done = topcp("explain", "Electrons.WorkingPoint.likelihoodWP", "--release", "24.2.37")
    path, kind, *_, releases, history = done.stdout.splitlines()
    assert path == "Electrons.WorkingPoint.likelihoodWP"
    assert kind.startswith("  str, ")
    assert releases == "  in 24.2.37, 25.2.15"
    assert "became Electrons.WorkingPoint.identificationWP" in history


def test_what_the_release_lacks_is_said() -> None:
    done = topcp("explain", "Electrons.WorkingPoint.likelihoodWP", "--release", "25.2.52")
    assert done.returncode == 0
    assert "25.2.52 does not have it" in done.stdout


def test_the_end_of_a_path_finds_all_places() -> None:
    done = topcp("explain", "isolationWP")
    assert "Electrons.WorkingPoint.isolationWP\n" in done.stdout
    assert "Photons.WorkingPoint.isolationWP\n" in done.stdout


def test_a_block_lists_its_options_and_sub_blocks() -> None:
    found = json.loads(topcp("explain", "Electrons", "--release", "24.2.37", "--json").stdout)
    (entry,) = found["entries"]
    assert "WorkingPoint" in entry["children"]
    assert "Electrons.crackVeto" in [option["path"] for option in entry["options"]]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["Elektrons"], "no release has a block or an option 'Elektrons'; did you mean Electrons"),
        (["isolatonwp"], "did you mean isolationWP"),
    ],
)
def test_what_does_not_exist_ends_with_64_and_the_nearest_names(arguments: list[str], message: str) -> None:
    done = topcp("explain", *arguments)
    assert done.returncode == 64
    assert done.stderr.startswith("topcp: ")
    assert message in done.stderr


def test_an_unknown_release_is_served_by_the_nearest_older_one() -> None:
    found = json.loads(topcp("explain", "Electrons", "--release", "25.2.60", "--json").stdout)
    assert found["release"]["name"] == "25.2.60"
    assert "25.2.52" in found["release"]["note"]


def test_the_schema_takes_the_example_and_refuses_a_misspelled_block() -> None:
    schema = json.loads(topcp("schema", "--release", "25.2.15").stdout)
    validator = jsonschema.Draft202012Validator(schema)
    talk = yaml.safe_load((TALK / "reco.yaml").read_text())
    assert validator.is_valid(talk)
    assert not validator.is_valid(talk | {"Elektrons": {}})
    assert not validator.is_valid(talk | {"Electrons": [{"kontainerName": "AnaElectrons"}]})
