"""Where the proxy goes. A reader finds a complete one at any time: the old one until the new one is in place."""

from __future__ import annotations

import base64
import json
import os
import ssl
import tempfile
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from servicex_harness.x509.voms import ProxyError

NAME = "x509up"  # the file, and the key of the Secret, as in ServiceX
ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
NOT_FOUND = 404
SECONDS = 30.0


class Destination(Protocol):
    """A place for the proxy."""

    def write(self, proxy: bytes) -> None:
        """Put a proxy in the place of the one before; ProxyError leaves that one as it is."""


@dataclass(frozen=True)
class Folder:
    """The file x509up in a folder, readable by its owner only unless `mode` says otherwise."""

    path: Path
    mode: int = 0o600

    def write(self, proxy: bytes) -> None:
        """Write under another name, make it durable and private, then rename."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(prefix=f".{NAME}-", dir=self.path)  # mode 0600 from the start
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(proxy)
                    file.flush()
                    os.fsync(file.fileno())
                    os.fchmod(file.fileno(), self.mode)
                Path(name).replace(self.path / NAME)
            finally:
                Path(name).unlink(missing_ok=True)
        except OSError as error:
            raise ProxyError(f"{self.path / NAME} cannot be written: {error.strerror}") from error


@dataclass(frozen=True)
class Secret:
    """The key x509up of a Secret, updated in place; it is made if it is not there."""

    name: str
    namespace: str
    server: str
    token: Path
    authority: Path | None

    @classmethod
    def in_cluster(cls, name: str, account: Path = ACCOUNT) -> Secret:
        """The Secret of this name in the namespace that the pod runs in; ProxyError outside of Kubernetes."""
        try:
            host, port = os.environ["KUBERNETES_SERVICE_HOST"], os.environ["KUBERNETES_SERVICE_PORT"]
            namespace = (account / "namespace").read_text().strip()
        except (KeyError, OSError) as error:
            raise ProxyError(f"the Secret {name} can be written from a pod of Kubernetes only: {error}") from error
        host = f"[{host}]" if ":" in host else host
        return cls(name, namespace, f"https://{host}:{port}", account / "token", account / "ca.crt")

    def write(self, proxy: bytes) -> None:
        """Patch the Secret, or make it."""
        data = {NAME: base64.b64encode(proxy).decode()}
        path = f"/api/v1/namespaces/{self.namespace}/secrets"
        if self._ask("PATCH", f"{path}/{self.name}", {"data": data}, "application/merge-patch+json") == NOT_FOUND:
            body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": self.name}, "data": data}
            self._ask("POST", path, body, "application/json", missing_is_fine=False)

    def _ask(self, method: str, path: str, body: Any, kind: str, *, missing_is_fine: bool = True) -> int:
        request = urllib.request.Request(f"{self.server}{path}", json.dumps(body).encode(), method=method)  # noqa: S310
        context = ssl.create_default_context(cafile=self.authority) if self.server.startswith("https") else None
        try:
            request.add_header("Authorization", f"Bearer {self.token.read_text().strip()}")  # renewed by Kubernetes
            request.add_header("Content-Type", kind)
            with urllib.request.urlopen(request, timeout=SECONDS, context=context) as answer:  # noqa: S310
                return int(answer.status)
        except urllib.error.HTTPError as error:
            with error:
                if error.code == NOT_FOUND and missing_is_fine:
                    return NOT_FOUND
                raise ProxyError(f"the Secret {self.name} cannot be written: {error.code} {error.reason}") from error
        except OSError as error:
            raise ProxyError(f"the Secret {self.name} cannot be written: {error}") from error
