"""The branches that a real analysis reads, against those the engine writes for the same kind of configuration."""

from __future__ import annotations

from collections import defaultdict
from fnmatch import fnmatchcase
from pathlib import Path

import awkward as ak
import numpy as np
import pytest
import uproot
import yaml

from .conftest import Done, Run, changed, run_in
from .golden_payload import golden_payload

Events = tuple[np.ndarray, np.ndarray]
GOLDEN = Path(__file__).with_name("golden")
DIFFERENCES = yaml.safe_load((GOLDEN / "differences.yaml").read_text())


def golden_names() -> set[str]:
    lines = (GOLDEN / "branches.txt").read_text().splitlines()
    return {line for line in lines if not line.startswith("#")}


def systematics_in(names: set[str]) -> list[str]:
    """Every systematic by name; a branch's own name may hold what looks like the beginning of one."""
    nominal = {name.removesuffix("NOSYS") for name in names if name.endswith("_NOSYS")}
    found = set()
    for name in names:
        if name.endswith(("__1up", "__1down")):
            base = max((base for base in nominal if name.startswith(base)), key=len)
            found.add(name.removeprefix(base).rpartition("__1")[0])
    return sorted(found)


def everything_kept() -> str:
    """The configuration without what drops events or objects: a union over variations would keep more of them."""
    kept = [(f"'Out{kind}'\n", f"'Ana{kind}'\n") for kind in ("Electrons", "Muons", "Jets")]
    return changed((GOLDEN / "reco.yaml").read_text(), ("noFilter: False", "noFilter: True"), *kept)


def written(folder: Path) -> dict[str, Events]:
    """Of each branch how many values each event has, and the bits of all of them."""
    with uproot.open(folder / "out.root") as file:
        return {name: bits(branch.array()) for name, branch in file["reco"].items()}


def bits(values: ak.Array) -> Events:
    counts = ak.num(values).to_numpy() if values.ndim > 1 else np.ones(len(values), np.int64)
    return counts, ak.flatten(values, axis=None).to_numpy().view(np.uint8)


def differ(one: Events, other: Events) -> bool:
    return not all(map(np.array_equal, one, other))


def by_branch(names: set[str], systematics: list[str]) -> dict[str, set[str]]:
    """Of each branch its variations."""
    known = {f"{systematic}__1{side}" for systematic in systematics for side in ("up", "down")} | {"NOSYS"}
    found: dict[str, set[str]] = defaultdict(set)
    for name in names:
        parts = name.split("_")
        cuts = [i for i in range(1, len(parts)) if "_".join(parts[i:]) in known]
        branch, variation = ("_".join(parts[: cuts[0]]), "_".join(parts[cuts[0] :])) if cuts else (name, "")
        found[branch].add(variation)
    return found


def explained(names: set[str], patterns: dict[str, str]) -> set[str]:
    """The names that no pattern explains; every pattern must explain one."""
    for pattern in patterns:
        assert any(fnmatchcase(name, pattern) for name in names), f"{pattern} explains nothing"
    return {name for name in names if not any(fnmatchcase(name, pattern) for pattern in patterns)}


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory, run3_sample: Path) -> Done:
    """A run with all systematics of the production, each of size zero."""
    folder = tmp_path_factory.mktemp("still")
    payload = golden_payload(folder / "golden.json", systematics_in(golden_names()), 0.0)
    done = run_in(folder, (GOLDEN / "reco.yaml").read_text(), "--payload", str(payload), inputs=(run3_sample,))
    assert done.code == 0, done.err
    return done


@pytest.mark.run3
def test_branches_are_called_as_in_a_real_production(still: Done) -> None:
    golden, ours = golden_names(), set(still.names())
    assert len(golden) == 1275
    assert explained(golden - ours, DIFFERENCES["lacking"]) == set()
    systematics = systematics_in(golden)
    theirs, own = by_branch(golden, systematics), by_branch(ours, systematics)
    for branch, variations in theirs.items():
        if branch in own and len(variations) > 1:
            assert own[branch] == variations, branch
    more = {branch for branch in own if branch not in theirs or len(own[branch]) > len(theirs[branch])}
    assert explained(more, DIFFERENCES["more"]) == set()


@pytest.mark.run3
def test_variations_of_size_zero_are_nominal_bit_for_bit(still: Done) -> None:
    branches = written(still.folder)
    varied = [name for name in branches if "__1" in name]
    assert len(varied) > 2000
    assert [name for name in varied if differ(branches[name], nominal(branches, name))] == []


@pytest.mark.run3
def test_nominal_is_the_same_bit_for_bit_under_more_than_150_variations(
    run: Run, run3_sample: Path, tmp_path: Path
) -> None:
    payload = golden_payload(tmp_path / "golden.json", systematics_in(golden_names())[::2], 0.02)
    flags = ("--payload", str(payload))
    run(everything_kept(), *flags, "--no-systematics", inputs=(run3_sample,))
    alone = written(tmp_path)
    done = run(everything_kept(), *flags, inputs=(run3_sample,))
    assert len(done.report["systematics"]) > 150
    among_others = written(tmp_path)
    assert [name for name in alone if differ(alone[name], among_others[name])] == []
    varied = [name for name in among_others if name not in alone]
    assert sum(differ(among_others[name], nominal(among_others, name)) for name in varied) > 300


def nominal(branches: dict[str, Events], name: str) -> Events:
    """The nominal branch of a varied one: the longest name of one that it begins with."""
    parts = name.split("_")
    names = ("_".join([*parts[:length], "NOSYS"]) for length in range(len(parts), 0, -1))
    return branches[next(name for name in names if name in branches)]
