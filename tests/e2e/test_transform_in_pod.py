"""The loop of a developer, with the script in a container."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.tests.support import watch_the_log
from tests.images.containers import tag

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.e2e
@pytest.mark.needs("docker")
def test_the_log_is_shown_while_the_script_runs(tmp_path: Path, run2_sample: Path) -> None:
    watch_the_log(tmp_path, run2_sample, "--image", tag("columnar"))
