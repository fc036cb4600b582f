"""The backend that the user has chosen with --science."""

from __future__ import annotations

from typing import TYPE_CHECKING

from servicex_harness.backends.local import LocalBackend

if TYPE_CHECKING:
    from servicex_harness.backends import Backend
    from servicex_harness.options import Options
    from servicex_harness.store.client import Store

SCIENCE = ("local",)


def start_backend(options: Options, store: Store) -> Backend:
    """Return the backend, with what an earlier harness left of its pods removed."""
    backend = LocalBackend(store, options.limits)
    backend.sweep()
    return backend
