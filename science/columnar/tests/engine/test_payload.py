"""Variations from a payload: what is written, that nominal stays as it is, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import uproot
from correctionlib import CorrectionSet
from topcp_columnar.errors import ConfigRefused
from topcp_columnar.payload import APPROXIMATE, load_payload
from topcp_columnar.payload.smearing import normal_numbers

from .conftest import Run
from .payloads import binned, correction, entry, flat, write_payload

EDGES = (0.0, 20e3, 40e3, 80e3, 1e6)
SHIFTS = (0.08, 0.05, 0.03, 0.01)


def arrays(folder: Path) -> dict[str, Any]:
    with uproot.open(folder / "out.root") as file:
        return {name: branch.array(library="np") for name, branch in file["reco"].items()}


def equal(one: Any, other: Any) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_a_jet_variation_changes_jets_and_what_hangs_on_them_and_nothing_else(
    run: Run, example: str, tmp_path: Path
) -> None:
    payload = write_payload(tmp_path / "jets.json", [binned("s", EDGES, SHIFTS)], [entry("JET_TEST", "scale", "s")])
    done = run(example, "--payload", str(payload))
    assert done.code == 0, done.err
    varied = {name for name in done.names() if name.endswith("JET_TEST__1up")}
    assert {"jet_pt_JET_TEST__1up", "jet_e_JET_TEST__1up"} <= varied
    assert all(name.startswith("jet_") for name in varied)
    branches = arrays(done.folder)
    for pt, up, down in zip(
        *(branches[f"jet_pt_{s}"] for s in ("NOSYS", "JET_TEST__1up", "JET_TEST__1down")), strict=True
    ):
        shift = np.asarray(SHIFTS)[np.digitize(pt.astype(float), EDGES) - 1]
        assert np.allclose(up, pt * (1 + shift), rtol=1e-6)
        assert np.allclose(up + down, 2 * pt, rtol=1e-6)
    for pt, up, e, varied in zip(
        *(branches[f"jet_{v}"] for v in ("pt_NOSYS", "pt_JET_TEST__1up", "e_NOSYS", "e_JET_TEST__1up")), strict=True
    ):
        assert np.allclose(varied / e, up / pt, rtol=1e-6)


def test_nominal_is_the_same_bit_for_bit_with_and_without_a_payload(run: Run, example: str) -> None:
    run(example, "--no-systematics")
    without = arrays(Path.cwd())
    done = run(example, "--payload", APPROXIMATE)
    assert done.code == 0, done.err
    with_payload = arrays(done.folder)
    assert len(with_payload) > len(without)
    event = without["eventNumber"]
    assert np.array_equal(event, with_payload["eventNumber"])
    assert all(equal(column, with_payload[name]) for name, column in without.items())


def test_every_shipped_variation_is_called_approximate_everywhere(run: Run, example: str) -> None:
    done = run(example, "--payload", APPROXIMATE)
    names = [name for name in done.report["systematics"] if "APPROX" in name]
    assert {"JET_TOTAL_APPROX__1up", "JET_JER_TOTAL_APPROX__1up", "MUON_SCALE_APPROX__1down"} <= set(names)
    assert "JET_JER_TOTAL_APPROX__1down" not in names
    (tree,) = done.report["trees"]
    varied = [branch for branch in tree["branches"] if "APPROX" in branch["name"]]
    assert varied
    assert all(branch["verdict"] == "approx" and "arXiv" in branch["why"] for branch in varied)
    with uproot.open(done.folder / "out.root") as file:
        assert file["reco"]["jet_pt_JET_TOTAL_APPROX__1up"].title.startswith("approximate: ")


def test_a_variation_of_size_zero_writes_nominal_bit_for_bit(run: Run, example: str, tmp_path: Path) -> None:
    entries = [entry("JET_ZERO", "scale", "z"), entry("JET_ZERO_RES", "resolution", "z")]
    payload = write_payload(tmp_path / "zero.json", [flat("z", 0.0)], entries)
    done = run(example, "--payload", str(payload))
    branches = arrays(done.folder)
    varied = [name for name in branches if "JET_ZERO" in name]
    assert varied
    for name in varied:
        assert equal(branches[name], branches[name[: name.index("JET_ZERO")] + "NOSYS"]), name


def test_the_output_does_not_depend_on_the_chunks(run: Run, example: str, tmp_path: Path) -> None:
    payload = write_payload(tmp_path / "r.json", [flat("r", 0.2)], [entry("JET_RES", "resolution", "r")])
    run(example, "--payload", str(payload))
    whole = arrays(Path.cwd())
    run(example, "--payload", str(payload), "--chunk-events", "7")
    assert all(equal(column, whole[name]) for name, column in arrays(Path.cwd()).items())


def test_a_table_gives_what_correctionlib_gives(tmp_path: Path) -> None:
    data = {
        "nodetype": "multibinning",
        "inputs": ["pt", "eta"],
        "edges": [[0.0, 30.0, 60.0, 100.0], {"n": 4, "low": -2.5, "high": 2.5}],
        "content": [float(i) for i in range(12)],
        "flow": "clamp",
    }
    made = correction("t", data, ("pt", "real"), ("eta", "real"))
    path = write_payload(tmp_path / "t.json", [made], [entry("JET_T", "scale", "t")])
    (variation,) = load_payload(str(path)).variations
    table = variation.correction.table("JET_T__1up")
    assert table is not None
    rng = np.random.default_rng(2)
    pt = np.append(rng.uniform(-10, 120, 500), [0, 30, 60, 100]).astype(np.float32)
    eta = np.append(rng.uniform(-3, 3, 500), [-2.5, -1.25, 0, 2.5]).astype(np.float32)
    expected = CorrectionSet.from_file(str(path))["t"].evaluate(pt.astype(float), eta.astype(float))
    assert np.array_equal(table.values[table.bins.find(pt, eta)], expected)


def test_a_formula_is_evaluated_too(run: Run, example: str, tmp_path: Path) -> None:
    data = {"nodetype": "formula", "expression": "0.1*exp(-x/100000)", "parser": "TFormula", "variables": ["pt"]}
    made = correction("f", data, ("pt", "real"))
    payload = write_payload(tmp_path / "f.json", [made], [entry("JET_F", "scale", "f")])
    run(example, "--payload", str(payload))
    branches = arrays(Path.cwd())
    for pt, up in zip(branches["jet_pt_NOSYS"], branches["jet_pt_JET_F__1up"], strict=True):
        assert np.allclose(up, pt * (1 + 0.1 * np.exp(-pt / 1e5)), rtol=1e-6)


def test_scale_factors_come_from_the_payload_and_are_called_approximate(run: Run, example: str, tmp_path: Path) -> None:
    sides = {"NOSYS": 0.98, "EL_EFF_ID__1up": 1.0, "EL_EFF_ID__1down": 0.96}
    content = [{"key": key, "value": value} for key, value in sides.items()]
    made = correction(
        "id", {"nodetype": "category", "input": "systematic", "content": content}, ("systematic", "string")
    )
    entries = [entry("EL_EFF_ID", "weight", "id", "electrons", variable="id_effSF_*")]
    payload = write_payload(tmp_path / "id.json", [made], entries)
    done = run(example, "--payload", str(payload))
    assert done.code == 0, done.err
    branches = arrays(done.folder)
    factors = [name for name in branches if name.startswith("el_id_effSF_")]
    assert {name.rpartition("_")[2] for name in factors} == {"NOSYS", "1up", "1down"}
    for name in factors:
        side = next(side for side in sides if name.endswith(side))
        assert all(np.allclose(values, sides[side]) for values in branches[name])


def test_a_nominal_scale_factor_may_be_given_apart_from_its_uncertainty(run: Run, example: str, tmp_path: Path) -> None:
    entries = [
        entry("NOSYS", "weight", "id", "electrons", variable="id_effSF_*"),
        entry("EL_EFF_ID", "weight", "small", "electrons", variable="id_effSF_*"),
    ]
    made = [binned("id", (0, 40e3, 1e6), (0.9, 0.95)), flat("small", 0.01)]
    done = run(example, "--payload", str(write_payload(tmp_path / "id.json", made, entries)))
    assert done.code == 0, done.err
    assert {name for name in done.report["systematics"] if "EL" in name} == {"EL_EFF_ID__1up", "EL_EFF_ID__1down"}
    branches = arrays(done.folder)
    for pt, nominal, up in zip(
        *(branches[f"el_{v}"] for v in ("pt_NOSYS", "id_effSF_tight_NOSYS", "id_effSF_tight_EL_EFF_ID__1up")),
        strict=True,
    ):
        assert np.allclose(nominal, np.where(pt < 40e3, 0.9, 0.95))
        assert np.allclose(up, nominal * 1.01)


def test_two_nominal_scale_factors_of_one_name_are_refused(run: Run, example: str, tmp_path: Path) -> None:
    patterns = {"e": "id_effSF_*", "t": "id_effSF_tight"}
    entries = [entry("NOSYS", "weight", name, "electrons", variable=pattern) for name, pattern in patterns.items()]
    made = [flat("e", 0.9), flat("t", 0.8)]
    done = run(example, "--payload", str(write_payload(tmp_path / "two.json", made, entries)))
    assert done.code == 65
    assert "several corrections with a nominal AnaElectrons.id_effSF_tight: e, t" in done.error


def test_what_objects_lack_a_correction_reads_of_their_event(
    run: Run, example: str, tmp_path: Path, run2_sample: Path
) -> None:
    made = binned("run", (325713, 334000, 341650), (0.01, 0.02), "RandomRunNumber")
    payload = write_payload(tmp_path / "run.json", [made], [entry("JET_RUN", "scale", "run")])
    done = run(example, "--payload", str(payload))
    assert done.code == 0, done.err
    branches = arrays(done.folder)
    with uproot.open(run2_sample) as file:
        runs = file["CollectionTree"]["EventInfoAuxDyn.RandomRunNumber"].array(library="np")
    seen = set()
    for of_event, pt, up in zip(runs, branches["jet_pt_NOSYS"], branches["jet_pt_JET_RUN__1up"], strict=True):
        size = 0.01 if of_event < 334000 else 0.02
        assert np.allclose(up, pt * (1 + size), rtol=1e-6)
        seen.add(size)
    assert len(seen) == 2


@pytest.mark.parametrize("name", ["nothingOfTheKind", "mcEventWeights"])
def test_what_neither_objects_nor_events_have_as_a_number_is_refused(
    run: Run, example: str, tmp_path: Path, name: str
) -> None:
    made = binned("s", (0, 1), (0.1,), name)
    done = run(example, "--payload", str(write_payload(tmp_path / "p.json", [made], [entry("JET_X", "scale", "s")])))
    assert done.code == 65
    assert f"the payload's JET_X reads {name} of jets, which neither AnalysisJets nor EventInfo has" in done.error


def test_edges_may_be_whole_numbers(tmp_path: Path) -> None:
    """As correctionlib's schema has it, though its own evaluator does not take them."""
    made = [binned("one", (0, 20000, 13000000), (1, 2)), binned("other", (0.0, 20e3, 13e6), (1.0, 2.0))]
    two = {"nodetype": "multibinning", "inputs": ["pt", "eta"], "edges": [[0, 1], [-1, 0, 1]], "content": [0, 1]}
    made.append(correction("two", two | {"flow": "clamp"}, ("pt", "real"), ("eta", "real")))
    path = write_payload(tmp_path / "p.json", made, [entry(f"JET_{c['name']}", "scale", c["name"]) for c in made])
    one, other, two_dimensional = (v.correction for v in load_payload(str(path)).variations)
    pt = np.array([10e3, 20e3, 30e3])
    assert np.array_equal(one.evaluate("NOSYS", pt), other.evaluate("NOSYS", pt))
    assert two_dimensional.evaluate("NOSYS", pt, np.array([-0.5, 0.5, 2.0])).tolist() == [0, 1, 1]


def test_random_numbers_are_normal_and_belong_to_the_object() -> None:
    offsets = np.arange(0, 200_001, 4)
    numbers = np.arange(50_000)
    normal = normal_numbers(numbers, offsets, 7)
    assert abs(normal.mean()) < 0.01
    assert abs(normal.std() - 1) < 0.01
    assert abs((normal**4).mean() - 3) < 0.1
    assert len(np.unique(normal)) > 0.99 * len(normal)
    assert np.array_equal(normal_numbers(numbers[100:200], offsets[:101], 7), normal[400:800])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"effect": "shift"}, "effect is 'shift', not one of scale, resolution, mass, weight"),
        ({"objects": "jetz"}, "objects is 'jetz'"),
        ({"correction": "nothing"}, "correction is 'nothing'"),
        ({"effect": "weight"}, "a weight needs `variable`"),
        ({"size": 2}, "has size, which means nothing here"),
        ({"name": "NOSYS"}, "only a weight may be nominal"),
    ],
)
def test_a_payload_that_is_wrong_is_refused_by_name(change: dict[str, Any], message: str, tmp_path: Path) -> None:
    path = write_payload(tmp_path / "p.json", [flat("s", 0.1)], [entry("JET_X", "scale", "s") | change])
    with pytest.raises(ConfigRefused, match=r"p\.json: systematic (JET_X|NOSYS)") as refused:
        load_payload(str(path))
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not of correctionlib's schema v2"),
        (json.dumps({"schema_version": 2, "corrections": []}), "does not say `topcp_payload: 1`"),
        (json.dumps({"schema_version": 2, "description": "- [", "corrections": []}), "is not YAML"),
    ],
)
def test_a_file_that_is_no_payload_is_refused(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    path.write_text(text)
    with pytest.raises(ConfigRefused, match=r"p\.json") as refused:
        load_payload(str(path))
    assert message in str(refused.value)


def test_a_payload_that_is_not_there_ends_the_command_with_65(run: Run, example: str) -> None:
    done = run(example, "--payload", "nowhere.json")
    assert done.code == 65
    assert "nowhere.json" in done.error
