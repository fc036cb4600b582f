"""Puts a code generator into a running ServiceX, or takes it out: the hook of this chart.

    register.py add|remove --servicex RELEASE --namespace NAMESPACE --name NAME --image IMAGE

The ConfigMap RELEASE-flask-config is changed only if nobody else changed it meanwhile. ServiceX's app reads it when it
starts, so it is rolled where that is needed: the text was changed, or an earlier run ended before it rolled the app.
Exit codes: 0 done, 65 app.conf cannot be edited, 66 no such ServiceX, 69 no answer from Kubernetes, 75 try again.
"""

from __future__ import annotations

import argparse
import json
import ssl
import sys
import urllib.error
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app_conf import AppConfError, CodeGenerator, register, unregister

if TYPE_CHECKING:
    from collections.abc import Callable

ATTEMPTS = 10
REGISTERED = "servicex-topcp/registered"
CREDENTIALS = Path("/var/run/secrets/kubernetes.io/serviceaccount")


class RegistrationError(Exception):
    """What an operator is told, and the exit code."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class Kubernetes:
    """The objects of one namespace, over the API that every pod can reach."""

    def __init__(self, address: str, credentials: Path, namespace: str) -> None:
        self.address = address
        self.namespace = namespace
        self.token = (credentials / "token").read_text().strip()
        authority = credentials / "ca.crt"
        self.context = ssl.create_default_context(cafile=authority) if address.startswith("https:") else None

    def get(self, kind: str, name: str) -> dict[str, Any]:
        """Read an object; `kind` is the path of its group, version and plural."""
        return self._call("GET", kind, name)

    def patch(self, kind: str, name: str, body: dict[str, Any]) -> None:
        """Merge `body` into an object."""
        self._call("PATCH", kind, name, json.dumps(body).encode())

    def _call(self, method: str, kind: str, name: str, body: bytes | None = None) -> dict[str, Any]:
        group, plural = kind.rsplit("/", 1)
        request = urllib.request.Request(  # noqa: S310  the address is the chart's
            f"{self.address}/{group}/namespaces/{self.namespace}/{plural}/{name}",
            method=method,
            data=body,
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": "application/merge-patch+json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=30, context=self.context) as answer:  # noqa: S310  as above
                found: dict[str, Any] = json.load(answer)
                return found
        except urllib.error.HTTPError as error:
            raise _explained(error, f"{plural}/{name} in {self.namespace}") from error
        except OSError as error:
            raise RegistrationError(f"no answer from Kubernetes at {self.address}: {error}", 69) from error


class ChangedError(RegistrationError):
    """Somebody else changed the object meanwhile."""


class AbsentError(RegistrationError):
    """There is no such object."""


def _explained(error: urllib.error.HTTPError, what: str) -> RegistrationError:
    if error.code == 404:
        return AbsentError(f"there is no {what}: does servicex.release name a ServiceX in this namespace?", 66)
    if error.code == 409:
        return ChangedError(f"{what} is being changed by others: try again", 75)
    return RegistrationError(f"Kubernetes refused {what}: {error.code} {error.read().decode(errors='replace')}", 69)


def edit(kubernetes: Kubernetes, name: str, change: Callable[[str], str]) -> bool:
    """Apply `change` to app.conf in the ConfigMap `name`; tell whether the text is another now."""
    for _ in range(ATTEMPTS - 1):
        try:
            return _edit_once(kubernetes, name, change)
        except ChangedError:
            continue  # with what the others made of it
    return _edit_once(kubernetes, name, change)


def _edit_once(kubernetes: Kubernetes, name: str, change: Callable[[str], str]) -> bool:
    found = kubernetes.get("api/v1/configmaps", name)
    before: str | None = (found.get("data") or {}).get("app.conf")
    if before is None:
        raise RegistrationError(f"configmaps/{name} has no app.conf: it is not ServiceX's", 65)
    try:
        after = change(before)
    except AppConfError as error:
        raise RegistrationError(f"configmaps/{name}: {error}; nothing was changed", 65) from error
    if after != before:
        version = {"resourceVersion": found["metadata"]["resourceVersion"]}
        kubernetes.patch("api/v1/configmaps", name, {"metadata": version, "data": {"app.conf": after}})
    return after != before


def roll(kubernetes: Kubernetes, name: str, registered: str | None, *, changed: bool) -> bool:
    """Restart the Deployment `name` if its pods may not know what is registered; tell whether it was needed."""
    template = kubernetes.get("apis/apps/v1/deployments", name)["spec"]["template"]["metadata"]
    if not changed and (template.get("annotations") or {}).get(REGISTERED) == registered:
        return False
    now = datetime.now(UTC).isoformat()
    annotations = {REGISTERED: registered, "kubectl.kubernetes.io/restartedAt": now}
    kubernetes.patch(
        "apis/apps/v1/deployments", name, {"spec": {"template": {"metadata": {"annotations": annotations}}}}
    )
    return True


def run(options: argparse.Namespace) -> str:
    """Do what was asked for and return a line that says what happened."""
    kubernetes = Kubernetes(options.api, options.credentials, options.namespace)
    url = f"http://{options.servicex}-code-gen-{options.name}:8000"
    codegen = CodeGenerator(options.name, url, options.image)
    adding = options.action == "add"
    try:
        changed = edit(
            kubernetes,
            f"{options.servicex}-flask-config",
            lambda text: register(text, codegen) if adding else unregister(text, codegen),
        )
        registered = options.image if adding else None
        rolled = roll(kubernetes, f"{options.servicex}-servicex-app", registered, changed=changed)
    except AbsentError:
        if adding:
            raise
        return "there is no ServiceX to take it out of"
    state = f"{options.name} is {'registered' if adding else 'not registered'} in {options.servicex}"
    return f"{state}; {'the app restarts' if rolled else 'nothing had to be changed'}"


def main(arguments: list[str]) -> int:
    """Run, and tell the operator in one line."""
    parser = argparse.ArgumentParser(description="Put a code generator into a running ServiceX, or take it out.")
    parser.add_argument("action", choices=["add", "remove"])
    for name in ("servicex", "namespace", "name", "image"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--api", default="https://kubernetes.default.svc")
    parser.add_argument("--credentials", type=Path, default=CREDENTIALS)
    try:
        print(run(parser.parse_args(arguments)))
    except RegistrationError as error:
        print(f"ERROR {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
