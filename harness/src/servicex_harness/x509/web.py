"""What Kubernetes and Prometheus ask: /live, /ready and /metrics."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from servicex_harness.x509.renewal import Renewal


class WebServer(ThreadingHTTPServer):
    """Tells about a renewal on all addresses; nothing of the proxy itself."""

    daemon_threads = True

    def __init__(self, port: int, renewal: Renewal) -> None:
        self.renewal = renewal
        super().__init__(("", port), _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: WebServer

    def do_GET(self) -> None:
        """Answer."""
        renewal = self.server.renewal
        left = f"{renewal.seconds_left:.0f} s left\n"
        if self.path == "/live":
            self._answer(200, "alive\n")
        elif self.path == "/ready":
            self._answer(200 if renewal.ready else 503, left)
        elif self.path == "/metrics":
            self._answer(200, metrics(renewal))
        else:
            self._answer(404, "/live, /ready and /metrics are here\n")

    def _answer(self, status: int, text: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is http.server's
        """Say nothing: probes come every few seconds."""


def metrics(renewal: Renewal) -> str:
    """Return the figures in Prometheus's text format."""
    figures = (
        ("x509_proxy_seconds_left", "gauge", "Life that the proxy in place has left.", renewal.seconds_left),
        ("x509_proxy_ready", "gauge", "1 if that is more than the margin.", int(renewal.ready)),
        ("x509_proxy_renewals_total", "counter", "Proxies made and put in place.", renewal.renewals),
        ("x509_proxy_failures_total", "counter", "Tries that brought no new proxy.", renewal.failures),
    )
    return "".join(
        f"# HELP {name} {text}\n# TYPE {name} {kind}\n{name} {value}\n" for name, kind, text, value in figures
    )
