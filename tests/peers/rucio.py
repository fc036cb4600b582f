"""A stand-in for a Rucio server, no Rucio: it gives out a token and lists replicas, as rucio-clients asks for them."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

CONFIGURATION = """
[client]
rucio_host = {url}
auth_host = {url}
auth_type = userpass
username = user
password = password
account = user
"""


@contextmanager
def rucio(home: Path, datasets: Mapping[str, Mapping[str, Sequence[str]]]) -> Iterator[Path]:
    """Serve datasets `scope:name`, each with the replicas of its files; the RUCIO_HOME of its client."""

    class Handler(_Rucio):
        known = datasets

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        (home / "etc").mkdir(parents=True)
        url = f"http://127.0.0.1:{server.server_port}"
        (home / "etc" / "rucio.cfg").write_text(CONFIGURATION.format(url=url))
        try:
            yield home
        finally:
            server.shutdown()
            thread.join()


class _Rucio(BaseHTTPRequestHandler):
    known: Mapping[str, Mapping[str, Sequence[str]]]

    def do_GET(self) -> None:
        """Give out a token: /auth/userpass."""
        expires = (datetime.now(UTC) + timedelta(hours=1)).strftime("%a, %d %b %Y %H:%M:%S UTC")
        self._answer(b"", {"X-Rucio-Auth-Token": "token", "X-Rucio-Auth-Token-Expires": expires})

    def do_POST(self) -> None:
        """List the replicas of a dataset, one JSON document a line: /replicas/list."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["dids"]
        lines = [self._line(did["scope"], name, pfns) for did in asked for name, pfns in self._files(did).items()]
        self._answer("".join(lines).encode(), {"Content-Type": "application/x-json-stream"})

    def _files(self, did: Mapping[str, str]) -> Mapping[str, Sequence[str]]:
        return self.known.get(f"{did['scope']}:{did['name']}", {})

    def _line(self, scope: str, name: str, pfns: Sequence[str]) -> str:
        places = {pfn: {"type": "DISK", "rse": "HERE", "priority": number} for number, pfn in enumerate(pfns, 1)}
        return json.dumps({"scope": scope, "name": name, "bytes": 1, "pfns": places}) + "\n"

    def _answer(self, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(200)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""
