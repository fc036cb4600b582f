"""The documentation keeps its word: every page is built without a warning, and what it shows is what happens."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from topcp_columnar.payload import load_payload

from tests.conftest import COMMANDS, EXAMPLES
from tests.test_house import tracked_files

from .documents import STAYS_UP, Shell, Step, blocks, follow, links_of, steps

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
READMES = [ROOT / room / "README.md" for room in ("", "client", "harness", "science/columnar", "science/config")]
EVERYTHING = [*READMES, *sorted(DOCS.rglob("*.md"))]
PAGES = [page for page in EVERYTHING if steps(page)]
ENVIRONMENT = os.environ | {
    "PATH": f"{COMMANDS}:{os.environ['PATH']}",
    "PYTHONPATH": f"{ROOT}:{Path(__file__).parent}",
    "COLUMNS": "120",
    "MPLBACKEND": "agg",
}
# They take minutes: tests/e2e/test_stranger.py types them, on a machine that has Python and nothing else.
LONG = re.compile("make (demo|test)")
# What is on the grid, for a machine that has no account: the sample.
ON_THE_GRID = re.compile(r'd\.Rucio\("user\.me:.*?"\)|d\.FileList\(\["root://host//.*?"\]\)')


@pytest.fixture(scope="session")
def ntuple(run2_sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `make demo` delivers, but for the systematics."""
    folder = tmp_path_factory.mktemp("ntuple")
    shutil.copytree(EXAMPLES / "talk", folder / "config")
    (folder / "input.txt").write_text(f"{run2_sample}\n")
    command = [COMMANDS / "runTop_el.py", "-i", "input.txt", "-o", "ntuple", "-t", "config", "--no-systematics"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return folder / "ntuple.root"


@pytest.fixture
def clone(tmp_path: Path, run2_sample: Path, ntuple: Path) -> Path:
    """The repository after `make demo`, as far as the pages need it, and in `first` what the tutorial puts there."""
    clone = tmp_path / "servicex-topcp"
    for folder in ("build/demo", "build/samples", "first"):
        (clone / folder).mkdir(parents=True)
    (clone / ".venv").symlink_to(COMMANDS.parent)
    (clone / "build" / "samples" / "PHYSLITE_example.root").symlink_to(run2_sample)
    (clone / "build" / "demo" / "TopCPExample.root").symlink_to(ntuple)
    for folder in ("build/demo", "first"):
        shutil.copy(EXAMPLES / "talk" / "reco.yaml", clone / folder)
    (clone / "first" / "DAOD_PHYSLITE.root").symlink_to(run2_sample)
    (clone / "first" / "selection.txt").write_text("whatever the code generator of my_package takes\n")
    return clone


@pytest.mark.parametrize("page", [pytest.param(page, id=str(page.relative_to(ROOT))) for page in PAGES])
def test_what_the_page_shows_is_what_happens(
    page: Path, clone: Path, run2_sample: Path, request: pytest.FixtureRequest
) -> None:
    if page == DOCS / "tutorial.md":
        shutil.rmtree(clone / "first")
    where = {ROOT / "README.md": clone, DOCS / "tutorial.md": clone.parent}.get(page, clone / "first")
    todo = [adapted(step, run2_sample) for step in steps(page) if not LONG.match(step.typed)]
    if needs_servicex(todo):
        shutil.copy(request.getfixturevalue("servicex") / "servicex.yaml", where)
    follow(todo, lambda: Shell("bash", "--norc", cwd=where, env=ENVIRONMENT))


def adapted(step: Step, sample: Path) -> Step:
    """The same on this machine, which has no grid, and where other tests hold the usual port."""
    typed = re.sub(f"{STAYS_UP}.*", r"\g<0> --port 0", ON_THE_GRID.sub(f'd.FileList(["{sample}"])', step.typed))
    return Step(step.language, typed.replace("/data/a.root", str(sample)), step.shown)


def needs_servicex(todo: list[Step]) -> bool:
    typed = "\n".join(step.typed for step in todo)
    return re.search(r"deliver\(|topcp doctor", typed) is not None and STAYS_UP not in typed


def test_the_yaml_of_the_documents_can_be_read() -> None:
    found = [content for page in EVERYTHING for content in blocks(page, "yaml")]
    assert found
    for content in found:
        yaml.compose(content)


def test_what_the_documents_say_of_payloads_the_engine_takes(tmp_path: Path) -> None:
    found = [yaml.safe_load(content) for page in EVERYTHING for content in blocks(page, "yaml") if "effect:" in content]
    assert len(found) > 1
    for about in found:
        names = {entry["correction"] for entry in about["systematics"]}
        constant = {"version": 1, "inputs": [], "output": {"name": "value", "type": "real"}, "data": 0.1}
        corrections = [{"name": name, **constant} for name in sorted(names)]
        description = {"topcp_payload": 1, "name": "mine", "official": False, **about}
        content = {"schema_version": 2, "description": json.dumps(description), "corrections": corrections}
        (tmp_path / "payload.json").write_text(json.dumps(content))
        assert len(load_payload(str(tmp_path / "payload.json")).variations) == len(about["systematics"])


def test_links_to_files_lead_somewhere() -> None:
    pages = [page for page in tracked_files() if page.suffix == ".md"]
    links = [(page, link.partition("#")[0]) for page in pages for link in links_of(page) if "://" not in link]
    assert len(links) > 50
    made = re.compile(r"made/")  # when the pages are built
    broken = [(page, link) for page, link in links if not made.search(link) and not (page.parent / link).exists()]
    assert broken == []


def test_the_drawings_are_those_of_today(tmp_path: Path) -> None:
    subprocess.run([sys.executable, DOCS / "drawings.py", tmp_path], check=True)
    made = {drawing.name: drawing.read_text() for drawing in tmp_path.iterdir()}
    kept = {drawing.name: drawing.read_text() for drawing in (DOCS / "images").glob("*.svg")}
    assert made == kept, "make them anew: make pictures"


def test_the_pages_are_built_without_a_warning(tmp_path: Path) -> None:
    # Of the languages of the releases, which are long and all alike, one; `make docs` in .ci/run builds all.
    options = ["-D", "exclude_patterns=reference/made/25*", "-D", "suppress_warnings=myst.xref_missing,toc.excluded"]
    done = subprocess.run(
        [
            COMMANDS / "sphinx-build",
            "--quiet",
            "--fail-on-warning",
            "--keep-going",
            *options,
            "-b",
            "html",
            DOCS,
            tmp_path,
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    for page in ("tutorial.html", "howto/made/bands.html", "reference/cli.html", "reference/made/24.2.37.html"):
        assert (tmp_path / page).is_file()
