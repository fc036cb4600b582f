"""`!TopCPToolkit` in a ServiceX spec file, read by the client's own loader."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from servicex import deliver
from servicex.servicex_client import _load_ServiceXSpec
from servicex_topcp.errors import InvalidConfigError, MissingFileError, UsageError

EXAMPLES = Path(__file__).parents[1] / "examples"
TALK = EXAMPLES / "talk" / "reco.yaml"

SPEC = """\
Sample:
  - Name: A
    Dataset: !FileList
      - root://h//a.root
    Query: """


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that holds reco.yaml and is not the working directory."""
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    (tmp_path / "spec").mkdir()
    (tmp_path / "spec" / "reco.yaml").write_text(TALK.read_text())
    return tmp_path / "spec"


def load(folder: Path, query: str) -> Any:
    spec = folder / "spec.yaml"
    spec.write_text(SPEC + query)
    return _load_ServiceXSpec(spec).Sample[0].Query


def test_the_example_s_spec_file_loads() -> None:
    query = _load_ServiceXSpec(EXAMPLES / "talk" / "spec.yaml").Sample[0].Query
    assert query.conffile.samefile(TALK)


@pytest.mark.parametrize(
    "node",
    [
        "!TopCPToolkit {conffile: reco.yaml, max_events: 100, no_systematics: true}\n",
        "!TopCPToolkit\n      conffile: reco.yaml\n      max_events: 100\n      no_systematics: true\n",
        "!TopCPToolkit {'reco': \"reco.yaml\", max_events: 100, no_systematics: yes}\n",
    ],
)
def test_a_node_gives_the_fields_and_its_paths_start_at_the_spec_file(folder: Path, node: str) -> None:
    selection = json.loads(load(folder, node).generate_selection_string())
    assert (selection["max_events"], selection["no_systematics"]) == (100, True)
    assert selection["reco"].startswith(TALK.read_text())


def test_an_absolute_path_stays_as_it_is(folder: Path) -> None:
    assert load(folder, f"!TopCPToolkit {{conffile: {TALK}}}\n").conffile == TALK


def test_a_query_from_an_included_file_finds_its_paths_beside_that_file(folder: Path) -> None:
    (folder / "parts").mkdir()
    (folder / "reco.yaml").rename(folder / "parts" / "reco.yaml")
    (folder / "parts" / "query.yaml").write_text("!TopCPToolkit {conffile: reco.yaml}\n")
    assert load(folder, "!include parts/query.yaml\n").conffile.name == "reco.yaml"


@pytest.mark.parametrize(
    ("node", "error", "message"),
    [
        (
            "!TopCPToolkit {conffile: reco.yaml, max_event: 3}\n",
            UsageError,
            "knows no 'max_event'; did you mean 'max_events'",
        ),
        (
            "!TopCPToolkit {conffile: reco.yaml, max_events: many}\n",
            UsageError,
            "max_events: Input should be a valid integer",
        ),
        ("!TopCPToolkit {conffile: rec.yaml}\n", MissingFileError, "no such file: .*; did you mean 'reco.yaml'"),
        ("!TopCPToolkit reco.yaml\n", UsageError, "takes keys and values, such as"),
        ("!TopCPToolkit\n", UsageError, "takes keys and values, such as"),
        ("!TopCPToolkit [reco.yaml]\n", UsageError, "takes keys and values, such as"),
        ("!TopCPToolkit {}\n", UsageError, "no configuration: give conffile"),
    ],
)
def test_a_wrong_node_is_told_with_its_place_in_the_spec_file(
    folder: Path, node: str, error: type[ValueError], message: str
) -> None:
    with pytest.raises(error, match=rf"{folder}/spec.yaml:5:12: .*{message}"):
        load(folder, node)


def test_deliver_shows_the_problems_of_the_yaml_and_nothing_else(folder: Path) -> None:
    (folder / "reco.yaml").write_text("# release: 25.2.15\nElectron: {}\n")
    (folder / "spec.yaml").write_text(f"{SPEC}!TopCPToolkit {{conffile: reco.yaml}}\n")
    with pytest.raises(InvalidConfigError) as caught:
        deliver(folder / "spec.yaml")
    headline, problem = str(caught.value).splitlines()
    assert headline.startswith("1 error in the configuration, checked for release 25.2.15")
    assert problem.strip().startswith(f"{folder}/reco.yaml:2:1: error: ")
    assert caught.value.__cause__ is None
