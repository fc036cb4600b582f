"""The working parts of a harness without its servers, and a way to the object store that can be cut or slowed."""

from __future__ import annotations

import json
import socket
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from servicex_harness.backends.local import LocalBackend
from servicex_harness.database import Database
from servicex_harness.datasets.catalogue import Catalogue
from servicex_harness.layout import Layout
from servicex_harness.limits import Limits
from servicex_harness.models import Dataset, FileEntry, Generated, Submission
from servicex_harness.state import State
from servicex_harness.work_queue import WorkQueue
from servicex_harness.worker import Parts, Worker

from .copying_codegen import archive, members
from .support import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from servicex_harness.backends import Backend
    from servicex_harness.models import Request
    from servicex_harness.store.client import Store

LIMITS = Limits(files=1000, input_bytes=10**9, output_bytes=10**9, file_seconds=60)


class Desk:
    """State, queue, workers and a store."""

    def __init__(self, directory: Path, store: Store, lease: float = 60.0, limits: Limits = LIMITS) -> None:
        self.layout = Layout(directory)
        directory.mkdir()
        self.store = store
        self.database = Database(self.layout.database)
        self.state = State(self.database)
        self.catalogue = Catalogue(self.database)
        self.queue = WorkQueue(self.database, lease)
        self.backend: Backend = LocalBackend(store, limits)

    def submit(self, name: str, files: Sequence[Path | str], mode: str) -> str:
        """Write a request down, as a submission does after the code generator has answered."""
        selection = json.dumps({"mode": mode, "events": 5})
        code = self.layout.archive(name)
        code.parent.mkdir(parents=True)
        code.write_bytes(archive(members(selection)))
        self.store.create_bucket(name)
        entries = tuple(FileEntry(tuple(str(file).split(","))) for file in files)
        dataset = self.catalogue.use(Dataset(name, "user", entries))
        submission = Submission(name, None, (), selection, "copying", "root-file")
        generated = Generated("image:1", "python", "/generated/transform_single_file.py", b"", "RawUprootStats")
        self.state.add(name, submission, name, dataset, generated)
        return name

    @contextmanager
    def working(self, workers: int = 1) -> Iterator[None]:
        """Have workers work, and stop them at the end."""
        threads = [
            Worker(f"w{number}", Parts(self.state, self.queue, self.backend, self.layout)) for number in range(workers)
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            for thread in threads:
                thread.stop()
            for thread in threads:
                thread.join()

    def finished(self, name: str) -> Request:
        """Wait for the end of a request."""
        wait_until(lambda: not self.state.request(name).in_progress, 120)
        return self.state.request(name)

    def runs(self, name: str) -> int:
        """Return how often the script was run for a request, by its logs."""
        logs = self.layout.file_log(name, 0).parent.glob("*.log")
        return sum(log.read_text().count("=== ") for log in logs)

    def reasons(self, name: str) -> list[str]:
        """Return why files failed."""
        return [stored.result.reason for stored in self.state.results(name) if not stored.result.success]

    def close(self) -> None:
        """Close the database."""
        self.database.close()


class Link:
    """A TCP link to a server that can be cut (connections are refused, open ones end) or slowed."""

    def __init__(self, target: str) -> None:
        host, _, port = target.partition(":")
        self._target = (host, int(port))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.is_cut = False
        self.delay = 0.0  # seconds before each piece
        self.refused = 0
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Let nothing through."""
        self.is_cut = True
        for each in self._open:
            each.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            if self.is_cut:
                self.refused += 1
                near.close()
                continue
            far = socket.create_connection(self._target)
            self._open += [near, far]
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(source, sink), daemon=True).start()

    def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        try:
            while piece := source.recv(65536):
                time.sleep(self.delay)
                sink.sendall(piece)
        except OSError:
            pass
        for each in (source, sink):
            each.close()

    def close(self) -> None:
        """End the link."""
        self._listener.close()
        self.cut()
