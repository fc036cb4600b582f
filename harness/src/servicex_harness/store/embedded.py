"""The embedded object store, running."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from servicex_harness.private import secret
from servicex_harness.store.client import S3Address
from servicex_harness.store.face import create_app
from servicex_harness.store.objects import Objects
from servicex_harness.web import WebServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAX_BODY = 5 * 1024**3  # of an object that is uploaded whole, as in Amazon's S3


@contextlib.contextmanager
def embedded_store(root: Path, port: int) -> Iterator[S3Address]:
    """Serve what is in `root`, under the same access key each time; StartError if the port is taken."""
    with contextlib.closing(Objects(root)) as objects:
        key = secret(root / "access-key")
        web = WebServer(create_app(objects, key), port, MAX_BODY)
        try:
            yield S3Address(web.address, key, key)
        finally:
            web.stop()
