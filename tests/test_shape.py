"""The shape of the code: small functions, small modules. `make lint` prints it: `python tests/test_shape.py`."""

from __future__ import annotations

import ast
import subprocess
from pathlib import Path
from statistics import median, quantiles

ROOT = Path(__file__).parents[1]
FUNCTION_LINES, MODULE_LINES = 60, 500  # no more than these


def modules() -> dict[Path, str]:
    """The tracked Python files that are no tests, with their texts."""
    listed = subprocess.run(["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    paths = [ROOT / name for name in listed.splitlines() if "tests" not in Path(name).parts]
    return {path: path.read_text() for path in paths if path.is_file()}


def functions(texts: dict[Path, str]) -> dict[str, int]:
    """How many lines each function has, by its place."""
    return {
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}": (node.end_lineno or node.lineno) - node.lineno + 1
        for path, text in texts.items()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    }


def report() -> str:
    texts = modules()
    lines = [text.count("\n") for text in texts.values()]
    sizes = list(functions(texts).values())
    return (
        f"{len(lines)} modules: median {median(lines):.0f} lines, longest {max(lines)}; {len(sizes)} functions: "
        f"median {median(sizes):.0f} lines, 90 % up to {quantiles(sizes, n=10)[-1]:.0f}, longest {max(sizes)}"
    )


def test_no_function_is_longer_than_a_screen() -> None:
    assert {place: lines for place, lines in functions(modules()).items() if lines > FUNCTION_LINES} == {}


def test_no_module_is_longer_than_can_be_read_in_one_go() -> None:
    long = {str(path): n for path, text in modules().items() if (n := text.count("\n")) > MODULE_LINES}
    assert long == {}


if __name__ == "__main__":
    print(report())
