"""The documentation keeps its word: every page is built without a warning, and what it shows is what happens.

Blocks marked `console` are typed into a shell: after each `$ command`, what the page shows must be printed (`...`
stands for anything). Blocks marked `python` of a page are run in one go. What needs a cluster, an account or another
terminal is marked `sh` and not run.
"""

from __future__ import annotations

import doctest
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
BIN = Path(sys.executable).parent
ENVIRONMENT = os.environ | {"PATH": f"{BIN}:{os.environ['PATH']}", "COLUMNS": "120", "MPLBACKEND": "agg"}
# The front page shows a query for the grid, which it does not explain.
SHOWN_ONLY = {DOCS / "index.md"}


def blocks(page: Path, language: str) -> list[str]:
    tokens = MarkdownIt().parse(page.read_text())
    return [token.content for token in tokens if token.type == "fence" and token.info == language]


PAGES = [page for page in sorted(DOCS.rglob("*.md")) if page not in SHOWN_ONLY]


def named(pages: list[Path]) -> list[object]:
    return [pytest.param(page, id=str(page.relative_to(DOCS))) for page in pages]


@pytest.fixture
def desk(tmp_path: Path, run2_sample: Path) -> Path:
    """A folder with what the tutorial puts there: the sample and the configuration."""
    shutil.copy(ROOT / "client" / "examples" / "talk" / "reco.yaml", tmp_path)
    (tmp_path / "DAOD_PHYSLITE.root").symlink_to(run2_sample)
    return tmp_path


@pytest.mark.parametrize("page", named([page for page in PAGES if blocks(page, "console")]))
def test_commands_print_what_the_page_shows(page: Path, desk: Path) -> None:
    for block in blocks(page, "console"):
        for command, expected in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE):
            done = subprocess.run(
                ["bash", "-c", command], cwd=desk, env=ENVIRONMENT, capture_output=True, text=True, check=False
            )
            assert done.returncode in (0, 65), done.stderr
            assert is_shown(expected, done.stdout + done.stderr), f"{command}\n{done.stdout}{done.stderr}"


def is_shown(expected: str, printed: str) -> bool:
    return doctest.OutputChecker().check_output(expected, printed, doctest.ELLIPSIS)


@pytest.mark.parametrize("page", named([page for page in PAGES if blocks(page, "python")]))
def test_python_runs_as_it_stands(page: Path, desk: Path) -> None:
    code = "\n".join(blocks(page, "python"))
    with harness(desk) if "deliver(" in code else nullcontext():
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=desk, env=ENVIRONMENT, capture_output=True, text=True, check=False
        )
    assert done.returncode == 0, done.stderr


@contextmanager
def harness(folder: Path) -> Iterator[None]:
    """Run `servicex-harness up` in `folder`, as the tutorial does in another terminal."""
    command = [BIN / "servicex-harness", "up", "--port", "0"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert any(line.startswith("ready") for line in process.stdout or ())
            yield
        finally:
            process.terminate()


def test_the_pages_are_built_without_a_warning(tmp_path: Path) -> None:
    done = subprocess.run(
        [BIN / "sphinx-build", "--quiet", "--fail-on-warning", "--keep-going", "-b", "html", DOCS, tmp_path / "html"],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    for page in ("tutorial.html", "reference/cli.html", "reference/made/25.2.52.html"):
        assert (tmp_path / "html" / page).is_file()
