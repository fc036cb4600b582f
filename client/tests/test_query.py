"""`q.TopCPToolkit` as a physicist meets it: what is sent, and what each mistake says. No network anywhere."""

from __future__ import annotations

import dataclasses
import inspect
import json
import logging
import pickle
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from servicex import dataset as d
from servicex import deliver
from servicex import query as q
from servicex.databinder_models import ServiceXSpec
from servicex_topcp.errors import InvalidConfigError, MissingFileError, UsageError
from topcp_config import RELEASES, allows_missing

TALK = Path(__file__).parents[1] / "examples" / "talk" / "reco.yaml"
VERSION = version("servicex-topcp")
UPSTREAM_KEYS = ["reco", "parton", "particle", "max_events", "no_systematics", "no_filter"]

MISSPELT = """\
# release: 25.2.15
Electron:
  - containerName: AnaElectrons
Muons:
  - containerName: AnaMuons
    PtEtaSelektion: {}
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def selection(**fields: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(q.TopCPToolkit(**fields).generate_selection_string())
    return found


def test_the_selection_has_exactly_the_six_keys_that_every_code_generator_accepts() -> None:
    found = selection(conffile=TALK, release="25.2.15")
    assert list(found) == UPSTREAM_KEYS
    assert isinstance(found["reco"], str)
    assert (found["parton"], found["particle"]) == (None, None)
    assert type(found["max_events"]) is int
    assert type(found["no_systematics"]) is type(found["no_filter"]) is bool


def test_systematics_and_all_events_are_the_default() -> None:
    found = selection(conffile=TALK)
    assert (found["max_events"], found["no_systematics"], found["no_filter"]) == (-1, False, False)


def test_the_image_is_sent_only_when_it_is_named() -> None:
    found = selection(conffile=TALK, image="sslhep/servicex_science_image_topcp:2.10.0-25.2.15")
    assert list(found) == [*UPSTREAM_KEYS, "image"]
    assert found["image"] == "sslhep/servicex_science_image_topcp:2.10.0-25.2.15"


def test_leaving_out_what_cannot_be_computed_is_a_comment_and_off_by_default() -> None:
    assert not allows_missing(selection(conffile=TALK)["reco"])
    asked = selection(conffile=TALK, allow_missing=True)
    assert allows_missing(asked["reco"])
    assert list(asked) == UPSTREAM_KEYS
    assert asked["reco"].startswith(TALK.read_text())


def test_the_yaml_travels_unchanged_but_for_two_comment_lines_at_its_end() -> None:
    text, generator = TALK.read_text(), f"# generator: servicex-topcp {VERSION}\n"
    assert selection(conffile=TALK)["reco"] == f"{text}# release: 25.2.15\n{generator}"
    assert selection(conffile=TALK, release="25.2.16")["reco"] == f"{text}# release: 25.2.16\n{generator}"


def test_the_same_query_always_sends_the_same_text() -> None:
    sent = {q.TopCPToolkit(conffile=TALK, max_events=5).generate_selection_string() for _ in range(3)}
    assert len(sent) == 1


def test_a_folder_gives_each_level_that_it_holds(here: Path) -> None:
    Path("reco.yaml").write_text(TALK.read_text())
    found = selection(conffile=here)
    assert found["reco"] is not None
    assert found["particle"] is None


def test_the_files_are_read_once_when_the_query_is_made(here: Path) -> None:
    conffile = here / "reco.yaml"
    conffile.write_text(TALK.read_text())
    query = q.TopCPToolkit(conffile=conffile)
    before = query.generate_selection_string()
    conffile.unlink()
    assert query.generate_selection_string() == before


def test_a_query_cannot_be_changed_after_its_files_were_checked() -> None:
    query = q.TopCPToolkit(conffile=TALK)
    with pytest.raises(dataclasses.FrozenInstanceError):
        query.release = "24.2.37"


def test_a_query_can_be_sent_to_another_process() -> None:
    query = q.TopCPToolkit(conffile=TALK)
    assert pickle.loads(pickle.dumps(query)).generate_selection_string() == query.generate_selection_string()


def test_included_files_are_merged_before_sending(here: Path) -> None:
    (here / "conf").mkdir()
    (here / "muons.yaml").write_text("Muons:\n  - containerName: AnaMuons\n")
    main = here / "conf" / "reco.yaml"
    main.write_text("# release: 25.2.15\ninclude: muons.yaml\nOutput:\n  containers:\n    mu_: AnaMuons\n")
    sent = selection(conffile=main)["reco"]
    assert "include" not in sent
    assert "AnaMuons" in sent
    assert sent.splitlines()[-2:] == ["# release: 25.2.15", f"# generator: servicex-topcp {VERSION}"]


def test_the_real_client_takes_the_query_in_a_spec() -> None:
    spec = ServiceXSpec(
        Sample=[{"Name": "A", "Dataset": d.FileList(["root://h//a"]), "Query": q.TopCPToolkit(conffile=TALK)}]
    )
    query = spec.Sample[0].Query
    assert (query.default_codegen, query.yaml_tag) == ("topcp", "!TopCPToolkit")


def test_help_shows_the_fields_and_their_defaults() -> None:
    fields = inspect.signature(q.TopCPToolkit).parameters
    assert list(fields) == [
        "conffile",
        "reco",
        "parton",
        "particle",
        *UPSTREAM_KEYS[3:],
        "image",
        "release",
        "allow_missing",
    ]
    assert fields["no_systematics"].default is False


# --- the release -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "release", "origin"),
    [
        ({"release": "25.2.15", "image": "a/b:2.5.0-24.2.37"}, "25.2.15", "as asked"),
        ({"image": "a/b:2.10.0-25.2.15"}, "25.2.15", "from the tag of a/b:2.10.0-25.2.15"),
        ({"image": "a/b:latest"}, "25.2.15", f"from the comment in {TALK}"),
        ({}, "25.2.15", f"from the comment in {TALK}"),
    ],
)
def test_the_release_is_what_was_asked_then_the_image_s_then_the_comment_s(
    fields: dict[str, str], release: str, origin: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        query = q.TopCPToolkit(conffile=TALK, **fields)
    assert (query.used_release.name, query.used_release.origin) == (release, origin)
    assert f"checked for release {release} ({origin})" in caplog.text
    assert f"\n# release: {release}\n" in json.loads(query.generate_selection_string())["reco"]


def test_without_a_release_the_newest_known_serves_for_the_check_and_the_deployment_decides(here: Path) -> None:
    Path("reco.yaml").write_text("Muons:\n  - containerName: AnaMuons\n")
    query = q.TopCPToolkit(conffile="reco.yaml")
    assert query.used_release.name == RELEASES[-1]
    assert "none was named" in str(query.used_release)
    assert "# release:" not in query.generate_selection_string()


def test_files_written_for_different_releases_are_refused(here: Path) -> None:
    Path("reco.yaml").write_text("# release: 25.2.15\nMuons: []\n")
    Path("particle.yaml").write_text("# release: 24.2.37\nPL_Muons: []\n")
    with pytest.raises(UsageError, match=r"reco.yaml says 25.2.15, .*particle.yaml says 24.2.37.*release="):
        q.TopCPToolkit(conffile=here)


def test_a_release_that_is_not_known_is_served_by_the_nearest_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    q.TopCPToolkit(conffile=TALK, release="25.2.16")
    warnings = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert any("25.2.16" in warning and "25.2.15" in warning for warning in warnings)


# --- mistakes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "no configuration: give conffile, or some of reco, parton, particle"),
        ({"conffile": TALK, "reco": TALK}, "give either conffile or reco, not both"),
        ({"conffil": TALK}, "TopCPToolkit knows no 'conffil'; did you mean 'conffile'?"),
        ({"conffile": TALK, "max_events": "100"}, "max_events: Input should be a valid integer, not '100'"),
        ({"conffile": TALK, "max_events": True}, "max_events: Input should be a valid integer, not True"),
        ({"conffile": TALK, "max_events": -2}, "max_events: Input should be greater than or equal to -1, not -2"),
        ({"conffile": TALK, "no_filter": "maybe"}, "no_filter: Input should be a valid boolean"),
        ({"conffile": 3}, "conffile: Input is not a valid path"),
        ({"conffile": TALK, "release": "25.2.15\nMuons: {}"}, "release: String should match pattern"),
        ({"conffile": TALK, "release": "newest"}, "'newest' is no release; known are 24.2.37, "),
        ({"conffile": TALK, "image": ""}, "image: String should have at least 1 character"),
    ],
)
def test_a_wrong_argument_is_told_in_one_plain_line(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        q.TopCPToolkit(**fields)
    assert str(caught.value).startswith(message)
    assert len(str(caught.value).splitlines()) == 1
    assert "pydantic" not in str(caught.value)


def test_a_missing_file_names_the_place_and_the_nearest_name(here: Path) -> None:
    Path("reco.yaml").write_text("")
    with pytest.raises(MissingFileError) as caught:
        q.TopCPToolkit(conffile="recco.yaml")
    assert str(caught.value) == f"no such file: recco.yaml (looked for {here}/recco.yaml); did you mean 'reco.yaml'?"


def test_a_folder_without_configurations_is_refused(here: Path) -> None:
    with pytest.raises(MissingFileError, match=r"holds none of reco.yaml, parton.yaml, particle.yaml"):
        q.TopCPToolkit(conffile=here)


def test_a_folder_in_place_of_a_file_is_refused(here: Path) -> None:
    with pytest.raises(MissingFileError, match="is a folder, where one file is wanted"):
        q.TopCPToolkit(reco=here)


def test_all_problems_of_all_files_are_listed_with_their_places(here: Path) -> None:
    Path("reco.yaml").write_text(MISSPELT)
    Path("particle.yaml").write_text("PL_Muons:\n  - {\n")
    with pytest.raises(InvalidConfigError) as caught:
        q.TopCPToolkit(conffile=".")
    message = str(caught.value)
    assert message.startswith("3 errors in the configuration, checked for release 25.2.15 (from the comment in reco")
    assert [line.split(": ")[0].strip() for line in message.splitlines()[1:]] == [
        "reco.yaml:2:1",
        "reco.yaml:6:5",
        "particle.yaml:3:1",
    ]
    assert "Electrons" in message
    assert "PtEtaSelection" in message


def test_an_error_of_another_release_says_how_to_name_the_right_one(here: Path) -> None:
    Path("reco.yaml").write_text("Electron: {}\n")
    with pytest.raises(InvalidConfigError, match=r"none was named.*\n.*\n.*release="):
        q.TopCPToolkit(conffile="reco.yaml")


def test_a_bad_configuration_stops_deliver_before_any_network_call(here: Path) -> None:
    Path("reco.yaml").write_text(MISSPELT)
    with pytest.raises(InvalidConfigError):
        deliver(
            {
                "Sample": [
                    {"Name": "A", "Dataset": d.FileList(["root://h//a"]), "Query": q.TopCPToolkit(conffile="reco.yaml")}
                ]
            }
        )


def test_errors_are_value_errors() -> None:
    with pytest.raises(ValueError, match="no configuration"):
        q.TopCPToolkit()
