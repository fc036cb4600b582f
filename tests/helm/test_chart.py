"""What the chart servicex-topcp makes of its values."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from topcp_codegen.deployment import IMAGE, SETTINGS, Deployment

from .charts import CHART, EVERYTHING, HELM, ROOT, HelmError, Objects, helm, notes, objects, template

NAME = "sx-code-gen-topcp"
MINIMAL = "servicex.release=sx"
pytestmark = pytest.mark.needs("helm")


@pytest.fixture(scope="module")
def minimal() -> Objects:
    return objects(template(MINIMAL))


@pytest.fixture(scope="module")
def everything() -> Objects:
    return objects(template(EVERYTHING))


@pytest.fixture(params=["minimal", "everything"])
def rendered(request: pytest.FixtureRequest) -> Objects:
    found: Objects = request.getfixturevalue(request.param)
    return found


def pod_of(rendered: Objects) -> dict[str, Any]:
    template_: dict[str, Any] = rendered["Deployment", NAME]["spec"]["template"]
    return template_


def environment(rendered: Objects) -> dict[str, str | None]:
    (container,) = pod_of(rendered)["spec"]["containers"]
    names = [each["name"] for each in container["env"]]
    assert len(set(names)) == len(names)
    return {each["name"]: each.get("value") for each in container["env"]}


@pytest.mark.parametrize("values", [["--set", MINIMAL], ["--values", EVERYTHING]], ids=["minimal", "everything"])
def test_helm_lint_has_no_complaint(values: list[str]) -> None:
    assert "0 chart(s) failed" in helm("lint", "--strict", CHART, "--kube-version", "1.34.0", *values)


def test_servicex_finds_the_code_generator_under_the_name_it_calls(rendered: Objects) -> None:
    service = rendered["Service", NAME]["spec"]
    (container,) = pod_of(rendered)["spec"]["containers"]
    (port,) = service["ports"]
    assert port["port"] == 8000
    assert {each["name"]: each["containerPort"] for each in container["ports"]}[port["targetPort"]] == 5000


def test_every_selector_finds_the_pods_and_holds_no_version(rendered: Objects) -> None:
    labels = pod_of(rendered)["metadata"]["labels"].items()
    selectors = [
        rendered["Service", NAME]["spec"]["selector"],
        rendered["Deployment", NAME]["spec"]["selector"]["matchLabels"],
        rendered["PodDisruptionBudget", NAME]["spec"]["selector"]["matchLabels"],
        rendered["NetworkPolicy", NAME]["spec"]["podSelector"]["matchLabels"],
    ]
    for selector in selectors:
        assert selector
        assert selector.items() <= labels
        assert not {"helm.sh/chart", "app.kubernetes.io/version"} & set(selector)


def test_pods_hold_no_token_no_root_and_no_capability(rendered: Objects) -> None:
    pod = pod_of(rendered)["spec"]
    (container,) = pod["containers"]
    assert pod["automountServiceAccountToken"] is False
    assert ("ServiceAccount", pod["serviceAccountName"]) in rendered
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


def test_the_code_generator_takes_the_settings_as_they_are_rendered(everything: Objects, minimal: Objects) -> None:
    given = yaml.safe_load(EVERYTHING.read_text())
    settings = Deployment.read(environment(everything))
    assert settings.image == given["scienceImage"]
    assert [*settings.allowed] == [given["scienceImage"], *given["allowedImages"]]
    assert settings.default_release == given["defaultRelease"]
    parser, *limits = given["transform"].values()
    assert (settings.stats_parser, [*settings.limits.values()]) == (parser, limits)
    assert set(environment(everything)) >= set(SETTINGS)


def test_without_values_the_code_generator_has_its_own_defaults(minimal: Objects) -> None:
    rendered = environment(minimal)
    assert Deployment.read(rendered) == Deployment.read({IMAGE: rendered[IMAGE]})


def test_probes_ask_routes_that_the_code_generator_has(rendered: Objects) -> None:
    (container,) = pod_of(rendered)["spec"]["containers"]
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert container[probe]["httpGet"]["path"] in described_routes()


def test_prometheus_finds_the_service_and_a_route_that_the_code_generator_has(everything: Objects) -> None:
    monitor = everything["ServiceMonitor", NAME]
    service = everything["Service", NAME]
    assert monitor["spec"]["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    (endpoint,) = monitor["spec"]["endpoints"]
    assert endpoint["port"] in {port["name"] for port in service["spec"]["ports"]}
    assert endpoint["path"] in described_routes()
    assert monitor["metadata"]["labels"]["release"] == "prometheus"


def test_the_renewer_keeps_the_proxy_that_servicex_mounts_and_may_write_no_other_secret(
    everything: Objects, minimal: Objects
) -> None:
    assert not any("x509" in name for _, name in minimal)
    name = f"{NAME}-x509"
    rules = everything["Role", name]["rules"]
    assert {"apiGroups": [""], "resources": ["secrets"], "resourceNames": ["x509-proxy"], "verbs": ["patch"]} in rules
    assert [rule["verbs"] for rule in rules if "resourceNames" not in rule] == [["create"]]
    pod = everything["Deployment", name]["spec"]["template"]
    (container,) = pod["spec"]["containers"]
    assert "--secret=x509-proxy" in container["args"]
    known = (ROOT / "harness" / "x509" / "README.md").read_text()
    assert all(f"`{argument.partition('=')[0]}" in known for argument in container["args"])
    assert not everything["Service", NAME]["spec"]["selector"].items() <= pod["metadata"]["labels"].items()


def described_routes() -> set[str]:
    return set(yaml.safe_load((ROOT / "codegen/src/topcp_codegen/openapi.yaml").read_text())["paths"])


def test_a_digest_goes_before_a_tag_and_the_version_of_the_application_is_the_default(
    everything: Objects, minimal: Objects
) -> None:
    image = yaml.safe_load(EVERYTHING.read_text())["image"]
    version = yaml.safe_load((CHART / "Chart.yaml").read_text())["appVersion"]
    assert pod_of(everything)["spec"]["containers"][0]["image"] == f"{image['repository']}@{image['digest']}"
    assert pod_of(minimal)["spec"]["containers"][0]["image"] == f"servicex-topcp/codegen:{version}"


def test_only_servicex_may_call_and_nothing_may_leave(minimal: Objects) -> None:
    policy = minimal["NetworkPolicy", NAME]["spec"]
    assert set(policy["policyTypes"]) == {"Ingress", "Egress"}
    assert "egress" not in policy
    assert [rule["from"] for rule in policy["ingress"]] == [
        [{"podSelector": {"matchLabels": {"app": "sx-servicex-app"}}}]
    ]


def test_with_autoscaling_the_deployment_sets_no_number_of_pods(everything: Objects, minimal: Objects) -> None:
    assert "replicas" not in everything["Deployment", NAME]["spec"]
    assert everything["HorizontalPodAutoscaler", NAME]["spec"]["scaleTargetRef"]["name"] == NAME
    assert minimal["Deployment", NAME]["spec"]["replicas"] == 2
    assert ("HorizontalPodAutoscaler", NAME) not in minimal


def test_what_the_operator_adds_reaches_the_pods(everything: Objects) -> None:
    given = yaml.safe_load(EVERYTHING.read_text())
    pod = pod_of(everything)
    (container,) = pod["spec"]["containers"]
    for key in ("imagePullSecrets", "nodeSelector", "tolerations", "affinity", "priorityClassName"):
        assert pod["spec"][key] == given[key]
    assert given["extraVolumes"][0] in pod["spec"]["volumes"]
    assert given["extraVolumeMounts"][0] in container["volumeMounts"]
    assert {"name": "NODE", **given["extraEnv"]["NODE"]} in container["env"]
    assert environment(everything)["HTTP_PROXY"] == given["extraEnv"]["HTTP_PROXY"]
    assert (given["labels"] | given["podLabels"]).items() <= pod["metadata"]["labels"].items()
    assert pod["metadata"]["annotations"] == given["podAnnotations"]
    for each in everything.values():
        assert given["labels"].items() <= each["metadata"]["labels"].items()


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        ("job", "Registration by a job"),
        ("reconciler", "Registration by a reconciler"),
        ("none", "Registration is left to you"),
    ],
)
def test_the_notes_name_the_service_and_who_registers_it(mode: str, said: str, tmp_path: Path) -> None:
    text = notes(CHART, tmp_path, MINIMAL, f"registration.mode={mode}", release="sx-topcp")
    assert f"http://{NAME}:8000" in text
    assert f"kubectl -n physics rollout status deployment/{NAME}" in text
    assert "get configmap sx-flask-config" in text
    assert text.count("Registration ") == text.count(said) == 1


@pytest.mark.parametrize(
    ("values", "named"),
    [
        (["replicas=2"], "servicex.release is not set"),
        ([MINIMAL, "replica=2"], "replica"),
        ([MINIMAL, "registration.mode=both"], "/registration/mode"),
        ([MINIMAL, "registration.schedule=hourly"], "/registration/schedule"),
        ([MINIMAL, "replicas=0"], "replicas"),
        ([MINIMAL, "image.pullPolicy=Sometimes"], "pullPolicy"),
        ([MINIMAL, "x509.enabled=true"], "x509.authorities is not set"),
        ([MINIMAL, "image.digest=sha256:12"], "digest"),
        ([MINIMAL, "scienceImage=no spaces:1"], "scienceImage"),
        ([MINIMAL, "allowedImages=sslhep/"], "allowedImages"),
        ([MINIMAL, "extraEnv.TRANSFORMER_SCIENCE_IMAGE=x"], "TRANSFORMER_SCIENCE_IMAGE"),
        ([MINIMAL, "extraEnv.TOPCP_TRIES=x"], "TOPCP_TRIES"),
        ([MINIMAL, "transform.tries=0"], "/transform/tries"),
        ([MINIMAL, r"podLabels.app\.kubernetes\.io/name=x"], "app.kubernetes.io/name"),
        ([MINIMAL, "podDisruptionBudget.maxUnavailable=0"], "maxUnavailable"),
        (["servicex.release=Not_A_Name"], "release"),
        ([f"servicex.release={'x' * 49}"], "release"),
        ([MINIMAL, "autoscaling.enabled=true", "autoscaling.maxReplicas=1"], "autoscaling.maxReplicas"),
    ],
)
def test_a_wrong_value_is_refused_by_name(values: list[str], named: str) -> None:
    with pytest.raises(HelmError) as refused:
        template(*values)
    assert named in str(refused.value)


def test_the_schema_is_one_and_describes_every_value() -> None:
    schema = json.loads((CHART / "values.schema.json").read_text())
    jsonschema.Draft7Validator.check_schema(schema)
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    # Helm itself and a parent chart's condition add these two.
    assert set(schema["properties"]) - {"global", "enabled"} == set(values)
    for key, part in schema["properties"].items():
        assert "description" in part or part["additionalProperties"] is False
        if "properties" in part and key != "global":
            assert set(part["properties"]) == set(values[key])


def test_schema_and_reference_are_made_from_the_same_text() -> None:
    command = [sys.executable, HELM / "tools" / "schema.py", "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_charts_and_overlay_have_the_version_of_the_repository() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    charts = {file.parent.name: yaml.safe_load(file.read_text()) for file in HELM.glob("*/Chart.yaml")}
    assert {chart["version"] for chart in charts.values()} == {version}
    assert charts["servicex-topcp"]["appVersion"] == version
    assert [each["version"] for each in charts["transformers"]["dependencies"]] == [version]
    assert {each["name"]: each["version"] for each in charts["servicex"]["dependencies"]}["transformers"] == version
    assert yaml.safe_load((HELM / "values-servicex.yaml").read_text())["codeGen"]["topcp"]["tag"] == version


def test_the_overlay_and_the_chart_name_the_same_images() -> None:
    overlay = yaml.safe_load((HELM / "values-servicex.yaml").read_text())["codeGen"]["topcp"]
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    assert overlay["image"] == values["image"]["repository"]
    science = f"{overlay['defaultScienceContainerImage']}:{overlay['defaultScienceContainerTag']}"
    assert science == values["scienceImage"]
