"""What Kubernetes, a reader of YAML and chart-testing think of the charts."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import kubernetes_validate
import pytest
import yamale
import yaml

from .charts import CHART, EVERYTHING, HELM, ROOT, helm, objects, template

MINIMAL = "servicex.release=sx"
YAMLLINT = Path(sys.executable).with_name("yamllint")


# The oldest Kubernetes that Chart.yaml admits, and the newest whose schemas there are.
@pytest.mark.parametrize("version", ["1.25", kubernetes_validate.latest_version()])
@pytest.mark.parametrize("values", [MINIMAL, EVERYTHING], ids=["minimal", "everything"])
@pytest.mark.needs("helm")
def test_kubernetes_knows_every_field(values: str | Path, version: str) -> None:
    for (kind, _), each in objects(template(values)).items():
        if kind != "ServiceMonitor":  # the Prometheus operator's
            kubernetes_validate.validate(each, version, strict=True)


def yamllint(*arguments: str | Path, text: str | None = None) -> None:
    done = subprocess.run(
        [YAMLLINT, "--strict", *arguments], input=text, capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.returncode == 0, done.stdout


def test_yaml_is_in_order() -> None:
    files = [*HELM.glob("*.yaml"), *HELM.glob("*/*.yaml"), *HELM.glob("*/ci/*.yaml"), *EVERYTHING.parent.glob("*.yaml")]
    assert CHART / "values.yaml" in files
    yamllint("--config-file", ct()["lint-conf"], *files)


@pytest.mark.parametrize("values", [MINIMAL, EVERYTHING], ids=["minimal", "everything"])
@pytest.mark.needs("helm")
def test_no_key_is_rendered_twice(values: str | Path) -> None:
    yamllint("--config-data", "rules: {key-duplicates: enable}", "-", text=template(values))


def ct() -> dict[str, str]:
    """The configuration of chart-testing, which runs in the repository's root."""
    return dict(yaml.safe_load((HELM / "ct.yaml").read_text()))


def test_chart_testing_finds_its_settings_and_they_fit_the_charts() -> None:
    schema = yamale.make_schema(ROOT / ct()["chart-yaml-schema"])
    charts = {file.parent.name for file in HELM.glob("*/Chart.yaml")}
    assert set(ct()["excluded-charts"]) < charts
    for chart in charts:
        yamale.validate(schema, yamale.make_data(HELM / chart / "Chart.yaml"))


@pytest.mark.needs("helm")
def test_chart_testing_has_values_with_which_the_chart_can_be_linted() -> None:
    values = [*CHART.glob("ci/*-values.yaml")]
    assert values
    for file in values:
        assert "0 chart(s) failed" in helm("lint", "--strict", CHART, "--kube-version", "1.34.0", "--values", file)


def test_a_field_that_kubernetes_does_not_know_would_be_found() -> None:
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "x"}, "automountToken": False}
    with pytest.raises(kubernetes_validate.ValidationError, match="automountToken"):
        kubernetes_validate.validate(account, "1.34", strict=True)
