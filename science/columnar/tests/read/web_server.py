"""A web server on this machine that serves bytes, and can be made to misbehave."""

from __future__ import annotations

import re
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

_RANGE = re.compile(r"bytes=(\d+)-")


@dataclass
class Site:
    """What is served, and how.

    breaks      after so many bytes of their answers the first requests are cut off
    answers     status codes of the first requests, before any file is given
    ranges      whether range requests are understood
    version     the ETag; empty: none
    requests    the Range headers that came
    """

    content: bytes
    breaks: list[int] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    ranges: bool = True
    version: str = '"1"'
    requests: list[str | None] = field(default_factory=list)
    url: str = ""

    def next_version(self, content: bytes) -> None:
        self.content, self.version = content, '"2"'


class _Handler(BaseHTTPRequestHandler):
    site: Site
    on_break: Any = None

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        site = self.site
        site.requests.append(self.headers["Range"])
        if site.answers:
            self.send_error(site.answers.pop(0))
            return
        start = self._start()
        self.send_response(206 if start else 200)
        if site.version:
            self.send_header("ETag", site.version)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(site.content) - 1}/{len(site.content)}")
        self.send_header("Content-Length", str(len(site.content) - start))
        self.end_headers()
        stop = start + site.breaks.pop(0) if site.breaks else len(site.content)
        self.wfile.write(site.content[start:stop])
        if self.on_break and stop < len(site.content):
            self.on_break()

    def _start(self) -> int:
        asked = _RANGE.fullmatch(self.headers["Range"] or "")
        if not asked or not self.site.ranges or self.headers["If-Range"] != self.site.version:
            return 0
        return int(asked[1])


@contextmanager
def serving(site: Site, certificate: Path | None = None, on_break: Any = None) -> Iterator[Site]:
    """Serve the site, over TLS if there is a certificate; its address is then in `site.url`."""
    handler = type("Handler", (_Handler,), {"site": site, "on_break": staticmethod(on_break) if on_break else None})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = False
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    scheme = "https" if certificate else "http"
    site.url = f"{scheme}://localhost:{server.server_address[1]}/DAOD_PHYSLITE.root"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
