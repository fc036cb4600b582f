"""The script in the pod is constant and runs on what an AnalysisBase image has: Python 3.9 and its standard library."""

from __future__ import annotations

import ast
import sys

from topcp_codegen.bundle import POD

SCRIPT = (POD / "transform_single_file.py").read_text()


def test_it_is_python_3_9():
    ast.parse(SCRIPT, feature_version=(3, 9))


def test_it_needs_the_standard_library_alone():
    tree = ast.parse(SCRIPT)
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert imported
    assert {name.partition(".")[0] for name in imported} <= sys.stdlib_module_names


def test_it_is_short_enough_to_be_read():
    assert len(SCRIPT.splitlines()) < 200
