"""The script in the pod is constant and runs on what an AnalysisBase image has: Python 3.9 and its standard library."""

from __future__ import annotations

import ast
import io
import sys

import pytest
from topcp_codegen.bundle import POD

MODULES = {path.stem: path.read_text() for path in POD.glob("*.py")}


def imports(text: str) -> set[str]:
    tree = ast.parse(text)
    found = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    return {
        name.partition(".")[0] for name in found | {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    }


@pytest.mark.parametrize("name", MODULES)
def test_it_is_python_3_9_with_the_standard_library_alone(name):
    ast.parse(MODULES[name], feature_version=(3, 9))
    assert imports(MODULES[name]) <= sys.stdlib_module_names | set(MODULES)


def test_its_modules_cannot_hide_the_toolkits():
    """ServiceX puts /generated on PYTHONPATH, before all that the toolkit has."""
    assert all(name.startswith("pod_") for name in set(MODULES) - {"transform_single_file"})


def test_it_is_short_enough_to_be_read():
    assert max(len(text.splitlines()) for text in MODULES.values()) < 200


def test_memory_counters_are_read_in_both_versions_of_control_groups(tmp_path):
    from topcp_codegen.pod.pod_memory import out_of_memory_kills

    process = tmp_path / "cgroup"
    for version, folder, counter in (
        ("0::/pod/box\n", "pod/box", "memory.events"),
        ("9:name=systemd:/\n4:memory:/pod/box\n0::/\n", "memory/pod/box", "memory.oom_control"),
        ("4:cpu,memory:/elsewhere\n", "memory", "memory.oom_control"),
    ):
        mount = tmp_path / counter / folder.replace("/", "-")
        (mount / folder).mkdir(parents=True)
        process.write_text(version)
        assert out_of_memory_kills(mount, process) == 0
        (mount / folder / counter).write_text("low 0\noom 5\noom_kill 3\noom_group_kill 0\n")
        assert out_of_memory_kills(mount, process) == 3
    assert out_of_memory_kills(tmp_path / "nowhere", tmp_path / "nowhere") == 0


def test_a_log_without_an_end_is_cut(monkeypatch):
    monkeypatch.syspath_prepend(str(POD))
    import pod_log

    monkeypatch.setattr(pod_log, "MAX_LOG", 100)
    log, shown = pod_log.Log(), io.BytesIO()
    log.follow(io.BytesIO(b"x" * 60 + b"\n" + b"y" * 60 + b"\nTool ERROR z\n"), shown)
    assert shown.getvalue().splitlines() == [b"x" * 60, b"... the toolkit says more than 0 MiB; the rest is not shown"]
    assert log.error() == "Tool: z"
