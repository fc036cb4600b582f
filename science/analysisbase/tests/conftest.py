"""The exporter, run where modules of our own stand in for an AnalysisBase."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[1] / "export_facts.py"
STANDINS = Path(__file__).parent / "standins"

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def run() -> Run:
    """Runs the exporter with the stand-ins of an era, or of none."""

    def run(era: str | None, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        environment = {name: value for name, value in os.environ.items() if not name.endswith("_VERSION")}
        if era:
            environment |= {"PYTHONPATH": str(STANDINS / era), "DATAPATH": str(STANDINS / era / "data")}
        command = [sys.executable, str(SCRIPT), *map(str, arguments)]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)

    return run


@pytest.fixture(scope="session")
def exported(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], dict[str, Any]]:
    """The facts that the exporter writes in an era."""
    releases = {"era2024": "24.2.37", "era2025": "25.2.70"}
    made: dict[str, dict[str, Any]] = {}

    def exported(era: str) -> dict[str, Any]:
        if era not in made:
            output = tmp_path_factory.mktemp("facts")
            done = run(era, "--release", releases[era], "--toolkit", "2.5.0", "--output", output)
            assert done.returncode == 0, done.stderr
            made[era] = json.loads(Path(done.stdout.strip()).read_text())
        return made[era]

    return exported
