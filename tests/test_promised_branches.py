"""What the engine really writes is among what `topcp branches` says: each branch, and each object beside the trees."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import uproot
from topcp_config import load_file
from topcp_config.ntuple import describe

if TYPE_CHECKING:
    from collections.abc import Iterable

    from topcp_config.ntuple import Ntuple

EXAMPLE = Path(__file__).parents[1] / "client" / "examples" / "talk"
# What only this engine writes: its own account of the run.
OWN_OBJECTS = {"report"}


def promised(ntuple: Ntuple) -> dict[str, re.Pattern[str]]:
    """Return a pattern for all branches of each tree, systematics only where they are said to change something."""
    weights = ntuple.systematics["EventInfo"]
    return {
        tree.name: either(
            pattern(branch.name, (*weights, *ntuple.systematics.get(branch.container or "", ())))
            for branch in tree.branches
        )
        for tree in ntuple.trees
    }


def pattern(name: str, systematics: Iterable[str]) -> str:
    variations = "|".join(["NOSYS", *(f"{re.escape(one)}.+" for one in systematics)])
    filled = re.escape(name).replace("%SYS%", f"(?:{variations})").replace(r"\*", ".*")
    return re.sub("<[A-Za-z]+>", ".+", filled)


def either(patterns: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(patterns))


@pytest.fixture(scope="module")
def output(run2_sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("promised")
    (folder / "input.txt").write_text(f"{run2_sample}\n")
    command = [Path(sys.executable).with_name("runTop_el.py"), "-i", "input.txt", "-o", "output", "-t", EXAMPLE]
    subprocess.run(command, cwd=folder, check=True)
    return folder / "output.root"


def test_each_branch_is_promised(output: Path) -> None:
    trees = promised(describe(load_file(EXAMPLE / "reco.yaml", release="25.2.15")))
    with uproot.open(output) as file:
        written = {name: file[name].keys() for name, kind in file.classnames(cycle=False).items() if kind == "TTree"}
    assert written.keys() == trees.keys()
    assert [name for tree, names in written.items() for name in names if not trees[tree].fullmatch(name)] == []


def test_each_object_beside_the_trees_is_promised(output: Path) -> None:
    ntuple = describe(load_file(EXAMPLE / "reco.yaml", release="25.2.15"))
    known = either(pattern(one.name, ["GEN_"]) for one in ntuple.objects)
    with uproot.open(output) as file:
        beside = {name for name, kind in file.classnames(cycle=False).items() if kind != "TTree"}
    assert {name for name in beside if not known.fullmatch(name)} == OWN_OBJECTS
