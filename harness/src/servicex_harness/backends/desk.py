"""Where sidecars in containers fetch their work and bring their reports: HTTP, as harness/sidecar/README.md says.

Each pod has a counter of its own, behind a key that only its sidecar knows.
"""

from __future__ import annotations

import json
import queue
import secrets
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

WAIT_SECONDS = 20.0  # how long a sidecar's question is held back when there is nothing to do


class Counter:
    """One pod's work and reports. `asked` is set once its sidecar has asked for work: it is ready."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.tasks: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self.reports: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()

    def next_task(self) -> tuple[int, bytes]:
        """Return the answer to a sidecar that asks for work: HTTP status and body."""
        self.asked.set()
        try:
            task = self.tasks.get(timeout=WAIT_SECONDS)
        except queue.Empty:
            return 204, b""
        if task is None:
            self.tasks.put(None)  # the end is the end, however often it is asked for
            return 410, b""
        return 200, json.dumps(task).encode()


class Desk(ThreadingHTTPServer):
    """Listens at `host`, any free port."""

    daemon_threads = True

    def __init__(self, host: str) -> None:
        self.counters: dict[str, Counter] = {}
        super().__init__((host, 0), _Handler)
        threading.Thread(target=self.serve_forever, name="desk", daemon=True).start()

    def open(self) -> tuple[str, Counter]:
        """Return a new counter and its key, which is the path of its URL."""
        key = secrets.token_urlsafe()
        self.counters[key] = Counter()
        return key, self.counters[key]

    def close(self, key: str) -> None:
        """Know a counter no more."""
        self.counters.pop(key, None)

    def stop(self) -> None:
        """Answer nobody any more."""
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: Desk

    def do_GET(self) -> None:
        """A sidecar asks for work: /<key>/<request id>."""
        counter = self._counter()
        self._answer(*(counter.next_task() if counter else (410, b"")))

    def do_PUT(self) -> None:
        """A sidecar reports: /<key>/file-complete."""
        counter = self._counter()
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if counter:
            counter.reports.put(json.loads(body))
        self._answer(200 if counter else 410, b"")

    def _counter(self) -> Counter | None:
        return self.server.counters.get(self.path.split("/")[1])

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is http.server's
        """Say nothing: the key would be in it."""
