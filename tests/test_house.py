"""What holds for the repository as a whole (ARCHITECTURE.md)."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
MEMBERS = ("science/config", "science/columnar", "codegen", "client", "harness")


def tracked_files() -> list[Path]:
    """The files that git knows; of a source archive, all files."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def test_there_is_one_version() -> None:
    projects = [tomllib.loads((ROOT / member / "pyproject.toml").read_text())["project"] for member in MEMBERS]
    root = tomllib.loads((ROOT / "pyproject.toml").read_text())
    versions = {project["version"] for project in projects} | {root["project"]["version"]}
    assert versions == {root["tool"]["tbump"]["version"]["current"]}
    own = {project["name"] for project in projects}
    for project in projects:
        for dependency in project["dependencies"]:
            name, _, pin = dependency.partition("==")
            assert name not in own or pin in versions


def test_the_version_is_nowhere_but_where_a_release_changes_it() -> None:
    tbump = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["tbump"]
    known = {file["src"] for file in tbump["file"]}
    texts = [file for file in tracked_files() if file.suffix in {".toml", ".yaml", ".py"} and "tests" not in file.parts]
    written = re.compile(rf"(?<![\d.]){re.escape(tbump['version']['current'])}(?![\d.])")
    assert {str(file.relative_to(ROOT)) for file in texts if written.search(file.read_text())} == known


def test_nobody_knows_whom_he_should_not_know() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_pinned_requirements_hold_hashes_and_neither_paths_nor_addresses() -> None:
    for file in (ROOT / "requirements").glob("*.txt"):
        lines = file.read_text().splitlines()
        pins = [line for line in lines if line and not line.startswith((" ", "#"))]
        assert pins
        assert all(re.fullmatch(r"[\w.-]+==[\w.+!-]+( ; .*)? \\", pin) for pin in pins), file
        assert all(line.startswith("    --hash=sha256:") for line in lines if line.startswith(" ")), file


def test_no_file_names_a_package_registry_or_a_path_of_somebodys_machine() -> None:
    hosts = [
        "py" + "pi.org",
        "python" + "hosted",
        "np" + "mjs.",
        "crates" + ".io",
        "proxy.go" + "lang",
        "repo1.mav" + "en",
    ]
    forbidden = re.compile("|".join(map(re.escape, [*hosts, "/work" + "/main", "/work" + "/shared", "/root" + "/."])))
    texts = [file for file in tracked_files() if file.suffix not in {".png", ".root"}]
    assert [str(file) for file in texts if forbidden.search(file.read_text(errors="replace"))] == []


def test_the_exit_codes_of_the_engine_are_those_of_the_table() -> None:
    table = set(map(int, re.findall(r"^\| (\d+) \|", (ROOT / "ARCHITECTURE.md").read_text(), re.MULTILINE)))
    for errors in ("science/columnar/src/topcp_columnar/errors.py", "harness/src/servicex_harness/errors.py"):
        used = set(map(int, re.findall(r"exit_code(?:: [\w\[\]]+)? = (\d+)", (ROOT / errors).read_text())))
        assert used
        assert used <= table, errors


def test_every_test_that_the_threat_model_names_is_there() -> None:
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "SECURITY.md").read_text()))
    tests = [file for file in tracked_files() if file.suffix == ".py" and "tests" in file.parts]
    there = {name for file in tests for name in re.findall(r"^def (test_\w+)\(", file.read_text(), re.MULTILINE)}
    assert named
    assert named <= there
