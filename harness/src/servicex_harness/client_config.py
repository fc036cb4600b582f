"""The configuration file of the ServiceX client."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def write_client_configuration(path: Path, url: str, cache: Path) -> None:
    """Write a servicex.yaml that sends the client to `url`.

    The client knows a request again by its selection and files alone, not by the code generator that answered it, so
    each run of the harness gets a cache of its own.
    """
    lines = [
        "# Written by servicex-harness each time it starts.",
        "api_endpoints:",
        f"  - endpoint: {json.dumps(url)}",
        "    name: harness",
        "default_endpoint: harness",
        f"cache_path: {json.dumps(str(cache))}",
    ]
    part = path.with_suffix(".part")
    part.write_text("\n".join(lines) + "\n", encoding="utf-8")
    part.replace(path)
