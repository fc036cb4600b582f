"""The embedded object store, running."""

from __future__ import annotations

import contextlib
import os
import secrets
from typing import TYPE_CHECKING

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
        key = _access_key(root / "access-key")
        web = WebServer(create_app(objects, key), port, MAX_BODY)
        try:
            yield S3Address(web.address, key, key)
        finally:
            web.stop()


def _access_key(path: Path) -> str:
    """Return the key in a file that only its owner can read, made when it is not there."""
    if not path.exists():
        part = path.with_suffix(".part")
        part.unlink(missing_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_hex(16))
        part.replace(path)
    return path.read_text()
