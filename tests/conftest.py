"""ServiceX's dialogue, started as a user starts it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

COMMANDS = Path(sys.executable).parent
EXAMPLES = Path(__file__).parents[1] / "client" / "examples"


@contextmanager
def running(home: Path, **environment: str) -> Iterator[Path]:
    """Run `servicex-harness up`; yield the folder that holds its servicex.yaml and, in harness.log, what it printed."""
    command = [COMMANDS / "servicex-harness", "up", "--dir", home, "--port", "0"]
    log = home / "harness.log"
    with (
        log.open("w") as errors,
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=errors, text=True, env=os.environ | environment
        ) as process,
    ):
        try:
            assert any(line.startswith("ready") for line in process.stdout or ()), log.read_text()
            yield home
        finally:
            process.terminate()
    assert process.returncode == 0


@pytest.fixture(scope="session")
def servicex(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A running ServiceX; see `running`."""
    with running(tmp_path_factory.mktemp("servicex")) as home:
        yield home
