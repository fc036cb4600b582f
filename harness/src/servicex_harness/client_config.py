"""The configuration file of the ServiceX client."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from servicex_harness.private import write_private

if TYPE_CHECKING:
    from pathlib import Path


def write_client_configuration(path: Path, url: str, cache: Path, token: str | None) -> None:
    """Write a servicex.yaml that sends the client to `url`, with its token if it needs one.

    The client knows a request again by its selection and files alone, not by the code generator that answered it, so
    each run of the harness gets a cache of its own.
    """
    lines = [
        "# Written by servicex-harness each time it starts.",
        "api_endpoints:",
        f"  - endpoint: {json.dumps(url)}",
        "    name: harness",
        *([f"    token: {token}"] if token else []),
        "default_endpoint: harness",
        f"cache_path: {json.dumps(str(cache))}",
    ]
    write_private(path, "\n".join(lines) + "\n")
