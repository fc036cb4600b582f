"""What every test may ask for: the real PHYSLITE samples, and tools that a machine may lack.

TOPCP_SAMPLE_RUN2  path of the Run 2 Z→ee PHYSLITE sample (TTree). Unset: fetched by client/examples/get_sample.py.
TOPCP_SAMPLE_RUN3  path of the Run 3 ttbar PHYSLITE sample (RNTuple). Unset: the tests that need it are not collected.
TOPCP_CONFIGS      directory of the toolkit's own configurations, `<era>/<analysis>/{reco,parton,particle}.yaml` of the
                   eras 2024-10 (AnalysisBase 25.2.29) and 2025-06 (25.2.52), and `talk/reco.yaml` (25.2.15). Unset:
                   the tests that need them are not collected.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

import pytest

ROOT = Path(__file__).parent
SAMPLES = ROOT / "build" / "samples"


@pytest.fixture(scope="session")
def run2_sample() -> Path:
    """The public Run 2 Z→ee PHYSLITE file, 100 events, TTree."""
    if given := os.environ.get("TOPCP_SAMPLE_RUN2"):
        return Path(given)
    getter = ROOT / "client" / "examples" / "get_sample.py"
    done = subprocess.run([sys.executable, getter, SAMPLES], check=True, capture_output=True, text=True)
    return Path(done.stdout.strip())


@pytest.fixture(scope="session")
def run3_sample() -> Path:
    """A public Run 3 ttbar PHYSLITE file, 100 events, RNTuple with MetaData; mark its tests with `run3`."""
    return Path(os.environ["TOPCP_SAMPLE_RUN3"])


@pytest.fixture(scope="session")
def cern_root() -> None:
    """ROOT itself: its wheel is for Linux on x86-64 alone, and its interpreter asks a C++ compiler for the headers."""
    if find_spec("ROOT") is None or not shutil.which("c++"):
        lack("ROOT with a C++ compiler")


@pytest.fixture(scope="session")
def toolkit_configs() -> Path:
    """The toolkit's own configurations; mark the tests of them with `configs`."""
    return Path(os.environ["TOPCP_CONFIGS"])


GIVEN_BY = {"run3": "TOPCP_SAMPLE_RUN3", "configs": "TOPCP_CONFIGS"}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests of what is not there."""
    missing = [marker for marker, variable in GIVEN_BY.items() if variable not in os.environ]
    left_out = [item for item in items if any(item.get_closest_marker(marker) for marker in missing)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip, by name, what needs a command that this machine lacks; in CI that is a failure."""
    for marker in item.iter_markers("needs"):
        for tool in marker.args:
            if not shutil.which(tool):
                lack(tool)


def lack(what: str) -> NoReturn:
    """Skip the test, by the name of what it needs; in CI that is a failure."""
    if os.environ.get("TOPCP_NO_SKIPS"):
        pytest.fail(f"needs {what}, which this machine lacks")
    pytest.skip(f"needs {what}")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """With TOPCP_NO_SKIPS a run that skipped anything has failed."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("TOPCP_NO_SKIPS") and reporter and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
