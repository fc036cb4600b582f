"""`topcp validate` as a user meets it: its text, its JSON, its exit codes, and that it starts at once."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from .command import TALK, TOPCP, topcp

MISSPELT = """\
# release: 25.2.15
Muons:
  - containerName: AnaMuons
    PtEtaSelektion: {}
"""


@pytest.mark.parametrize("path", [TALK, TALK / "reco.yaml"])
def test_a_valid_file_or_folder_ends_with_0_and_one_line(path: Path) -> None:
    done = topcp("validate", path)
    assert done.returncode == 0, done.stdout
    assert done.stdout.splitlines()[-1].startswith(
        f"{path}: valid for release 25.2.15 (from the comment in {TALK / 'reco.yaml'})"
    )
    assert done.stderr == ""


def test_a_problem_is_shown_with_its_line_and_a_caret_under_its_place(tmp_path: Path) -> None:
    (tmp_path / "reco.yaml").write_text(MISSPELT)
    done = topcp("validate", "reco.yaml", cwd=tmp_path)
    assert done.returncode == 65
    headline, source, caret, *_, verdict = done.stdout.splitlines()
    assert headline.startswith("reco.yaml:4:5: error: ")
    assert source.endswith("|     PtEtaSelektion: {}")
    assert caret.index("^") == source.index("PtEta")
    assert "PtEtaSelection" in done.stdout
    assert verdict.startswith("reco.yaml: invalid for release 25.2.15")
    assert verdict.endswith("1 error")


def test_a_problem_of_an_included_file_is_shown_in_that_file(tmp_path: Path) -> None:
    (tmp_path / "reco.yaml").write_text("# release: 25.2.15\ninclude: muons.yaml\n")
    (tmp_path / "muons.yaml").write_text(MISSPELT)
    done = topcp("validate", tmp_path / "reco.yaml")
    assert done.returncode == 65
    assert done.stdout.startswith(f"{tmp_path}/muons.yaml:4:5: error: ")
    assert "|     PtEtaSelektion: {}" in done.stdout


def test_without_a_terminal_there_are_no_colours(tmp_path: Path) -> None:
    (tmp_path / "reco.yaml").write_text(MISSPELT)
    assert "\x1b" not in topcp("validate", tmp_path).stdout


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_on_a_terminal_there_are_colours_unless_no_color_is_set(tmp_path: Path) -> None:
    (tmp_path / "reco.yaml").write_text(MISSPELT)
    assert "\x1b[" in on_a_terminal(tmp_path, {})
    assert "\x1b[" not in on_a_terminal(tmp_path, {"NO_COLOR": "1"})


def on_a_terminal(path: Path, environment: dict[str, str]) -> str:
    code = f"import pty, sys; sys.exit(pty.spawn([{str(TOPCP)!r}, 'validate', {str(path)!r}]) >> 8)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 65
    return done.stdout


def test_standard_input_is_read_for_a_dash() -> None:
    done = topcp("validate", "-", stdin=MISSPELT)
    assert done.returncode == 65
    assert done.stdout.startswith("<stdin>:4:5: error: ")
    assert "|     PtEtaSelektion: {}" in done.stdout


def test_json_lists_the_problems_and_the_release_used() -> None:
    done = topcp("validate", "-", "--json", stdin=MISSPELT)
    found = json.loads(done.stdout)
    assert done.returncode == 65
    assert found["valid"] is False
    assert found["release"]["name"] == "25.2.15"
    (problem,) = found["problems"]
    assert (problem["severity"], problem["file"], problem["line"], problem["column"]) == ("error", "<stdin>", 4, 5)


def test_json_of_a_valid_file() -> None:
    done = topcp("validate", TALK, "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["valid"] is True


def test_the_release_of_the_command_line_wins() -> None:
    done = topcp("validate", TALK, "--release", "24.2.37")
    assert "for release 24.2.37 (as asked)" in done.stdout


def test_the_level_of_a_single_file_can_be_said(tmp_path: Path) -> None:
    (tmp_path / "truth.yaml").write_text("# release: 25.2.15\nPL_Electrons: {}\n")
    assert topcp("validate", tmp_path / "truth.yaml").returncode == 65
    assert topcp("validate", tmp_path / "truth.yaml", "--level", "particle").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["validate", "nowhere.yaml"], 66, "topcp: no such file: nowhere.yaml"),
        (["validate"], 64, "Missing argument 'PATH'"),
        (["validate", "-", "--level", "hadron"], 64, "'hadron' is not one of 'reco', 'parton', 'particle'"),
        (["validate", "-", "--release", "newest"], 64, "'--release': 'newest' is no release; known are 24.2.37, "),
        (["valdate"], 64, "No such command 'valdate'"),
        ([], 64, "Usage: topcp"),
    ],
)
def test_a_wrong_command_line_has_its_exit_code_and_one_message(
    arguments: list[str], code: int, message: str, tmp_path: Path
) -> None:
    done = topcp(*arguments, cwd=tmp_path)
    assert done.returncode == code
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_input_that_is_not_text_is_a_configuration_error(tmp_path: Path) -> None:
    (tmp_path / "reco.yaml").write_bytes(b"Muons: \xff\xfe\x00\n")
    for arguments in (["reco.yaml"], ["-"]):
        with (tmp_path / "reco.yaml").open("rb") as stdin:
            done = subprocess.run(
                [TOPCP, "validate", *arguments], stdin=stdin, capture_output=True, text=True, check=False, cwd=tmp_path
            )
        assert done.returncode == 65
        assert "not-utf8" in done.stdout


def test_the_help_says_of_each_command_in_one_whole_line_what_it_does() -> None:
    assert topcp("-h").stdout == topcp("--help").stdout
    commands = topcp("--help").stdout.partition("Commands:\n")[2].splitlines()
    assert len(commands) == 11
    assert all(line.endswith(".") and not line.endswith("...") for line in commands)


def test_the_version_is_shown() -> None:
    done = topcp("--version")
    assert (done.returncode, done.stdout) == (0, f"topcp {version('servicex-topcp')}\n")


@pytest.mark.parametrize("arguments", [["--help"], ["validate", str(TALK)]])
def test_what_must_start_at_once_imports_nothing_slow(arguments: list[str]) -> None:
    code = (
        "import sys; sys.argv = ['topcp', *sys.argv[1:]]\n"
        "from servicex_topcp.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print('imported:', *sorted({name.split('.')[0] for name in sys.modules}))\n"
    )
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
    imported = set(done.stdout.splitlines()[-1].split())
    assert "servicex_topcp" in imported
    assert not imported & {"servicex", "pydantic", "rich", "numpy", "uproot", "awkward"}
