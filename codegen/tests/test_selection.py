"""What is accepted as a selection, and what a user is told who sends another."""

from __future__ import annotations

import json
import re
from base64 import b64encode

import pytest
import yaml as PyYAML  # noqa: N812  a test calls its text yaml
from hypothesis import given
from hypothesis import strategies as st
from topcp_codegen.bundle import POD, VERSION, base64_size

REFUSED = {
    "not JSON": ("{", "selection: Invalid JSON"),
    "not an object": ("[]", "selection: Input should be an object"),
    "nested without end": ("[" * 100_000, "recursion limit exceeded"),
    "no key at all": ("{}", "key 'reco' is missing"),
}
CHANGED = {
    "no YAML": ({"reco": None}, "reco, parton and particle are all null"),
    "a path for a YAML": ({"reco": ["reco.yaml"]}, "reco: Input should be a valid string"),
    "a boolean for a number": ({"max_events": True}, "max_events: Input should be a valid integer"),
    "a float for a number": ({"max_events": 10.0}, "max_events: Input should be a valid integer"),
    "a text for a number": ({"max_events": "10"}, "max_events: Input should be a valid integer"),
    "null for a number": ({"max_events": None}, "max_events: Input should be a valid integer"),
    "a number below -1": ({"max_events": -2}, "max_events: Input should be greater than or equal to -1"),
    "a number for a boolean": ({"no_filter": 1}, "no_filter: Input should be a valid boolean"),
    "a misspelt key": ({"no_systematic": True}, "unknown key 'no_systematic'; did you mean 'no_systematics'?"),
    "a strange key": ({"zzz": True}, "unknown key 'zzz'; known are reco, parton, particle, max_events"),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_a_selection_that_cannot_be_read_is_refused(codegen, fault):
    text, said = REFUSED[fault]
    assert said in codegen.refused(text)


@pytest.mark.parametrize("fault", CHANGED)
def test_a_selection_with_one_fault_is_refused_by_name(codegen, fault):
    changes, said = CHANGED[fault]
    assert said in codegen.refused(**changes)


@pytest.mark.parametrize("key", ["reco", "parton", "particle", "max_events", "no_systematics", "no_filter"])
def test_each_of_upstreams_six_keys_must_be_there(codegen, selection, key):
    del selection[key]
    assert codegen.refused(selection) == f"selection: key '{key}' is missing"


def test_all_faults_of_a_selection_are_told_at_once(codegen):
    assert len(codegen.refused(max_events=-2, no_filter="no", imag="x").splitlines()) == 3


def test_every_error_of_every_yaml_is_told_with_its_place(codegen):
    message = codegen.refused(reco="Electrns: {}\nMuons:\n  - containrName: mu\n", particle="a: [1\n")
    first, *lines = message.splitlines()
    assert first == "The configuration is wrong for release 25.2.15:"
    assert any(line.startswith("reco.yaml:1:1: error: ") and "Electrons" in line for line in lines)
    assert any(line.startswith("reco.yaml:3:5: error: ") and "containerName" in line for line in lines)
    assert any(line.startswith("particle.yaml:2:1: error: ") for line in lines)


def test_a_message_has_an_end(codegen):
    message = codegen.refused(reco="".join(f"Wrong{n}: {{}}\n" for n in range(10_000)))
    assert len(message) < 5000
    last = message.splitlines()[-1]
    assert last.startswith("… and ")
    assert len(message.splitlines()) - 1 + int(last.split()[2]) == 10_001


def test_a_users_text_cannot_forge_a_line_of_the_message(codegen):
    message = codegen.refused(reco='"a\\nreco.yaml:9:9: \\e[31m\\u2028": {}\n')
    assert len(message.splitlines()) == 2
    assert r"a\nreco.yaml:9:9: \x1b[31m\u2028" in message


def test_one_very_long_problem_is_cut(codegen):
    assert len(codegen.refused(reco="x" * 100_000 + ": {}\n")) < 5000


@pytest.mark.parametrize(
    ("yaml", "settings", "release"),
    [
        ("# release: 24.2.37\n", {}, "24.2.37"),
        ("", {}, "25.2.15"),
        ("", {"TOPCP_DEFAULT_RELEASE": "24.2.37"}, "25.2.15"),
        ("", {"TRANSFORMER_SCIENCE_IMAGE": "x:latest", "TOPCP_DEFAULT_RELEASE": "24.2.37"}, "24.2.37"),
        ("# release: 25.2.15\n", {"TRANSFORMER_SCIENCE_IMAGE": "x:2.5.0"}, "25.2.15"),
    ],
)
def test_the_release_is_that_of_the_yaml_else_of_the_image_else_the_default(codegen_with, yaml, settings, release):
    codegen = codegen_with(**settings)
    assert codegen.made(reco="CommonServices: {}\n" + yaml).request["release"] == release
    assert f"wrong for release {release}" in codegen.refused(reco="Wrong: {}\n" + yaml)


def test_the_release_of_an_image_asked_for_counts_before_that_of_the_default_image(codegen_with):
    codegen = codegen_with(TOPCP_ALLOWED_IMAGES='["mine/"]')
    assert codegen.made(image="mine/x:2.5.0").request["release"] == "24.2.37"


def test_levels_that_name_different_releases_are_refused(codegen):
    message = codegen.refused(reco="A: {}\n# release: 25.2.15\n", particle="A: {}\n# release: 24.2.37\n")
    assert "reco.yaml says 25.2.15, particle.yaml says 24.2.37" in message


def test_warnings_do_not_reject_and_travel_in_the_request(codegen):
    yaml = "CommonServices: {}\n# release: 25.2.16\n"
    [note] = codegen.made(reco=yaml).request["warnings"]
    assert "there are no facts for 25.2.16" in note


def test_an_image_of_another_release_than_the_yaml_is_a_warning(codegen):
    [note] = codegen.made(reco="CommonServices: {}\n# release: 24.2.37\n").request["warnings"]
    assert note.startswith("checked for release 24.2.37, but the image ")


def test_a_configuration_that_no_configmap_can_hold_is_refused(codegen):
    yaml = "CommonServices: {}\n" + "#" * 262_000
    assert codegen.made(reco=yaml, parton=yaml).members["parton.yaml"].startswith(yaml.encode())
    message = codegen.refused(reco=yaml, parton=yaml, particle=yaml)
    found = re.fullmatch(
        r"The configuration is too large: (\d+) bytes in base64, and a pod takes less than 1048576\. "
        r"Shorten reco\.yaml \(262\d+ bytes\), parton\.yaml \(262\d+ bytes\), particle\.yaml \(262\d+ bytes\) "
        r"to (\d+) bytes in all",
        message,
    )
    assert int(found[1]) > 1_048_576
    assert 600_000 < int(found[2]) < 786_432


@given(st.dictionaries(st.text(), st.binary()))
def test_files_are_counted_as_kubernetes_encodes_them(members):
    assert base64_size(members) == sum(len(b64encode(data)) for data in members.values())


SELECTION = """
EventSelection:
  # a remark
  selectionCutsDict:
    common: |
      RUN_NUMBER >= 1
      SAVE
"""
ITEMS = """
EventSelection:
  - selectionName: ee
    selectionCuts: |
      RUN_NUMBER >= 1
  - {selectionName: mumu, selectionCuts: "RUN_NUMBER >= 2"}
"""


@pytest.mark.parametrize(
    ("release", "yaml", "expected"),
    [("25.2.52", SELECTION, [True]), ("25.2.88", SELECTION, [True]), ("25.2.110", ITEMS, [True, None])],
)
def test_no_filter_is_written_into_the_event_selection_of_the_release(codegen, release, yaml, expected):
    text = f"{yaml}# release: {release}\n"
    made = {keep: codegen.made(reco=text, no_filter=keep).members["reco.yaml"].decode() for keep in (False, True)}
    assert made[False].startswith(text)
    before, after = (PyYAML.safe_load(made[keep])["EventSelection"] for keep in (False, True))
    items = after if isinstance(after, list) else [after]
    assert [item.pop("noFilter", None) for item in items] == expected
    assert after == before
    assert made[True].endswith(made[False].rpartition("# release")[2])


def test_without_an_event_selection_there_is_nothing_to_write(codegen):
    kept, filtered = (codegen.made(no_filter=keep).members["reco.yaml"] for keep in (True, False))
    assert kept == filtered


def test_a_release_that_cannot_keep_all_events_refuses_no_filter(codegen, monkeypatch):
    monkeypatch.setattr("topcp_codegen.texts.OPTION", "noSuchOption")
    message = codegen.refused(reco=f"{SELECTION}# release: 25.2.52\n", no_filter=True)
    assert message == "no_filter: EventSelection has no option noSuchOption in 25.2.52, so events are dropped"


def test_every_yaml_ends_with_its_release_and_the_generator(codegen):
    members = codegen.made(reco="CommonServices: {}", parton="Output: {treeName: truth}\n").members
    for level in ("reco", "parton"):
        *_, release, generator = members[f"{level}.yaml"].decode().splitlines()
        assert release == "# release: 25.2.15"
        assert generator == f"# generator: servicex-topcp-codegen {VERSION}"


def test_the_script_is_told_which_trees_to_expect(codegen):
    reco = "Output: {treeName: ntuple}\n"
    assert codegen.made(reco=reco, parton="Output: {}\n", particle="CommonServices: {}\n").request["trees"] == {
        "reco": ["ntuple"],
        "parton": ["analysis"],
        "particle": [],
    }


PLAIN = st.text(st.characters(min_codepoint=0x20, exclude_categories=("C", "Z")))


@given(
    comment=PLAIN,
    levels=st.sets(st.sampled_from(["reco", "parton", "particle"]), min_size=1),
    max_events=st.integers(-1, 2**63 - 1),
    no_systematics=st.booleans(),
    no_filter=st.booleans(),
)
def test_any_valid_selection_becomes_data_beside_a_script_that_never_changes(codegen, comment, levels, **options):
    yaml = f"CommonServices: {{}}\n# '{comment}\n"
    texts = {level: yaml if level in levels else None for level in ("reco", "parton", "particle")}
    made, again = (codegen.made(texts | options) for _ in range(2))
    assert made.zip_data == again.zip_data
    members = made.members
    for name in ("transform_single_file.py", "transformer_capabilities.json"):
        assert members.pop(name) == (POD / name).read_bytes()
    request = json.loads(members.pop("request.json"))
    assert options.items() <= request.items()
    assert set(request) - set(options) == {"release", "generator", "warnings", "trees", "limits"}
    assert {name for name in members if name.endswith(".yaml")} == {f"{level}.yaml" for level in levels}
    for name, content in members.items():
        assert content.startswith(yaml.encode()) if name.endswith(".yaml") else content == (POD / name).read_bytes()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda some: st.lists(some, max_size=3)
)


@given(st.dictionaries(st.sampled_from(["reco", "max_events", "no_filter", "image"]) | st.text(), JSON, max_size=5))
def test_any_other_selection_is_refused_and_never_a_bug(codegen, changes):
    status, _ = codegen.post(**{"particle": None, **changes})
    assert status in {200, 400}


@given(st.text())
def test_any_yaml_is_accepted_or_refused_and_never_a_bug(codegen, text):
    status, _ = codegen.post(reco=text)
    assert status in {200, 400}


@given(st.text())
def test_any_text_for_a_selection_is_refused(codegen, text):
    assert codegen.post(text or "{}")[0] == 400
