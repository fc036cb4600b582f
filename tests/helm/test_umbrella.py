"""The charts together with one of upstream's shape: by the overlay, and by the umbrella."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from .charts import CHART, HELM, UPSTREAM, HelmError, helm, make_umbrella, notes, objects, template
from .kubernetes import cluster

SERVICE = ("Service", "sx-code-gen-topcp")
ON = "transformers.topcp.enabled=true"
pytestmark = pytest.mark.needs("helm")


@pytest.fixture(scope="module")
def umbrella(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_umbrella(tmp_path_factory.mktemp("helm"))


def executed(text: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(compile(text, "app.conf", "exec"), names)
    return names


def test_the_overlay_makes_upstream_deploy_and_register_it_and_keeps_the_others() -> None:
    rendered = objects(template(HELM / "values-servicex.yaml", chart=UPSTREAM, release="sx"))
    names = executed(rendered["ConfigMap", "sx-flask-config"]["data"]["app.conf"])
    assert SERVICE in rendered
    assert names["CODE_GEN_SERVICE_URLS"]["topcp"] == "http://sx-code-gen-topcp:8000"
    assert names["CODE_GEN_IMAGES"] == {"uproot": "example/uproot:1.2", "topcp": "servicex-topcp/codegen:0.1.0"}


def test_until_it_is_enabled_the_umbrella_is_upstream_without_topcp(umbrella: Path) -> None:
    rendered = objects(template(chart=umbrella, release="sx"))
    assert rendered == objects(template("codeGen.topcp.enabled=false", chart=UPSTREAM, release="sx"))


def test_one_value_adds_it_beside_an_upstream_that_is_as_it_was(umbrella: Path) -> None:
    before = objects(template(chart=umbrella, release="sx"))
    after = objects(template(ON, chart=umbrella, release="sx"))
    alone = objects(template("servicex.release=sx", "registration.mode=job", release="sx"))
    assert after == before | alone


def test_the_hook_registers_the_service_that_is_rendered(umbrella: Path, tmp_path: Path) -> None:
    rendered = objects(template(ON, chart=umbrella, release="sx"))
    job = rendered["Job", "sx-code-gen-topcp-registration-add"]["spec"]["template"]["spec"]["containers"][0]
    (tmp_path / "token").write_text("a-token")
    with cluster(rendered["ConfigMap", "sx-flask-config"]["data"]["app.conf"]) as state:
        command = [sys.executable, "-B", CHART / "files/registration/register.py", "add", *job["args"]]
        command += [f"--api={state.address}", f"--credentials={tmp_path}"]
        subprocess.run(command, check=True, capture_output=True)
        names = executed(state.text)
    port = rendered[SERVICE]["spec"]["ports"][0]["port"]
    assert names["CODE_GEN_SERVICE_URLS"] == {
        "uproot": "http://sx-code-gen-uproot:8000",
        "topcp": f"http://{SERVICE[1]}:{port}",
    }
    assert names["CODE_GEN_IMAGES"]["topcp"] == job["image"]


def test_the_network_policy_lets_upstreams_app_in(umbrella: Path) -> None:
    rendered = objects(template(ON, chart=umbrella, release="sx"))
    (rule,) = rendered["NetworkPolicy", SERVICE[1]]["spec"]["ingress"]
    app = rendered["Deployment", "sx-servicex-app"]["spec"]["template"]["metadata"]["labels"]
    assert rule["from"][0]["podSelector"]["matchLabels"].items() <= app.items()


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ([ON, "servicex.codeGen.topcp.enabled=true"], "both enabled"),
        (["transformers.topcpp.enabled=true"], "topcpp"),
        ([ON, "transformers.topcp.replica=3"], "replica"),
    ],
)
def test_what_cannot_work_is_refused_by_name(values: list[str], named: str, umbrella: Path) -> None:
    with pytest.raises(HelmError) as refused:
        template(*values, chart=umbrella, release="sx")
    assert named in str(refused.value)


def test_values_reach_it_through_the_chart_in_between(umbrella: Path) -> None:
    rendered = objects(template(ON, "transformers.topcp.replicas=5", chart=umbrella, release="sx"))
    assert rendered["Deployment", SERVICE[1]]["spec"]["replicas"] == 5


def test_helm_lint_has_no_complaint_about_the_umbrella(umbrella: Path) -> None:
    assert "0 chart(s) failed" in helm("lint", "--strict", umbrella, "--kube-version", "1.34.0", "--set", ON)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([], "To add TopCPToolkit"),
        ([ON], "Registration by a job"),
        ([ON, "transformers.topcp.registration.mode=none"], "Registration is left to you"),
    ],
)
def test_the_notes_say_whether_it_is_there_and_who_registers_it(
    values: list[str], said: str, umbrella: Path, tmp_path: Path
) -> None:
    text = notes(umbrella, tmp_path, *values, release="sx")
    assert said in text
    assert ("http://sx-code-gen-topcp:8000" in text) is bool(values)
