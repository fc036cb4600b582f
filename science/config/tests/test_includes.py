"""`include:` is resolved by the toolkit's rules, and every place names the file it is in."""

from __future__ import annotations

import tracemalloc
from typing import TYPE_CHECKING

import pytest
import yaml
from topcp_config import ConfigError, check_file, load_file, merged_text

if TYPE_CHECKING:
    from pathlib import Path

RELEASE = "25.2.15"


@pytest.fixture
def configs(tmp_path: Path) -> Path:
    """A folder of configurations in a folder of its own, as the toolkit has them."""
    folder = tmp_path / "configs" / "mine"
    folder.mkdir(parents=True)
    return folder


def codes(path: Path) -> list[str]:
    return [p.code for p in check_file(path, release=RELEASE)]


def test_a_text_without_include_is_returned_as_it_is(configs: Path) -> None:
    text = "# release: 25.2.15\nMuons:   {containerName:  M}  # odd spaces stay\r\n"
    path = configs / "reco.yaml"
    path.write_bytes(text.encode())

    assert merged_text(path) == text


def test_local_keys_win_lists_grow_and_mappings_merge(configs: Path) -> None:
    (configs / "reco.yaml").write_text(
        "include: common.yaml\nOutput: {treeName: reco, vars: [a], containers: {el_: E}}\nMuons: [{containerName: M}]\n"
    )
    (configs / "common.yaml").write_text(
        "Output: {treeName: other, vars: [b], containers: {mu_: M, el_: X}}\n"
        "Muons: [{containerName: N}]\n"
        "PileupReweighting: {}\n"
    )

    assert yaml.safe_load(merged_text(configs / "reco.yaml")) == {
        "Output": {"treeName": "reco", "vars": ["a", "b"], "containers": {"el_": "E", "mu_": "M"}},
        "Muons": [{"containerName": "M"}, {"containerName": "N"}],
        "PileupReweighting": {},
    }


def test_an_include_works_at_any_level(configs: Path) -> None:
    (configs / "reco.yaml").write_text("Muons:\n  - containerName: M\n    PtEtaSelection: {include: cuts.yaml}\n")
    (configs / "cuts.yaml").write_text("minPt: 25000.0\n")

    (muons,) = load_file(configs / "reco.yaml", release=RELEASE).blocks

    assert muons.children[0].options["minPt"] == 25000.0


def test_the_directory_above_comes_first_then_the_own_one_then_datapath(
    configs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATAPATH", f"/nowhere:{tmp_path / 'data'}")
    (tmp_path / "data").mkdir()
    (configs / "reco.yaml").write_text("include: part.yaml\nMuons: {containerName: M}\n")
    for folder, name in ((tmp_path / "data", "data"), (configs, "own"), (configs.parent, "above")):
        (folder / "part.yaml").write_text(f"Output: {{treeName: {name}}}\n")
        assert yaml.safe_load(merged_text(configs / "reco.yaml"))["Output"]["treeName"] == name


def test_an_included_file_includes_from_its_own_directory(configs: Path) -> None:
    (configs / "parts").mkdir()
    (configs / "reco.yaml").write_text("include: parts/a.yaml\n")
    (configs / "parts" / "a.yaml").write_text("include: b.yaml\nOutput: {treeName: a}\n")
    (configs / "parts" / "b.yaml").write_text("Output: {treeName: b, vars: [x]}\n")

    assert yaml.safe_load(merged_text(configs / "reco.yaml")) == {"Output": {"treeName": "a", "vars": ["x"]}}


def test_of_several_files_the_earlier_wins(configs: Path) -> None:
    (configs / "reco.yaml").write_text("include: [a.yaml, b.yaml]\n")
    (configs / "a.yaml").write_text("Output: {treeName: a}\n")
    (configs / "b.yaml").write_text("Output: {treeName: b, postfix: b}\n")

    assert yaml.safe_load(merged_text(configs / "reco.yaml")) == {"Output": {"treeName": "a", "postfix": "b"}}


def test_a_mistake_in_an_included_file_is_placed_in_that_file(configs: Path) -> None:
    (configs / "reco.yaml").write_text("include: part.yaml\nMuons: {containerName: M, maxEta: wide}\n")
    (configs / "part.yaml").write_text("\nOutput:\n  treename: x\n")

    own, other = check_file(configs / "reco.yaml", release=RELEASE)

    assert (own.file, own.line, own.column) == (str(configs / "reco.yaml"), 2, 35)
    assert (other.file, other.line, other.column) == (str(configs / "part.yaml"), 3, 3)


def test_the_release_comment_survives_a_merge(configs: Path) -> None:
    (configs / "reco.yaml").write_text("# release: 25.2.15\ninclude: part.yaml\n")
    (configs / "part.yaml").write_text("Output: {treeName: x}\n")

    assert merged_text(configs / "reco.yaml").endswith("# release: 25.2.15\n")


def test_cuts_of_several_lines_survive_a_merge(configs: Path) -> None:
    cuts = "EL_N 25000 >= 1\n# a comment\nSAVE\n"
    part = {"EventSelection": {"selectionCutsDict": {"ejets": cuts}}}
    (configs / "reco.yaml").write_text("include: part.yaml\n")
    (configs / "part.yaml").write_text(yaml.safe_dump(part))

    assert yaml.safe_load(merged_text(configs / "reco.yaml")) == part


def test_what_is_included_twice_is_no_cycle(configs: Path) -> None:
    (configs / "reco.yaml").write_text(
        "Muons: {containerName: M, PtEtaSelection: {include: cuts.yaml}}\n"
        "Electrons: {containerName: E, PtEtaSelection: {include: cuts.yaml}}\n"
    )
    (configs / "cuts.yaml").write_text("minPt: 25000.0\n")

    assert codes(configs / "reco.yaml") == []


def test_a_cycle_is_told_with_its_place(configs: Path) -> None:
    (configs / "reco.yaml").write_text("include: a.yaml\nOutput: {}\n")
    (configs / "a.yaml").write_text("Muons: {containerName: M}\ninclude: reco.yaml\n")

    (problem,) = check_file(configs / "reco.yaml", release=RELEASE)

    assert (problem.code, problem.file, problem.line, problem.column) == (
        "include-cycle",
        str(configs / "a.yaml"),
        2,
        10,
    )
    assert "reco.yaml -> a.yaml -> reco.yaml" in problem.message


def test_a_missing_file_is_told_with_its_place_and_where_it_was_sought(configs: Path) -> None:
    (configs / "reco.yaml").write_text("Output: {}\ninclude:\n  - no.yaml\n")

    (problem,) = check_file(configs / "reco.yaml", release=RELEASE)

    assert (problem.code, problem.line, problem.column) == ("include-missing", 3, 5)
    assert str(configs) in (problem.hint or "")


@pytest.mark.parametrize("value", ["3", "{}", "[]", "[1]", "", "''"])
def test_an_include_of_what_is_no_path_is_told(configs: Path, value: str) -> None:
    (configs / "reco.yaml").write_text(f"include: {value}\nOutput: {{}}\n")

    assert codes(configs / "reco.yaml") == ["include-invalid"]


@pytest.mark.parametrize("part", ["- a list\n", "a word\n", "", "Output: [{}]\n"])
def test_an_included_file_that_does_not_fit_is_told(configs: Path, part: str) -> None:
    (configs / "reco.yaml").write_text("include: part.yaml\nOutput: {}\n")
    (configs / "part.yaml").write_text(part)

    assert codes(configs / "reco.yaml") == ["include-invalid"]


@pytest.mark.parametrize("name", ["a" * 5000, "x\\0y"], ids=["too long", "NUL"])
def test_a_name_that_no_file_can_have_is_a_missing_file(configs: Path, name: str) -> None:
    (configs / "reco.yaml").write_text(f'include: "{name}"\nOutput: {{}}\n')

    assert codes(configs / "reco.yaml") == ["include-missing"]


def test_a_broken_included_file_is_told(configs: Path) -> None:
    (configs / "reco.yaml").write_text("include: part.yaml\nOutput: {}\n")
    (configs / "part.yaml").write_bytes(b"Muons: \xff\n")

    (problem,) = check_file(configs / "reco.yaml", release=RELEASE)

    assert (problem.code, problem.file) == ("not-utf8", str(configs / "part.yaml"))


def test_all_files_together_may_have_256_kb(configs: Path) -> None:
    (configs / "reco.yaml").write_text("include: [a.yaml, a.yaml, a.yaml]\n")
    (configs / "a.yaml").write_text("# " + "x" * 100_000 + "\nOutput: {}\n")

    assert "too-large" in codes(configs / "reco.yaml")


def test_of_a_huge_file_only_the_beginning_is_read(configs: Path) -> None:
    path = configs / "DAOD_PHYSLITE.root"
    with path.open("wb") as file:
        file.truncate(2**30)
    (configs / "reco.yaml").write_text(f"include: {path.name}\nMuons: {{containerName: M}}\n")

    tracemalloc.start()
    found = codes(path), codes(configs / "reco.yaml")
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert found == (["too-large"], ["too-large"])
    assert most < 2**23


def test_files_that_nest_without_end_are_refused(configs: Path) -> None:
    for n in range(100):
        (configs / f"{n}.yaml").write_text(f"include: {n + 1}.yaml\n")

    assert codes(configs / "0.yaml") == ["too-deep"]


def test_nesting_adds_up_over_files(configs: Path) -> None:
    for n in range(5):
        (configs / f"{n}.yaml").write_text("{a: " * 30 + f"{{include: {n + 1}.yaml}}" + "}" * 30)

    assert codes(configs / "0.yaml") == ["too-deep"]


def test_a_file_included_through_many_aliases_is_refused_once(configs: Path) -> None:
    (configs / "reco.yaml").write_text("a: &a {include: part.yaml}\nb: [" + "*a, " * 5000 + "]\n")
    (configs / "part.yaml").write_text("x: " + "y" * 1000 + "\n")

    assert codes(configs / "reco.yaml") == ["too-large"]


def test_a_file_that_is_not_there_is_a_problem_not_a_traceback(configs: Path) -> None:
    (missing,) = check_file(configs / "no.yaml", release=RELEASE)
    (folder,) = check_file(configs, release=RELEASE)

    assert missing.code == folder.code == "unreadable-file"
    with pytest.raises(ConfigError):
        merged_text(configs / "no.yaml")


def test_text_that_no_file_can_hold_is_a_problem_not_a_traceback(configs: Path) -> None:
    (problem,) = check_file(configs / "reco.yaml", release=RELEASE, text="Muons: \ud800")

    assert problem.code == "not-utf8"


@pytest.mark.parametrize("first", ["", "include: common.yaml\n"])
def test_what_aliases_share_is_seen_in_a_file_too(configs: Path, first: str) -> None:
    (configs / "common.yaml").write_text("CommonServices: {}\n")
    electrons = "Electrons: {containerName: E, PtEtaSelection: &cuts {minPt: 25000.0}}\n"
    (configs / "reco.yaml").write_text(f"{first}{electrons}Muons: {{containerName: M, PtEtaSelection: *cuts}}\n")

    found = [p.code for p in check_file(configs / "reco.yaml", release="24.2.37")]

    assert "shared-block" in found


def test_merging_needs_files_that_can_be_read(configs: Path) -> None:
    (configs / "reco.yaml").write_text("include: part.yaml\n")
    with pytest.raises(ConfigError) as caught:
        merged_text(configs / "reco.yaml")

    assert [p.code for p in caught.value.problems] == ["include-missing"]
