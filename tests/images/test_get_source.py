"""Where the source of TopCPToolkit comes from, and that a token for it stays where it was."""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from .containers import ROOT
from .git_server import TOKEN, git_server

pytestmark = pytest.mark.needs("git")


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """The script, in a folder of its own with no archive beside it."""
    (tmp_path / "get" / "archive").mkdir(parents=True)
    return Path(shutil.copy(ROOT / "science" / "analysisbase" / "get_source", tmp_path / "get"))


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A bare repository with the tag v2.17.0, in a folder for repositories."""
    bare, work = tmp_path / "repositories" / "TopCPToolkit.git", tmp_path / "work"
    git = ["git", "-c", "user.name=somebody", "-c", "user.email=somebody@localhost", "-C", str(work)]
    (work / "source").mkdir(parents=True)
    (work / "source" / "version.txt").write_text("2.17.0\n")
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "release"], ["tag", "v2.17.0"]):
        subprocess.run([*git, *command], check=True)
    subprocess.run(["git", "clone", "-q", "--bare", work, bare], check=True)
    return bare


def get_source(script: Path, url: str, token_file: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run the script; its folder is `source` beside it."""
    environment = {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": os.devnull}
    if token_file:
        environment["GITLAB_TOKEN_FILE"] = str(token_file)
    command = [script, "2.17.0", url, script.parent / "source"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_it_is_the_tag_of_the_repository(script: Path, repository: Path) -> None:
    assert get_source(script, f"file://{repository}").returncode == 0
    assert sorted(path.name for path in (script.parent / "source").rglob("*")) == ["source", "version.txt"]


def test_an_archive_goes_before_the_repository(script: Path, tmp_path: Path) -> None:
    inside = tmp_path / "TopCPToolkit-v2.17.0"
    inside.mkdir()
    (inside / "version.txt").write_text("2.17.0\n")
    with tarfile.open(script.parent / "archive" / "TopCPToolkit-v2.17.0.tar.gz", "w:gz") as archive:
        archive.add(inside, inside.name)
    assert get_source(script, "file:///nowhere").returncode == 0
    assert (script.parent / "source" / "version.txt").read_text() == "2.17.0\n"


def test_two_archives_are_one_too_many(script: Path) -> None:
    for version in ("2.16.0", "2.17.0"):
        (script.parent / "archive" / f"TopCPToolkit-{version}.tar.gz").touch()
    done = get_source(script, "file:///nowhere")
    assert (done.returncode, done.stdout) == (64, "")
    assert done.stderr.startswith("more than one source of TopCPToolkit: ")


def test_a_token_opens_the_repository_and_is_left_nowhere(script: Path, repository: Path, tmp_path: Path) -> None:
    token = tmp_path / "secret"
    token.write_text(f"{TOKEN}\n")
    with git_server(repository.parent) as address:
        done = get_source(script, f"{address}/TopCPToolkit.git", token)
    assert done.returncode == 0, done.stderr
    files = [path for path in (script.parent / "source").rglob("*") if path.is_file()]
    assert [path.name for path in files] == ["version.txt"]
    assert TOKEN not in done.stdout + done.stderr + files[0].read_text()


def test_without_the_token_the_repository_stays_closed(script: Path, repository: Path) -> None:
    with git_server(repository.parent) as address:
        done = get_source(script, f"{address}/TopCPToolkit.git")
    assert done.returncode != 0
    assert "could not read Username" in done.stderr
