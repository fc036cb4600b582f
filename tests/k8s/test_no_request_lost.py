"""While the code generator is upgraded, loses a pod or has its node drained, its clients notice nothing.

The clients never ask twice, and 8 of them ask all the time.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from tests.helm.charts import CHART

from .cluster import Namespace, chart_images, image, kubectl

pytestmark = [pytest.mark.k8s, pytest.mark.timeout(900), pytest.mark.needs("kubectl", "helm")]
CODEGEN = "sx-code-gen-topcp"
CLIENT = {"app": "sx-load"}
LETS_CLIENT_IN = "networkPolicy.extraFrom[0].podSelector.matchLabels.app=sx-load"
SCRIPT = Path(__file__).with_name("load.py").read_text()
URL = f"http://{CODEGEN}:8000/servicex/generated-code"

Load = Callable[[int], AbstractContextManager[None]]


@pytest.fixture
def load(namespace: Namespace, selection: str, capsys: pytest.CaptureFixture[str]) -> Load:
    """The code generator with two pods, and clients of it: as long as the context lasts, and for so many requests."""
    container = {"name": "load", "image": image("codegen"), "command": ["sleep", "infinity"]}
    spec = {"containers": [container], "terminationGracePeriodSeconds": 0}
    namespace.apply({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "load", "labels": CLIENT}, "spec": spec})
    upgrade(namespace)
    namespace.kubectl("wait", "--for=condition=ready", "pod/load", "--timeout=120s")

    @contextmanager
    def run(at_least: int) -> Iterator[None]:
        command = ["kubectl", "--namespace", namespace.name, "exec", "--stdin", "load", "--", "python", "-c", SCRIPT]
        command += [URL, "8", str(at_least), "/tmp/stop"]
        namespace.kubectl("exec", "load", "--", "rm", "-f", "/tmp/stop")
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as clients:
            assert clients.stdin
            clients.stdin.write(selection)
            clients.stdin.close()
            try:
                yield
            finally:
                namespace.kubectl("exec", "load", "--", "touch", "/tmp/stop")
            assert clients.stdout
            said = json.loads(clients.stdout.read())
        with capsys.disabled():
            print(f" {said}")
        assert said["failures"] == []
        assert said["requests"] >= at_least

    return run


def upgrade(namespace: Namespace, *values: str) -> None:
    given = ["servicex.release=sx", LETS_CLIENT_IN, f"podLabels.only-in={namespace.name}", *chart_images()]
    namespace.upgrade("topcp", CHART, *given, *values)
    namespace.settle(CODEGEN)


def test_a_rolling_upgrade_loses_no_request(namespace: Namespace, load: Load) -> None:
    before = namespace.pod_names(CODEGEN)
    with load(2000):
        upgrade(namespace, "podAnnotations.example/round=second")
    assert not before & namespace.pod_names(CODEGEN)


def test_a_pod_that_is_deleted_takes_no_request_with_it(namespace: Namespace, load: Load) -> None:
    victim = min(namespace.pod_names(CODEGEN))
    with load(200):
        namespace.kubectl("delete", f"pod/{victim}")
        namespace.settle(CODEGEN)
    assert victim not in namespace.pod_names(CODEGEN)


def test_a_node_is_drained_one_pod_after_the_other_and_no_request_is_lost(namespace: Namespace, load: Load) -> None:
    """On a cluster with one node the second pod cannot leave before the node takes pods again."""
    (victim, *_) = namespace.pods(namespace.get("deployment", CODEGEN)["spec"]["selector"]["matchLabels"])
    node, before = victim["spec"]["nodeName"], namespace.pod_names(CODEGEN)
    with load(200), drained(namespace, node) as said:
        if any("disruption budget" in line for line in said):
            assert before & namespace.pod_names(CODEGEN)
        kubectl("uncordon", node)
        namespace.settle(CODEGEN)
    assert victim["metadata"]["name"] not in namespace.pod_names(CODEGEN)


@contextmanager
def drained(namespace: Namespace, node: str) -> Iterator[Iterator[str]]:
    """`kubectl drain` of the code generator's pods while the context lasts, then until its end; what it says."""
    command = ["kubectl", "--namespace", namespace.name, "drain", node, "--delete-emptydir-data", "--timeout=240s"]
    command += [f"--pod-selector=only-in={namespace.name}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout
        try:
            yield iter(process.stdout)
        finally:
            kubectl("uncordon", node)
            rest = process.stdout.read()
    assert process.returncode == 0, rest
