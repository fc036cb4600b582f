"""The gate on a machine whose mirror fails for moments; what it runs are stand-ins that print how they were called."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LACKS = "nowhere-to-be-found"
STANDINS = {
    "apt-get": 'echo "apt-get $*"; [ "$1" = update ] || [ -e mirror ] || { touch mirror; exit 100; }',
    "sudo": 'shift; exec "$@"',
    "sleep": "true",
    "make": 'echo "make $*"; [ "$1" != "$FAILING" ]',
    "python3": "true",
    "go": '[ "$FAILING" != go ]',
    "docker": "true",
}


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    """A copy of the gate in an empty repository, on a machine that lacks two of its tools."""
    folder = tmp_path / "repository" / ".ci"
    folder.mkdir(parents=True)
    copy = folder / "run"
    text = (ROOT / ".ci" / "run").read_text()
    for tool in ("python3 make git", "minio/minio@"):
        assert tool in text
    text = text.replace("python3 make git", f"{LACKS} make git").replace("minio/minio@", f"minio/{LACKS}@")
    copy.write_text(text)
    standins = tmp_path / "bin"
    standins.mkdir()
    for name, does in STANDINS.items():
        (standins / name).write_text(f"#!/bin/sh\n{does}\n")
        (standins / name).chmod(0o755)
    return copy


def run(gate: Path, failing: str) -> subprocess.CompletedProcess[str]:
    path = f"{gate.parents[2] / 'bin'}:{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "FAILING": failing}
    bash = str(shutil.which("bash"))
    return subprocess.run([bash, gate], env=environment, capture_output=True, text=True, check=False)


def test_what_a_mirror_did_not_give_is_asked_for_again(gate: Path) -> None:
    done = run(gate, failing="")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(f"apt-get install -y -qq --no-install-recommends {LACKS}") == 2
    made = [line for line in done.stdout.splitlines() if line.startswith("make ")]
    assert made == [f"make {target}" for target in (".venv/.dev", "lint", "docs", "test", "images", "e2e")]
    assert done.stdout.splitlines()[-1] == "make e2e"  # so that a whole run ends with pytest's closing line


@pytest.mark.parametrize(
    ("failing", "named", "not_run"),
    [("docs", "make docs", "make test"), ("go", "go_programs", "make test"), ("images", "make images", "make e2e")],
)
def test_the_last_line_names_what_failed_and_nothing_runs_after_it(
    gate: Path, failing: str, named: str, not_run: str
) -> None:
    done = run(gate, failing)
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith("gate: FAILED at ")
    assert last.endswith(f": {named} (exit 1)")
    assert not_run not in done.stdout
