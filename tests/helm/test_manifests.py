"""What Kubernetes and a reader of YAML think of the charts."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from .charts import CHART, EVERYTHING, HELM, template

MINIMAL = "servicex.release=sx"


# The oldest Kubernetes that Chart.yaml admits, and the newest whose schemas kubectl-validate carries.
@pytest.mark.parametrize("version", ["1.25", "1.30"])
@pytest.mark.parametrize("values", [MINIMAL, EVERYTHING], ids=["minimal", "everything"])
@pytest.mark.needs("helm", "kubectl-validate")
def test_kubernetes_knows_every_field(values: str | Path, version: str, tmp_path: Path) -> None:
    file = tmp_path / "rendered.yaml"
    file.write_text(template(values))
    command = ["kubectl-validate", "--version", version, file]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.needs("yamllint")
def test_yaml_is_in_order() -> None:
    files = [*HELM.glob("*.yaml"), *HELM.glob("*/*.yaml"), *EVERYTHING.parent.glob("*.yaml")]
    assert CHART / "values.yaml" in files
    command = ["yamllint", "--strict", "--config-file", HELM / ".yamllint.yaml", *files]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("values", [MINIMAL, EVERYTHING], ids=["minimal", "everything"])
@pytest.mark.needs("helm", "yamllint")
def test_no_key_is_rendered_twice(values: str | Path) -> None:
    command = ["yamllint", "--strict", "--config-data", "rules: {key-duplicates: enable}", "-"]
    done = subprocess.run(command, input=template(values), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
