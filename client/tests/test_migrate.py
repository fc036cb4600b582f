"""`topcp migrate` as a user meets it: what is written where, what is said, and its exit codes."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from topcp_config import check_text

from .command import TALK, topcp

OLD = """\
# release: 25.2.15
Electrons:
  - containerName: AnaElectrons
    WorkingPoint:
      - selectionName: tight
        likelihoodWP: 'TightLH'  # as in the note
        isolationWP: NonIso
"""
NEW = OLD.replace("likelihoodWP", "identificationWP").replace("25.2.15", "25.2.52")


@pytest.fixture
def old(tmp_path: Path) -> Path:
    (tmp_path / "reco.yaml").write_text(OLD)
    return tmp_path / "reco.yaml"


def test_the_result_is_on_standard_output_and_what_was_done_on_standard_error(old: Path) -> None:
    done = topcp("migrate", old, "--to", "25.2.52")
    assert (done.returncode, done.stdout) == (0, NEW)
    assert "  6: Electrons[0].WorkingPoint[0].likelihoodWP: renamed to identificationWP" in done.stderr
    assert done.stderr.splitlines()[-1].startswith(f"{old}: 2 changes, ")
    assert done.stderr.splitlines()[-1].endswith("accepted by 25.2.52")
    assert old.read_text() == OLD


def test_standard_input_is_read_for_a_dash() -> None:
    assert topcp("migrate", "-", "--to", "25.2.52", stdin=OLD).stdout == NEW


def test_check_writes_nothing_and_its_exit_code_says_whether_something_must_change(old: Path) -> None:
    stale = topcp("migrate", old, "--to", "25.2.52", "--check")
    assert stale.returncode == 65
    assert "renamed to identificationWP" in stale.stdout
    assert old.read_text() == OLD
    old.write_text(NEW)
    assert topcp("migrate", old, "--to", "25.2.52", "--check").returncode == 0


def test_a_folder_is_rewritten_in_place_with_its_permissions(old: Path) -> None:
    old.chmod(0o640)
    (old.parent / "particle.yaml").write_text("# release: 25.2.15\nPL_Electrons: {}\n")
    done = topcp("migrate", old.parent, "--to", "25.2.52", "--in-place")
    assert done.returncode == 0, done.stdout
    assert old.read_text() == NEW
    assert stat.S_IMODE(old.stat().st_mode) == 0o640
    assert sorted(path.name for path in old.parent.iterdir()) == ["particle.yaml", "reco.yaml"]


def test_output_names_another_file(old: Path, tmp_path: Path) -> None:
    assert topcp("migrate", old, "--to", "25.2.52", "--output", tmp_path / "new.yaml").returncode == 0
    assert ((tmp_path / "new.yaml").read_text(), old.read_text()) == (NEW, OLD)


def test_json_holds_changes_decisions_and_the_text(old: Path) -> None:
    done = topcp("migrate", old, "--to", "25.2.52", "--json")
    (file,) = json.loads(done.stdout)["files"]
    assert (file["from"]["name"], file["to"]["name"]) == ("25.2.15", "25.2.52")
    assert (file["changed"], file["accepted"], file["text"]) == (True, True, NEW)
    assert (6, "Electrons[0].WorkingPoint[0].likelihoodWP") in [(n["line"], n["path"]) for n in file["changes"]]


@pytest.mark.parametrize("release", ["24.2.37", "25.2.29", "25.2.52", "25.2.110"])
def test_the_example_can_be_taken_to_any_release(release: str) -> None:
    done = topcp("migrate", TALK / "reco.yaml", "--to", release)
    assert done.returncode == 0, done.stderr
    assert not [p for p in check_text(done.stdout, release=release) if p.severity == "error"]


def test_a_result_that_is_not_accepted_ends_with_65_and_says_what_is_left(old: Path) -> None:
    old.write_text(OLD.replace("likelihoodWP", "lieklihoodWP"))
    done = topcp("migrate", old, "--to", "25.2.52")
    assert done.returncode == 65
    assert "lieklihoodWP" in done.stderr
    assert done.stderr.splitlines()[-1].endswith("left")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["reco.yaml"], 64, "Missing option '--to'"),
        (["reco.yaml", "--to", "newest"], 64, "'--to': 'newest' is no release; known are 24.2.37, "),
        (["reco.yaml", "--to", "25.2.52", "--check", "--in-place"], 64, "give one of --check, --output and --in-place"),
        (["-", "--to", "25.2.52", "--in-place"], 64, "standard input cannot be written in place"),
        (["reko.yaml", "--to", "25.2.52"], 66, "did you mean 'reco.yaml'?"),
        (["reco.yaml", "--to", "25.2.52", "--output", "no/such/folder.yaml"], 73, "cannot write no/such/folder.yaml"),
    ],
)
def test_a_wrong_command_line_has_its_exit_code_and_one_message(
    arguments: list[str], code: int, message: str, old: Path
) -> None:
    done = topcp("migrate", *arguments, cwd=old.parent)
    assert done.returncode == code
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert old.read_text() == OLD


def test_what_is_no_yaml_is_shown_at_its_place(tmp_path: Path) -> None:
    (tmp_path / "reco.yaml").write_text("Electrons: [\n")
    done = topcp("migrate", tmp_path / "reco.yaml", "--to", "25.2.52")
    assert done.returncode == 65
    assert done.stdout.startswith(f"{tmp_path}/reco.yaml:")
    assert done.stderr == ""
