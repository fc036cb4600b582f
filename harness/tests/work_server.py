"""Hands out tasks to a sidecar and keeps its reports, as whoever starts a pod does."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


class WorkServer(ThreadingHTTPServer):
    """`tasks` are handed out in order; `asked` and `reports` are what a sidecar did; `refusals` answers come first."""

    def __init__(self, tasks: list[dict[str, Any]], refusals: int = 0) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}/queue"
        self.tasks = [task | {"service_endpoint": f"{self.url}/endpoint"} for task in tasks]
        self.refusals = refusals
        self.asked: list[str] = []
        self.reports: list[dict[str, Any]] = []


class _Handler(BaseHTTPRequestHandler):
    server: WorkServer

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        if self.server.refusals:
            self.server.refusals -= 1
            self._answer(503)
        elif self.server.tasks:
            self._answer(200, json.dumps(self.server.tasks.pop(0)).encode())
        else:
            self._answer(410)

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.reports.append({"path": self.path, **json.loads(body)})
        self._answer(200)

    def _answer(self, status: int, body: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def work_server(tasks: list[dict[str, Any]], refusals: int = 0) -> Iterator[WorkServer]:
    """A server that answers 410 when all tasks are handed out."""
    with WorkServer(tasks, refusals) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
