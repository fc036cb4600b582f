"""A namespace of a real cluster, used by kubectl and helm as an operator uses it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from tests.helm.charts import HELM, UPSTREAM, helm
from tests.images.containers import tag as image

WAIT = ("--wait", "--timeout", "240s")


def kubectl(*arguments: str | Path, stdin: str | None = None) -> str:
    """Run kubectl; what it printed."""
    done = subprocess.run(["kubectl", *arguments], input=stdin, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"kubectl {' '.join(map(str, arguments))}: {done.stdout}{done.stderr}"
    return done.stdout


def split(reference: str, prefix: str) -> list[str]:
    """An image as the two values `image` and `tag` of upstream's chart."""
    name, tag = reference.rsplit(":", 1)
    return [f"{prefix}image={name}", f"{prefix}tag={tag}"]


@dataclass(frozen=True)
class Namespace:
    """A namespace; releases in it are called `sx` (ServiceX) and `topcp` (the chart beside it)."""

    name: str

    def kubectl(self, *arguments: str | Path, stdin: str | None = None) -> str:
        return kubectl("--namespace", self.name, *arguments, stdin=stdin)

    def get(self, kind: str, name: str) -> dict[str, Any]:
        return dict(json.loads(self.kubectl("get", kind, name, "--output", "json")))

    def apply(self, *objects: dict[str, Any]) -> None:
        self.kubectl("apply", "--filename", "-", stdin=yaml.safe_dump_all(objects))

    def helm(self, *arguments: str | Path) -> str:
        return helm(*arguments, "--namespace", self.name)

    def upgrade(self, release: str, chart: Path, *values: str | Path) -> str:
        """Install or upgrade; each of `values` is a file, or KEY=VALUE as for --set. Returns the notes."""
        given: list[str | Path] = []
        for value in values:
            given += ["--values" if isinstance(value, Path) else "--set", value]
        return self.helm("upgrade", "--install", release, chart, *WAIT, *given)

    def servicex(self, *values: str | Path, chart: Path = UPSTREAM, prefix: str = "") -> str:
        """Install or upgrade ServiceX, whose values are at `prefix` of `chart`'s; one code generator is its own."""
        codegen = split(image("codegen"), f"{prefix}codeGen.uproot.")
        own = [f"{prefix}codeGen.topcp.enabled=false", *split(image("codegen"), f"{prefix}app."), *codegen]
        science = image("columnar").rsplit(":", 1)[0]
        notes = self.upgrade("sx", chart, *own, f"{prefix}app.allowedImagePrefixes={{{science}}}", *values)
        self.settle("sx-servicex-app")
        return notes

    def topcp(self, *values: str | Path) -> str:
        """Install or upgrade our chart beside ServiceX."""
        notes = self.upgrade("topcp", HELM / "servicex-topcp", "servicex.release=sx", *chart_images(), *values)
        self.settle("sx-servicex-app")
        return notes

    def settle(self, deployment: str) -> None:
        """Wait until a Deployment has all its pods ready and none that is on its way out."""
        self.kubectl("rollout", "status", f"deployment/{deployment}", "--timeout=240s")
        selector = self.get("deployment", deployment)["spec"]["selector"]["matchLabels"]
        for pod in self.pods(selector):
            if "deletionTimestamp" in pod["metadata"]:
                self.kubectl("wait", "--for=delete", f"pod/{pod['metadata']['name']}", "--timeout=120s")

    def pods(self, labels: dict[str, str]) -> list[dict[str, Any]]:
        selector = ",".join(f"{key}={value}" for key, value in labels.items())
        return list(json.loads(self.kubectl("get", "pods", "--selector", selector, "--output", "json"))["items"])

    def pod_names(self, deployment: str) -> set[str]:
        selector = self.get("deployment", deployment)["spec"]["selector"]["matchLabels"]
        return {pod["metadata"]["name"] for pod in self.pods(selector)}

    @contextmanager
    def forwarded(self, what: str, port: int, at: int | None = None) -> Iterator[str]:
        """The address on this machine, at any port or at one, of a port of a Service."""
        command = ["kubectl", "--namespace", self.name, "port-forward", what, f"{at or ''}:{port}"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            try:
                assert process.stdout
                said = process.stdout.readline()
                assert said.startswith("Forwarding from 127.0.0.1:"), said
                yield said.removeprefix("Forwarding from ").split()[0]
            finally:
                process.terminate()

    def app_sees(self) -> set[str]:
        """The code generators that ServiceX's app offers."""
        with self.forwarded("service/sx-servicex-app", 8000) as address:
            return set(httpx.get(f"http://{address}/servicex").json()["code-gen-image"])

    def submit(self, selection: str, files: list[str] | None = None) -> httpx.Response:
        """Send a selection for the code generator topcp, and files, to ServiceX's app."""
        with self.forwarded("service/sx-servicex-app", 8000) as address:
            body = {"codegen": "topcp", "selection": selection, "file-list": files or []}
            return httpx.post(f"http://{address}/servicex/transformation", json=body, timeout=60)

    def app_conf(self) -> str:
        return str(self.get("configmap", "sx-flask-config")["data"]["app.conf"])


def chart_images(prefix: str = "") -> list[str]:
    """The values of our chart that name its images."""
    repository, tag = image("codegen").rsplit(":", 1)
    return [
        f"{prefix}image.repository={repository}",
        f"{prefix}image.tag={tag}",
        f"{prefix}scienceImage={image('columnar')}",
    ]
