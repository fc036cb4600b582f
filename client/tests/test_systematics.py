"""`topcp systematics` and `topcp plot`: what an ntuple's variations are, and how they look."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import uproot
from servicex_topcp.cli.plot import band
from servicex_topcp.ntuple import Ntuple

from .command import topcp

SOURCES = {
    "JET_A__1up": {"kind": "scale", "source": "payload p: a paper", "official": False},
    "JET_A__1down": {"kind": "scale", "source": "payload p: a paper", "official": False},
    "MET_TURN": {"kind": "scale", "source": "payload p: a paper", "official": False},
    "GEN_X": {"kind": "generator weight", "source": "EventInfo.mcEventWeights[3]", "official": True},
}


@pytest.fixture
def ntuple(tmp_path: Path) -> Path:
    """An ntuple with a variable of events that varies by 10 %, a weight that varies by half, an angle that turns."""
    path = tmp_path / "ntuple.root"
    met = np.linspace(1e4, 1e5, 200)
    columns = {
        "met_met_NOSYS": met,
        "met_met_JET_A__1up": met * 1.1,
        "met_met_JET_A__1down": met * 0.9,
        "met_phi_NOSYS": np.full(200, 3.1),
        "met_phi_JET_A__1up": np.full(200, -3.1),
        "met_phi_MET_TURN": np.full(200, 3.1 - 2 * np.pi + 0.31),
        "weight_mc_NOSYS": np.ones(200),
        "weight_mc_GEN_X": np.full(200, 1.5),
        "weight_sf_NOSYS": np.ones(200),
        "weight_sf_JET_A__1up": np.full(200, 1.02),
        "pass_NOSYS": np.ones(200, np.int8),
        "pass_JET_A__1up": np.zeros(200, np.int8),
        "eventNumber": np.arange(200),
    }
    with uproot.recreate(path) as file:
        file.mktree("reco", {name: column.dtype for name, column in columns.items()})
        file["reco"].extend(columns)
        file["report"] = json.dumps({"systematics_from": SOURCES})
    return path


def test_variations_are_listed_with_kind_source_and_size(ntuple: Path) -> None:
    done = topcp("systematics", ntuple, "--json")
    assert done.returncode == 0, done.stderr
    rows = {row["name"]: row for row in json.loads(done.stdout)["systematics"]}
    assert set(rows) == set(SOURCES)
    assert rows["JET_A__1up"]["size"] == pytest.approx(0.1)
    assert rows["JET_A__1up"]["variable"] == "met_met"
    assert (rows["MET_TURN"]["size"], rows["MET_TURN"]["variable"]) == (pytest.approx(0.1), "met_phi")
    assert rows["GEN_X"]["size"] == pytest.approx(0.5)
    assert all({key: row[key] for key in SOURCES[name]} == SOURCES[name] for name, row in rows.items())


def test_an_rntuple_is_read_as_a_tree_is(ntuple: Path, tmp_path: Path) -> None:
    with uproot.open(ntuple) as tree, uproot.recreate(tmp_path / "r.root") as file:
        file.mkrntuple("reco", tree["reco"].arrays(library="np"))
        file["report"] = str(tree["report"])
    listed = [json.loads(topcp("systematics", path, "--json").stdout) for path in (ntuple, tmp_path / "r.root")]
    one, other = ({row["name"]: row for row in found["systematics"]} for found in listed)
    assert one == other


def test_approximate_variations_are_called_so(ntuple: Path) -> None:
    lines = topcp("systematics", ntuple).stdout.splitlines()
    marked = {line.split()[0] for line in lines if " approximate " in line}
    assert marked == {"JET_A__1up", "JET_A__1down", "MET_TURN"}
    assert lines[-1].startswith("4 variations")


def test_a_plot_is_a_png_that_counts_its_variations(ntuple: Path, tmp_path: Path) -> None:
    done = topcp("plot", ntuple, "met_met", "--weight", "weight_mc", "-o", "met.png", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "met.png").read_bytes().startswith(b"\x89PNG")
    assert done.stdout == "met.png: met_met with 3 variations, 2 of them approximate\n"


def test_a_plot_tells_its_numbers_as_json(ntuple: Path, tmp_path: Path) -> None:
    done = topcp("plot", ntuple, "met_met_NOSYS", "--bins", "1", "--weight", "weight_mc", "--json", cwd=tmp_path)
    assert json.loads(done.stdout) == {
        "image": "met_met.png",
        "variable": "met_met",
        "variations": ["JET_A__1up", "JET_A__1down", "GEN_X"],
        "approximate": ["JET_A__1up", "JET_A__1down"],
        "edges": [1e4, 1e5],
        "nominal": [200],
        "down": [pytest.approx(200 - np.hypot(*shifted_out()))],
        "up": [300],
    }
    assert (tmp_path / "met_met.png").exists()


def shifted_out() -> tuple[int, int]:
    """How many of the ntuple's events leave the range of the nominal when they are varied up and down."""
    met = np.linspace(1e4, 1e5, 200)
    return int((met * 1.1 > 1e5).sum()), int((met * 0.9 < 1e4).sum())


@pytest.mark.parametrize("limits", [("5", "1"), ("2", "2"), ("nan", "3"), ("0", "inf")])
def test_a_range_that_is_none_is_refused(limits: tuple[str, str], ntuple: Path, tmp_path: Path) -> None:
    done = topcp("plot", ntuple, "met_met", "--range", *limits, cwd=tmp_path)
    assert done.returncode == 64
    assert "'--range': two numbers are wanted, the lower first" in done.stderr


def test_the_plot_itself_says_that_variations_are_approximate(ntuple: Path, tmp_path: Path) -> None:
    """In an SVG the title's words stay in a comment beside their outlines."""
    topcp("plot", ntuple, "met_met", "-o", "met.svg", cwd=tmp_path)
    assert "approximate variations, no calibration" in (tmp_path / "met.svg").read_text()


def test_a_title_of_many_variations_has_room(tmp_path: Path) -> None:
    names = [f"JET_EffectiveNP_Modelling{number}__1{side}" for number in range(40) for side in ("up", "down")]
    source = {"kind": "scale", "source": "a paper", "official": False}
    with uproot.recreate(tmp_path / "many.root") as file:
        file["reco"] = {f"met_{name}": np.arange(10.0) for name in ("NOSYS", *names)}
        file["report"] = json.dumps({"systematics_from": dict.fromkeys(names, source)})
    topcp("plot", tmp_path / "many.root", "met", "-o", "met.svg", cwd=tmp_path)
    (line,) = [line for line in (tmp_path / "met.svg").read_text().splitlines() if "JET_EffectiveNP" in line]
    assert line.strip(" -<>!").endswith(" and 38 more")
    assert len(line) < 100


def test_what_changes_a_variable_and_its_weight_counts_with_both(ntuple: Path) -> None:
    with Ntuple(ntuple, None) as opened:
        _, nominal, _, up, _ = band(opened, "met_met", 1, (0.0, 2e5), "weight_sf")
    assert nominal.tolist() == [200]
    assert up == pytest.approx([204])
    with Ntuple(ntuple, None) as opened:
        _, nominal, _, up, _ = band(opened, "met_met", 1, (1e5, 2e5), "weight_sf")
    over = (np.linspace(1e4, 1e5, 200) * 1.1 >= 1e5).sum()
    assert up == pytest.approx([1.02 * over])
    assert nominal.tolist() == [1]


def test_a_variable_that_is_not_there_is_refused_with_those_that_are(ntuple: Path) -> None:
    done = topcp("plot", ntuple, "met_mett")
    assert done.returncode == 64
    assert "met_met, met_phi, weight_mc, weight_sf, pass; did you mean 'met_met'?" in done.stderr


def test_a_file_that_is_no_ntuple_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.root").write_text("hello")
    done = topcp("systematics", tmp_path / "text.root")
    assert done.returncode == 66
    assert "text.root" in done.stderr
