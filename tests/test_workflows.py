"""What the GitHub workflows must keep to. They run at GitHub only; here they are read."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yaml"))
MAKEFILES = (ROOT / "Makefile", ROOT / ".github" / "release.mk")
TARGETS = {target for file in MAKEFILES for target in re.findall(r"^([a-z0-9-]+):", file.read_text(), re.MULTILINE)}

each_workflow = pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda file: file.name)


def jobs(workflow: Path) -> dict[str, dict[str, Any]]:
    return dict(yaml.safe_load(workflow.read_text())["jobs"])


def steps(workflow: Path) -> list[dict[str, Any]]:
    return [step for job in jobs(workflow).values() for step in job["steps"]]


@pytest.mark.needs("actionlint")
def test_actionlint_has_no_complaint() -> None:
    done = subprocess.run(["actionlint", *WORKFLOWS], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_zizmor_finds_no_weakness() -> None:
    zizmor = Path(sys.executable).with_name("zizmor")
    command = [zizmor, "--offline", "--quiet", "--persona=pedantic", ROOT / ".github"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@each_workflow
def test_a_foreign_action_is_named_by_its_commit_and_its_version(workflow: Path) -> None:
    uses = re.findall(r"uses: (.*)", workflow.read_text())
    assert uses
    assert [use for use in uses if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v[\d.]+", use)] == []


@each_workflow
def test_a_job_has_an_end_and_no_more_rights_than_it_names(workflow: Path) -> None:
    assert yaml.safe_load(workflow.read_text())["permissions"] == {}
    for name, job in jobs(workflow).items():
        assert job["timeout-minutes"] <= 120, name
        assert "permissions" in job, name


@each_workflow
def test_what_is_run_can_be_run_by_hand(workflow: Path) -> None:
    """A step runs targets of the Makefile, or the gate, which does."""
    for step in steps(workflow):
        for line in step.get("run", "").splitlines():
            command = re.fullmatch(r"make ([a-z0-9-]+)|bash \.ci/run", line)
            assert command, line
            assert command[1] is None or command[1] in TARGETS, line


@pytest.mark.parametrize("makefile", MAKEFILES, ids=lambda file: file.name)
def test_every_target_that_is_named_does_something(makefile: Path) -> None:
    """Of one that has no rule, make says that there is nothing to be done, and is content."""
    text = makefile.read_text().replace("\\\n", " ")
    named = {target for line in re.findall(r"^\.PHONY: (.*)", text, re.MULTILINE) for target in line.split()}
    assert named
    assert named <= set(re.findall(r"^([a-z0-9-]+):.*\n\t", text, re.MULTILINE))
