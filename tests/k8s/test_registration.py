"""Each way of adding the code generator to a ServiceX, from nothing to its removal, on a real cluster."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helm.charts import HELM, HelmError, make_umbrella

from .cluster import Namespace, chart_images, image, split

pytestmark = [pytest.mark.k8s, pytest.mark.timeout(900), pytest.mark.needs("kubectl", "helm")]
KINDS = (
    "deployments,services,configmaps,jobs,cronjobs,roles,rolebindings,serviceaccounts,networkpolicies,"
    "poddisruptionbudgets"
)
CODEGEN = "sx-code-gen-topcp"
APP = "sx-servicex-app"


def overlay() -> list[str | Path]:
    """The overlay, with the images of the tests."""
    science = image("columnar").rsplit(":", 1)
    return [
        HELM / "values-servicex.yaml",
        "codeGen.topcp.enabled=true",
        *split(image("codegen"), "codeGen.topcp."),
        f"codeGen.topcp.defaultScienceContainerImage={science[0]}",
        f"codeGen.topcp.defaultScienceContainerTag={science[1]}",
    ]


@pytest.fixture(scope="module")
def umbrella(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_umbrella(tmp_path_factory.mktemp("helm"))


def assert_answers(namespace: Namespace, selection: str) -> None:
    """ServiceX's app offers topcp beside its own code generator, and a query that is sent to it is answered."""
    namespace.settle(CODEGEN)
    assert namespace.app_sees() == {"topcp", "uproot"}
    answer = namespace.submit(selection)
    assert answer.status_code == 200, answer.text
    assert answer.json()["image"] == image("columnar")
    assert "reco.yaml" in answer.json()["generated"]


def test_the_overlay_adds_it_and_the_release_goes_back_and_away_without_a_trace(
    namespace: Namespace, selection: str
) -> None:
    namespace.servicex()
    assert namespace.app_sees() == {"uproot"}
    namespace.servicex(*overlay())
    assert_answers(namespace, selection)
    namespace.helm("rollback", "sx", "1", "--wait")
    namespace.settle(APP)
    assert namespace.app_sees() == {"uproot"}
    namespace.helm("uninstall", "sx", "--wait")
    assert "sx-" not in namespace.kubectl("get", KINDS, "--output", "name")


def test_the_umbrella_adds_it_by_one_value(namespace: Namespace, selection: str, umbrella: Path) -> None:
    def upgrade(*values: str) -> str:
        more = chart_images("transformers.topcp.")
        return namespace.servicex(*more, *values, chart=umbrella, prefix="servicex.")

    assert "To add TopCPToolkit" in upgrade()
    assert namespace.app_sees() == {"uproot"}
    assert "Registration by a job" in upgrade("transformers.topcp.enabled=true")
    assert_answers(namespace, selection)
    pods = namespace.pod_names(APP) | namespace.pod_names(CODEGEN)
    before = namespace.app_conf()
    upgrade("transformers.topcp.enabled=true")
    assert_answers(namespace, selection)
    assert namespace.app_conf() == before
    assert namespace.pod_names(CODEGEN) <= pods
    namespace.helm("rollback", "sx", "2", "--wait")
    assert_answers(namespace, selection)
    upgrade("transformers.topcp.enabled=false")
    assert CODEGEN not in namespace.app_conf()
    namespace.kubectl("rollout", "restart", f"deployment/{APP}")
    namespace.settle(APP)
    assert namespace.app_sees() == {"uproot"}
    assert CODEGEN not in namespace.kubectl("get", KINDS, "--output", "name")


def test_beside_a_servicex_the_hook_registers_it_once_keeps_the_users_edits_and_takes_it_out(
    namespace: Namespace, selection: str
) -> None:
    namespace.servicex()
    assert "Registration by a job" in namespace.topcp("registration.mode=job")
    assert_answers(namespace, selection)
    pods = namespace.pod_names(APP) | namespace.pod_names(CODEGEN)
    edited = f"{namespace.app_conf()}# ours  \nOURS = {{'größer': 1}}\n"
    namespace.apply(namespace.get("configmap", "sx-flask-config") | {"data": {"app.conf": edited}})
    namespace.topcp("registration.mode=job")
    assert namespace.app_conf() == edited
    assert namespace.pod_names(APP) | namespace.pod_names(CODEGEN) == pods
    namespace.topcp("registration.mode=job", "defaultRelease=25.2.15")
    namespace.helm("rollback", "topcp", "1", "--wait")
    assert_answers(namespace, selection)
    namespace.helm("uninstall", "topcp", "--wait")
    namespace.settle(APP)
    assert namespace.app_sees() == {"uproot"}
    assert CODEGEN not in namespace.app_conf()
    assert "OURS = {'größer': 1}" in namespace.app_conf()
    assert CODEGEN not in namespace.kubectl("get", KINDS, "--output", "name")


def test_the_reconciler_puts_it_back_after_an_upgrade_of_servicex(namespace: Namespace, selection: str) -> None:
    namespace.servicex()
    assert "Registration by a reconciler" in namespace.topcp("registration.mode=reconciler")
    assert_answers(namespace, selection)
    namespace.servicex("codeGen.second.enabled=true", *split(image("codegen"), "codeGen.second."))
    assert namespace.app_sees() == {"uproot", "second"}
    namespace.kubectl("create", "job", "now", f"--from=cronjob/{CODEGEN}-registration-keep")
    namespace.kubectl("wait", "--for=condition=complete", "job/now", "--timeout=120s")
    namespace.settle(APP)
    assert namespace.app_sees() == {"uproot", "second", "topcp"}
    namespace.helm("uninstall", "topcp", "--wait")
    assert CODEGEN not in namespace.app_conf()


def test_two_ways_at_once_are_refused_by_name(namespace: Namespace) -> None:
    namespace.servicex(*overlay())
    with pytest.raises(HelmError, match=f"the Service {CODEGEN} is there and belongs to the release sx"):
        namespace.topcp("registration.mode=job")


def test_a_text_that_is_not_understood_is_left_as_it_is_and_the_job_says_why(namespace: Namespace) -> None:
    namespace.servicex()
    malformed = namespace.app_conf() + "CODE_GEN_IMAGES = {\n"
    namespace.apply(namespace.get("configmap", "sx-flask-config") | {"data": {"app.conf": malformed}})
    pods = namespace.pod_names(APP)
    with pytest.raises(HelmError, match="post-install"):
        namespace.topcp("registration.mode=job")
    assert namespace.app_conf() == malformed
    assert namespace.pod_names(APP) == pods
    log = namespace.kubectl("logs", f"job/{CODEGEN}-registration-add")
    assert log.startswith("ERROR configmaps/sx-flask-config: app.conf is not valid Python: line ")
