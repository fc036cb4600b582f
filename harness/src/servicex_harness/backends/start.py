"""The backend that the user has chosen with --science."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from servicex_harness.backends.local import IMAGE, LocalBackend

if TYPE_CHECKING:
    from pathlib import Path

    from servicex_harness.backends import Backend
    from servicex_harness.layout import Layout
    from servicex_harness.limits import Limits
    from servicex_harness.store.client import Store

LOCAL = "local"
PROXY = "x509up"  # in the folder of --x509, as in ServiceX's Secret


def start_backend(science: str, store: Store, limits: Limits, layout: Layout, x509: Path | None = None) -> Backend:
    """Return the backend, with what an earlier harness left of its pods removed; StartError if it cannot be used.

    `x509` is the folder of a grid proxy, for the pods and for what looks up datasets in this process.
    """
    if x509:
        os.environ["X509_USER_PROXY"] = str(x509 / PROXY)
    backend: Backend
    if science == LOCAL:
        backend = LocalBackend(store, limits)
    else:
        from servicex_harness.backends.docker import DockerBackend

        backend = DockerBackend(store, limits, layout.root, x509)
    backend.sweep()
    return backend


def default_image(science: str) -> str:
    """Return the image that a code generator is told to name by default."""
    return IMAGE if science == LOCAL else science
