"""`topcp branches`: what a configuration will write, before it is run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .command import TALK, topcp

TAU = "# release: 25.2.15\nPL_Taus: {}\nOutput:\n  treeName: particleLevel\n  containers: {tau_: AnaTaus}\n"


def test_each_branch_stands_in_its_tree_with_the_block_that_writes_it() -> None:
    done = topcp("branches", TALK)
    assert done.returncode == 0
    headline, tree, *rows = done.stdout.splitlines()
    assert headline.startswith(f"{TALK / 'reco.yaml'}: release 25.2.15")
    in_tree = rows[: rows.index("beside the trees")]
    assert tree == f"tree reco ({len(in_tree)} branches)"
    assert ["el_pt_%SYS%", "Electrons[0]"] in [row.split() for row in in_tree]
    assert "  listOfSystematics                 CommonServices" in rows


def test_json_names_each_branch_s_source() -> None:
    (file,) = json.loads(topcp("branches", TALK, "--json").stdout)["files"]
    (tree,) = file["trees"]
    branches = {branch["name"]: branch for branch in tree["branches"]}
    assert branches["mu_charge"]["container"] == "AnaMuons"
    assert branches["weight_mc_%SYS%"]["sample"] is not None
    assert all(branch["source"] for branch in branches.values())
    assert "FT_" in file["systematics"]["AnaJets"]


def test_standard_input_and_the_level_are_as_in_validate() -> None:
    done = topcp("branches", "-", "--level", "particle", stdin=TAU)
    assert done.returncode == 0, done.stdout
    assert done.stdout.splitlines()[1].startswith("tree particleLevel (")


@pytest.mark.parametrize("from_file", [True, False])
def test_an_invalid_configuration_is_shown_as_validate_does(tmp_path: Path, from_file: bool) -> None:
    text = "# release: 25.2.15\nMuons:\n  - containerName: AnaMuons\n    PtEtaSelektion: {}\n"
    (tmp_path / "reco.yaml").write_text(text)
    path, stdin = ("reco.yaml", "") if from_file else ("-", text)
    shown = topcp("branches", path, stdin=stdin, cwd=tmp_path)
    assert shown.returncode == 65
    assert shown.stdout == topcp("validate", path, stdin=stdin, cwd=tmp_path).stdout


def test_a_missing_file_ends_with_66(tmp_path: Path) -> None:
    assert topcp("branches", "nowhere.yaml", cwd=tmp_path).returncode == 66
