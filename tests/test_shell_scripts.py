"""The shell scripts that are shipped or run by make and CI, by the rules of shellcheck."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SHELLCHECK = Path(sys.executable).with_name("shellcheck")


def shell_scripts() -> list[str]:
    """The tracked files that a shell reads."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    found = []
    for name in filter(None, listed.split("\0")):
        path = ROOT / name
        start = path.read_bytes()[:64].partition(b"\n")[0] if path.is_file() else b""
        if start.startswith((b"#!/usr/bin/env bash", b"#!/bin/bash", b"#!/bin/sh", b"# shellcheck shell=")):
            found.append(name)
    return found


@pytest.mark.skipif(not SHELLCHECK.exists(), reason="shellcheck has no wheel for this machine")
def test_shellcheck_finds_nothing() -> None:
    scripts = shell_scripts()
    assert "science/analysisbase/get_source" in scripts
    # Scripts of the images source each other where they lie in a container.
    command = [SHELLCHECK, "--exclude=SC1090,SC1091", *scripts]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
