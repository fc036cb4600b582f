"""The Dockerfiles: by the rules of hadolint, built without a registry for their syntax, with one choice of versions."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from .containers import ROOT

HADOLINT = Path(sys.executable).with_name("hadolint")
ROOMS = ("codegen", "harness", "science")
DOCKERFILES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*Dockerfile") if ".venv" not in path.parts)
each_dockerfile = pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: str(path.relative_to(ROOT)))


@pytest.mark.skipif(not HADOLINT.exists(), reason="hadolint has no wheel for this machine")
@each_dockerfile
def test_hadolint_finds_nothing(path: Path) -> None:
    done = subprocess.run([HADOLINT, path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@each_dockerfile
def test_no_frontend_is_fetched_and_every_base_image_can_be_chosen(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"^#\s*syntax\s*=", text, re.MULTILINE)
    stages = {"scratch", *re.findall(r"^FROM \S+ AS (\S+)", text, re.MULTILINE)}
    bases = set(re.findall(r"^FROM (\S+)", text, re.MULTILINE)) - stages
    arguments = set(re.findall(r"^ARG (\w+)=", text.split("\nFROM ")[0], re.MULTILINE))
    assert {base.strip("${}") for base in bases} <= arguments


def test_all_dockerfiles_mean_the_same_toolkit() -> None:
    text = "".join(path.read_text() for path in DOCKERFILES)
    assert len(set(re.findall(r"^ARG TOPCPTOOLKIT=(\S+)", text, re.MULTILINE))) == 1
