"""Names that all sides of ServiceX agree on."""

from __future__ import annotations

import hashlib

LOOPBACK = "127.0.0.1"
MAX_NAME = 255  # longest file name of common file systems; the sidecar's MAX_PATH_LEN


def safe_name(location: str) -> str:
    """Return the output's file name and object key for the input at `location`, as the ServiceX sidecar forms it.

    Source: ssl-hep/ServiceX transformer_sidecar/src/transformer_sidecar/transformer.py, `hash_path`.
    """
    name = location.replace("/", ":")
    if len(name) <= MAX_NAME:
        return name
    digest = hashlib.sha1(name.encode(), usedforsecurity=False).hexdigest()
    return f"_{digest}{name[len(digest) + 1 - MAX_NAME :]}"
