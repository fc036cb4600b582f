"""A stranger's first hour, on a machine with Python and nothing else: README and tutorial, typed from top to bottom.

The machine is a container of the official Python image; git and make come from Debian, as the README says.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import uproot

from tests.docs.documents import Shell, Step, follow, steps
from tests.images.containers import ROOT, docker

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(3600), pytest.mark.needs("docker")]
IMAGE = "python:3.11-slim-bookworm"
TOOLS = "apt-get install git make"
RETRIES = "echo 'Acquire::Retries 5;' > /etc/apt/apt.conf.d/80retries"  # mirrors fail for moments
DEMO = re.compile(r"demo: (\d+) events, (\d+) branches, (\d+) systematics -> build/(demo/\S+\.root)")


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A container with Python, git, make, and a clone of the repository in the home; its id."""
    clone = tmp_path_factory.mktemp("stranger") / "servicex-topcp"
    subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)
    container = docker("run", "--detach", "--init", IMAGE, "sleep", "infinity").stdout.strip()
    try:
        docker("cp", clone, f"{container}:/root")
        docker("exec", container, "sh", "-c", f"{RETRIES} && apt-get update && {TOOLS} --yes --no-install-recommends")
        yield container
    finally:
        docker("rm", "--force", container)


def typed_on(machine: str, folder: str, todo: list[Step]) -> None:
    follow(todo, lambda: Shell("docker", "exec", "--interactive", "--workdir", folder, machine, "bash"))


# What it has one type into Python is for a ServiceX with the grid behind it, and `make test` is the gate's (.ci/run).
README = [
    step for step in steps(ROOT / "README.md") if step.language == "sh" and not step.typed.startswith("make test")
]


def test_the_readme_does_what_it_says(machine: str, tmp_path: Path) -> None:
    assert TOOLS in (ROOT / "README.md").read_text()
    typed_on(machine, "/root/servicex-topcp", README)
    docker("cp", f"{machine}:/root/servicex-topcp/build/demo", tmp_path)
    assert_is_what_the_readme_shows(tmp_path)


def assert_is_what_the_readme_shows(build: Path) -> None:
    """A real ntuple, plot and report: what `make demo` prints, which is what the README shows, is what there is."""
    shown = DEMO.search((ROOT / "README.md").read_text())
    assert shown
    with uproot.open(build / shown[4]) as file:
        systematics = len(file["listOfSystematics"].axis().labels())
        found = [file["reco"].num_entries, len(file["reco"].keys()), systematics]
    assert found == [int(number) for number in shown.groups()[:3]]
    assert (build / "demo" / "plot.png").stat().st_size > 10_000
    assert json.loads((build / "demo" / "report.json").read_text())


def test_the_tutorial_does_what_it_says(machine: str) -> None:
    typed_on(machine, "/root", steps(ROOT / "docs" / "tutorial.md"))
