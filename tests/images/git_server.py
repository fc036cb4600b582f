"""A Git server that wants a token, as GitLab does: git's own http-backend behind basic authentication."""

from __future__ import annotations

import base64
import os
import subprocess
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

TOKEN = "glpat-this-must-not-be-kept"


@contextmanager
def git_server(repositories: Path, host: str = "127.0.0.1") -> Iterator[str]:
    """Serve a folder of bare repositories to those who send the token; the address."""

    class Handler(_GitHandler):
        root = repositories

    with ThreadingHTTPServer((host, 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://{host}:{server.server_port}"
        finally:
            server.shutdown()


class _GitHandler(BaseHTTPRequestHandler):
    root: Path

    def do_GET(self) -> None:
        expected = base64.b64encode(f"oauth2:{TOKEN}".encode()).decode()
        if self.headers.get("Authorization") != f"Basic {expected}":
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="GitLab"')
            self.end_headers()
            return
        length = int(self.headers.get("Content-Length", 0))
        done = subprocess.run(
            ["git", "http-backend"],
            env={**os.environ, **self._request()},
            input=self.rfile.read(length),
            capture_output=True,
            check=True,
        )
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        self.wfile.write(b"HTTP/1.0 200 OK\r\n" + head + b"\r\n\r\n" + body)

    def do_POST(self) -> None:
        self.do_GET()

    def _request(self) -> dict[str, str]:
        """The request as CGI has it."""
        path, _, query = self.path.partition("?")
        return {
            "GIT_PROJECT_ROOT": str(self.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "REQUEST_METHOD": self.command,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
        }

    def log_message(self, *_: object) -> None:
        """Say nothing."""
