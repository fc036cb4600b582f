"""All parts of the harness, started in order and stopped in reverse."""

from __future__ import annotations

import contextlib
import logging
import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from servicex_harness.api import create_app
from servicex_harness.api.auth import Tokens
from servicex_harness.api.services import Services
from servicex_harness.backends.start import default_image, start_backend
from servicex_harness.children import ChildServer
from servicex_harness.client_config import write_client_configuration
from servicex_harness.codegen_client import CodeGenerator
from servicex_harness.database import Database
from servicex_harness.datasets.catalogue import Catalogue
from servicex_harness.layout import Layout, sole_user
from servicex_harness.private import secret
from servicex_harness.recovery import recover
from servicex_harness.state import State
from servicex_harness.store.client import Store
from servicex_harness.store.embedded import embedded_store
from servicex_harness.submit import Submitter
from servicex_harness.web import WebServer
from servicex_harness.work_queue import WorkQueue
from servicex_harness.worker import Parts, Worker

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from servicex_harness.options import Options

log = logging.getLogger(__name__)

LEASE_MARGIN = 300.0  # seconds that a worker has for a replica beside running the script: mostly the upload


@dataclass(frozen=True)
class Running:
    """A harness that is up: where it is, and the servers beside it."""

    url: str
    client_configuration: Path
    children: Sequence[ChildServer]

    def check(self) -> None:
        """StartError if a server beside the harness has ended by itself."""
        for child in self.children:
            child.check()


@contextlib.contextmanager
def harness(options: Options) -> Iterator[Running]:
    """Everything is usable inside, and nothing of it runs outside; HarnessError if a part does not start."""
    layout = Layout(options.directory.resolve())
    with contextlib.ExitStack() as parts:
        parts.enter_context(sole_user(layout))
        database = parts.enter_context(contextlib.closing(Database(layout.database)))
        children = parts.enter_context(_children(options, layout))
        addresses = {child.name: child.wait_until_ready() for child in children}
        codegens = _codegens(options, addresses)
        store = Store(options.s3 or parts.enter_context(embedded_store(layout.objects, options.s3_port)))
        state, catalogue = State(database), Catalogue(database)
        queue = WorkQueue(database, options.limits.file_seconds + LEASE_MARGIN)
        recover(state, queue, store, layout)
        backend = start_backend(options.science, store, options.limits, layout, options.x509)
        parts.callback(backend.close)
        work = Parts(state, queue, backend, layout)
        workers = parts.enter_context(_workers(options.workers, work))
        submitter = Submitter(codegens, catalogue, state, queue, store, layout, options.limits)
        services = Services(state, catalogue, store, layout, submitter, workers)
        tokens = Tokens(secret(layout.token_key)) if options.auth else None
        web = WebServer(create_app(services, tokens), options.port)
        parts.callback(web.stop)
        cache = layout.root / "cache" / f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}"
        write_client_configuration(
            layout.client_configuration, web.url, cache, tokens.refresh_token() if tokens else None
        )
        log.info("object store: %s", store.address.url)
        yield Running(web.url, layout.client_configuration, children)
        log.info("stopping")


@contextlib.contextmanager
def _children(options: Options, layout: Layout) -> Iterator[list[ChildServer]]:
    """Start all servers at once, since each takes a second or more to import."""
    targets = {name: target for name, target in options.codegens.items() if not _is_url(target)}
    with contextlib.ExitStack() as stack:
        children = []
        for name, target in targets.items():
            log_file, image = layout.logs / f"{name}.log", default_image(options.science)
            children.append(ChildServer(name, target, log_file, image))
            stack.callback(children[-1].stop)
        yield children


@contextlib.contextmanager
def _workers(number: int, parts: Parts) -> Iterator[list[Worker]]:
    workers = [Worker(f"worker-{index}", parts) for index in range(number)]
    for worker in workers:
        worker.start()
    try:
        yield workers
    finally:
        for worker in workers:
            worker.stop()
        for worker in workers:
            worker.join()


def _codegens(options: Options, addresses: dict[str, str]) -> dict[str, CodeGenerator]:
    urls = {
        name: target if _is_url(target) else f"http://{addresses[name]}" for name, target in options.codegens.items()
    }
    for name, url in urls.items():
        log.info("code generator %s: %s", name, url)
    return {name: CodeGenerator(name, url) for name, url in urls.items()}


def _is_url(target: str) -> bool:
    return target.startswith(("http://", "https://"))
