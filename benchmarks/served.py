"""The code generator, or another app, under gunicorn with the code generator's own settings."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

YAML = Path(__file__).parents[1] / "client" / "examples" / "talk" / "reco.yaml"
IMAGE = "servicex-topcp/columnar:latest"


@contextmanager
def gunicorn(app: str, folder: str) -> Iterator[str]:
    """A server of an app on a free port, with the settings of the code generator; its address."""
    command = [sys.executable, "-m", "gunicorn", "-c", "python:topcp_codegen.gunicorn_conf", "-b", "127.0.0.1:0", app]
    env = {**os.environ, "TRANSFORMER_SCIENCE_IMAGE": IMAGE}
    with subprocess.Popen(
        command, cwd=folder, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as server:
        for line in server.stderr or ():
            if found := re.search(r"Listening at: (http://\S+)", line):
                yield found[1]
                break
        server.terminate()
        if server.stderr:
            server.stderr.read()
