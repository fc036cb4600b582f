"""The web servers of the API and of the embedded store: waitress in a thread, on loopback only."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import waitress
from waitress import wasyncore

from servicex_harness.errors import StartError
from servicex_harness.names import LOOPBACK
from servicex_harness.serve import THREADS

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

MAX_BODY = 64 * 1024 * 1024  # what the application itself refuses is refused with a reason
LOOP_SECONDS = 0.2  # how soon a stop is noticed


class WebServer:
    """Serves from the moment it is made until `stop`."""

    def __init__(self, application: WSGIApplication, port: int, max_body: int = MAX_BODY) -> None:
        """Listen on `port` (0: any free one); StartError if it is taken."""
        self._sockets: dict[int, Any] = {}
        self._stopping = threading.Event()
        try:
            self._server = waitress.create_server(
                application,
                map=self._sockets,
                host=LOOPBACK,
                port=port,
                threads=THREADS,
                max_request_body_size=max_body,
            )
        except OSError as error:
            raise StartError(f"port {port} cannot be used: {error}; choose another with --port (0: any)") from error
        self.address = f"{LOOPBACK}:{self._server.effective_port}"
        self.url = f"http://{self.address}"
        self._thread = threading.Thread(target=self._serve, name="web")
        self._thread.start()

    def stop(self) -> None:
        """Answer what has been asked, then stop listening."""
        self._stopping.set()
        self._thread.join()

    def _serve(self) -> None:
        while not self._stopping.is_set():
            wasyncore.loop(timeout=LOOP_SECONDS, map=self._sockets, count=1)
        self._server.task_dispatcher.shutdown()
        wasyncore.close_all(self._sockets)
