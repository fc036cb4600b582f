"""What the documents have an operator type into helm is accepted by the charts."""

from __future__ import annotations

import itertools
import shlex
from pathlib import Path

import pytest

from tests.docs.documents import blocks

from .charts import CHART, HELM, ROOT, UPSTREAM, make_umbrella, objects, template

pytestmark = pytest.mark.needs("helm")
PAGES = (ROOT / "README.md", ROOT / "docs" / "operators" / "index.md")
COMMANDS = [
    line
    for page in PAGES
    for block in blocks(page, "")
    for line in block.replace("\\\n", " ").splitlines()
    if line.startswith("helm upgrade")
]


@pytest.fixture(scope="module")
def charts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The charts, by what the documents call them; upstream's is the stand-in."""
    umbrella = make_umbrella(tmp_path_factory.mktemp("helm"))
    return {"helm/servicex-topcp": CHART, "helm/servicex": umbrella, "ssl-hep/servicex": UPSTREAM}


@pytest.mark.parametrize("command", COMMANDS)
def test_the_command_is_accepted_by_its_chart(command: str, charts: dict[str, Path], tmp_path: Path) -> None:
    words = [word for word in shlex.split(command)[2:] if word not in ("--install", "--reuse-values")]
    release, chart, *options = words
    mine = tmp_path / "my-values.yaml"
    mine.touch()
    files = {"my-values.yaml": mine, "helm/values-servicex.yaml": HELM / "values-servicex.yaml"}
    given = dict.fromkeys(files[value] for value in after("--values", options))
    # What --reuse-values keeps of the installation: the chart asks whom it serves.
    kept = ["servicex.release=servicex"] if "--reuse-values" in command else []
    rendered = objects(template(*given, *kept, *after("--set", options), chart=charts[chart], release=release))
    assert any(kind == "Service" and name.endswith("code-gen-topcp") for kind, name in rendered)


def after(option: str, words: list[str]) -> list[str]:
    return [value for word, value in itertools.pairwise(words) if word == option]
