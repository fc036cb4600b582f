"""How the package enters `servicex`: it must never stand in the way of `import servicex`."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points

import pytest


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_entry_point_takes_no_name_of_the_client_s_own() -> None:
    (ours,) = (point for point in entry_points(group="servicex.query") if point.value.startswith("servicex_topcp"))
    assert ours.name == "TopCPToolkit"


@pytest.mark.parametrize(
    "first",
    ["servicex", "servicex_topcp.query", "servicex_topcp.query.toolkit", "servicex.query_core", "servicex_topcp"],
)
def test_any_order_of_imports_works(first: str) -> None:
    assert (
        run(f"import {first}; from servicex import query as q; print(q.TopCPToolkit.__name__)") == "TopCPToolkitQuery"
    )


def test_servicex_can_be_imported_when_topcp_config_is_broken() -> None:
    code = """
import sys
sys.modules["topcp_config"] = None
from servicex import query as q
print(q.TopCP.__name__)
try:
    q.TopCPToolkit(reco=__import__("os").devnull)
except (ImportError, ValueError) as error:
    print(type(error).__name__)
"""
    assert run(code).split() == ["TopCPQuery", "ModuleNotFoundError"]


def test_the_exceptions_survive_the_client_s_copies() -> None:
    code = """
import copy, pickle
from servicex_topcp.errors import InvalidConfigError
from servicex_topcp.release import UsedRelease
from topcp_config import Problem
problem = Problem("error", "some-code", "some message", None, "reco.yaml", 1, 1, "")
error = InvalidConfigError([problem], UsedRelease("25.2.15", "as asked", stated=True))
assert str(copy.copy(error)) == str(pickle.loads(pickle.dumps(error))) == str(error)
"""
    run(code)
