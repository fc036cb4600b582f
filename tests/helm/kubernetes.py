"""The part of the Kubernetes API that the registration speaks: two kinds of objects, merged and versioned."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

NAMESPACE = "physics"
CONFIG = f"/api/v1/namespaces/{NAMESPACE}/configmaps/sx-flask-config"
APP = f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments/sx-servicex-app"


@dataclass
class Cluster:
    """Objects by path. `others` are texts that somebody else writes, one before each of our next patches."""

    objects: dict[str, dict[str, Any]] = field(default_factory=dict)
    others: list[str] = field(default_factory=list)
    patches: list[str] = field(default_factory=list)
    address: str = ""

    @property
    def text(self) -> str:
        """app.conf as it is now."""
        text: str = self.objects[CONFIG]["data"]["app.conf"]
        return text

    def write(self, text: str) -> None:
        """Make `text` the app.conf, as an upgrade of ServiceX does."""
        config = self.objects.setdefault(CONFIG, {"metadata": {"resourceVersion": "0"}})
        config["metadata"]["resourceVersion"] += "1"
        config["data"] = {"app.conf": text}

    def patch(self, path: str, body: dict[str, Any]) -> int:
        """Merge, unless `body` was made for another version of the object."""
        if path == CONFIG and self.others:
            self.write(self.others.pop(0))
        current = self.objects[path]
        wanted = body.get("metadata", {}).get("resourceVersion")
        if wanted is not None and wanted != current["metadata"]["resourceVersion"]:
            return 409
        _merge(current, body)
        current["metadata"]["resourceVersion"] = str(int(current["metadata"]["resourceVersion"]) + 1)
        self.patches.append(path)
        return 200


def _merge(target: dict[str, Any], body: dict[str, Any]) -> None:
    """RFC 7386."""
    for key, value in body.items():
        if value is None:
            target.pop(key, None)
        elif isinstance(value, dict):
            _merge(target.setdefault(key, {}), value)
        else:
            target[key] = value


@contextmanager
def cluster(text: str | None) -> Iterator[Cluster]:
    """Serve a namespace with a ServiceX whose app.conf is `text`; None: without one."""
    state = Cluster()
    if text is not None:
        state.write(text)
        pods = {"metadata": {}, "spec": {"containers": [{"name": "app", "env": [{"name": "A", "value": "1"}]}]}}
        state.objects[APP] = {"metadata": {"resourceVersion": "1"}, "spec": {"template": pods}}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.answer(200 if self.path in state.objects else 404)

        def do_PATCH(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self.answer(state.patch(self.path, body) if self.path in state.objects else 404)

        def answer(self, status: int) -> None:
            if self.headers["Authorization"] != "Bearer a-token":
                status = 401
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(state.objects[self.path] if status == 200 else {}).encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        state.address = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield state
        finally:
            server.shutdown()
            thread.join()
