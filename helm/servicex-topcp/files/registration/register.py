"""Puts a code generator into a running ServiceX, keeps it there, or takes it out: the hooks and the reconciler.

    register.py add|keep|remove --servicex RELEASE --namespace NAMESPACE --name NAME --image IMAGE [--allow IMAGE]

`keep` adds what an upgrade of ServiceX took out, but not what `remove` did.

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
from typing import TYPE_CHECKING, Any, TypeVar

from app_conf import AppConfError, CodeGenerator, register, unregister

if TYPE_CHECKING:
    from collections.abc import Callable

Result = TypeVar("Result")
ATTEMPTS = 10
# On the ConfigMap and on the app's pods: when the text that they hold or read was changed.
CHANGED = "servicex-topcp/changed"
# On the ConfigMap: `remove` was here, so that a `keep` that runs at the same time does not put the entry back.
REMOVED = "servicex-topcp/removed"
ALLOW_LIST = "ALLOWED_IMAGE_PREFIXES"
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


class RemovedError(RegistrationError):
    """What is to be kept was removed on purpose."""


def _explained(error: urllib.error.HTTPError, what: str) -> RegistrationError:
    if error.code == 404:
        return AbsentError(f"there is no {what}: does servicex.release name a ServiceX in this namespace?", 66)
    if error.code == 409:
        return ChangedError(f"{what} is being changed by others: try again", 75)
    return RegistrationError(f"Kubernetes refused {what}: {error.code} {error.read().decode(errors='replace')}", 69)


def persistently(step: Callable[[], Result]) -> Result:
    """Repeat `step`, which starts from what others made of the object, until nobody comes in between."""
    for _ in range(ATTEMPTS - 1):
        try:
            return step()
        except ChangedError:
            continue
    return step()


def edit(kubernetes: Kubernetes, name: str, change: Callable[[str], str], action: str) -> str | None:
    """Apply `change` to app.conf in the ConfigMap `name`; return when it was last changed, None if never."""
    found = kubernetes.get("api/v1/configmaps", name)
    known = _annotations(found)
    before: str | None = (found.get("data") or {}).get("app.conf")
    if before is None:
        raise RegistrationError(f"configmaps/{name} has no app.conf: it is not ServiceX's", 65)
    if action == "keep" and REMOVED in known:
        raise RemovedError(f"configmaps/{name}: the entry was removed on purpose and stays out", 0)
    try:
        after = change(before)
    except AppConfError as error:
        raise RegistrationError(f"configmaps/{name}: {error}; nothing was changed", 65) from error
    marks = _marks(known, action, changed=after != before)
    if marks:
        metadata = {"resourceVersion": found["metadata"]["resourceVersion"], "annotations": marks}
        kubernetes.patch("api/v1/configmaps", name, {"metadata": metadata, "data": {"app.conf": after}})
    return marks.get(CHANGED) or known.get(CHANGED)


def _marks(known: dict[str, str], action: str, *, changed: bool) -> dict[str, str | None]:
    """The annotations of the ConfigMap that are to be others; None takes one away."""
    marks: dict[str, str | None] = {CHANGED: datetime.now(UTC).isoformat()} if changed else {}
    if action == "remove" and CHANGED in known | marks and REMOVED not in known:
        marks[REMOVED] = "true"
    if action == "add" and REMOVED in known:
        marks[REMOVED] = None
    return marks


def roll(kubernetes: Kubernetes, name: str, changed: str | None, image: str | None, *, allowed: bool) -> bool:
    """Restart the pods of the Deployment `name` if they read a text from before `changed`, or lack `image`.

    Tells whether it was needed. What restarts them is that their template is another.
    """
    found = kubernetes.get("apis/apps/v1/deployments", name)
    template = found["spec"]["template"]
    containers = template["spec"]["containers"]
    allowing = image is not None and _allow(containers, image, allowed=allowed)
    if not allowing and _annotations(template).get(CHANGED) == changed:
        return False
    pods: dict[str, Any] = {"metadata": {"annotations": {CHANGED: changed}}}
    if allowing:
        pods["spec"] = {"containers": containers}
    version = {"resourceVersion": found["metadata"]["resourceVersion"]}
    kubernetes.patch("apis/apps/v1/deployments", name, {"metadata": version, "spec": {"template": pods}})
    return True


def _annotations(thing: dict[str, Any]) -> dict[str, str]:
    return thing["metadata"].get("annotations") or {}


def _allow(containers: list[dict[str, Any]], image: str, *, allowed: bool) -> bool:
    """Put `image` into the app's allow-list, or take it out; tell whether the list is another now.

    A ServiceX without this list, a JSON array of prefixes, allows everything.
    """
    for variable in (each for container in containers for each in container.get("env") or []):
        if variable["name"] == ALLOW_LIST:
            before = _prefixes(variable.get("value", ""))
            after = [prefix for prefix in before if prefix != image]
            if allowed:
                after = before if image.startswith(tuple(before)) else [*before, image]
            variable["value"] = json.dumps(after)
            return after != before
    return False


def _prefixes(text: str) -> list[str]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if isinstance(found, list) and all(isinstance(prefix, str) for prefix in found):
        return found
    raise RegistrationError(f"{ALLOW_LIST} of ServiceX's app is not a JSON list of text: {text!r}", 65)


def run(options: argparse.Namespace) -> str:
    """Do what was asked for and return a line that says what happened."""
    kubernetes = Kubernetes(options.api, options.credentials, options.namespace)
    url = f"http://{options.servicex}-code-gen-{options.name}:8000"
    codegen = CodeGenerator(options.name, url, options.image)
    adding = options.action != "remove"
    change = register if adding else unregister
    config, app = f"{options.servicex}-flask-config", f"{options.servicex}-servicex-app"
    try:
        changed = persistently(lambda: edit(kubernetes, config, lambda text: change(text, codegen), options.action))
        rolled = persistently(lambda: roll(kubernetes, app, changed, options.allow, allowed=adding))
    except AbsentError:
        if adding:
            raise
        return "there is no ServiceX to take it out of"
    except RemovedError as removed:
        return str(removed)
    state = f"{options.name} is {'registered' if adding else 'not registered'} in {options.servicex}"
    return f"{state}; {'the app restarts' if rolled else 'nothing had to be changed'}"


def main(arguments: list[str]) -> int:
    """Run, and tell the operator in one line."""
    parser = argparse.ArgumentParser(description="Put a code generator into a running ServiceX, or take it out.")
    parser.add_argument("action", choices=["add", "keep", "remove"])
    for name in ("servicex", "namespace", "name", "image"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--allow", metavar="IMAGE", help="a science image for the app's allow-list")
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
