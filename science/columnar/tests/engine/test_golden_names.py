"""The branches that a real analysis reads, against those the engine writes for the same kind of configuration."""

from __future__ import annotations

from collections import defaultdict
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np
import pytest
import uproot
import yaml

from .conftest import Run, changed
from .golden_payload import golden_payload

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


def written(folder: Path) -> dict[str, list[np.ndarray]]:
    """Of each branch the bits of each event's values."""
    with uproot.open(folder / "out.root") as file:
        return {name: [*map(bits, branch.array(library="np"))] for name, branch in file["reco"].items()}


def bits(values: np.ndarray) -> np.ndarray:
    return np.atleast_1d(values).view(np.uint8)


def differ(one: list[np.ndarray], other: list[np.ndarray]) -> bool:
    return not all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


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


@pytest.mark.run3
def test_branches_are_called_as_in_a_real_production(run: Run, run3_sample: Path, tmp_path: Path) -> None:
    golden = golden_names()
    assert len(golden) == 1275
    systematics = systematics_in(golden)
    payload = golden_payload(tmp_path / "golden.json", systematics, 0.02)
    done = run((GOLDEN / "reco.yaml").read_text(), "--payload", str(payload), inputs=(run3_sample,))
    assert done.code == 0, done.err
    ours = set(done.names())
    assert explained(golden - ours, DIFFERENCES["lacking"]) == set()
    theirs, written = by_branch(golden, systematics), by_branch(ours, systematics)
    for branch, variations in theirs.items():
        if branch in written and len(variations) > 1:
            assert written[branch] == variations, branch
    more = {branch for branch in written if branch not in theirs or len(written[branch]) > len(theirs[branch])}
    assert explained(more, DIFFERENCES["more"]) == set()


@pytest.mark.run3
def test_nominal_is_the_same_bit_for_bit_under_hundreds_of_variations(
    run: Run, run3_sample: Path, tmp_path: Path
) -> None:
    payload = golden_payload(tmp_path / "golden.json", systematics_in(golden_names()), 0.02)
    flags = ("--payload", str(payload))
    run(everything_kept(), *flags, "--no-systematics", inputs=(run3_sample,))
    alone = written(tmp_path)
    run(everything_kept(), *flags, inputs=(run3_sample,))
    among_others = written(tmp_path)
    assert len(among_others) > 2000
    assert [name for name in alone if differ(alone[name], among_others[name])] == []
    changed = [
        name for name in among_others if name not in alone and differ(among_others[name], nominal(among_others, name))
    ]
    assert len(changed) > 500


@pytest.mark.run3
def test_variations_of_size_zero_are_nominal_bit_for_bit(run: Run, run3_sample: Path, tmp_path: Path) -> None:
    payload = golden_payload(tmp_path / "golden.json", systematics_in(golden_names()), 0.0)
    done = run((GOLDEN / "reco.yaml").read_text(), "--payload", str(payload), inputs=(run3_sample,))
    assert done.code == 0, done.err
    branches = written(tmp_path)
    varied = [name for name in branches if "__1" in name]
    assert len(varied) > 2000
    assert [name for name in varied if differ(branches[name], nominal(branches, name))] == []


def nominal(branches: dict[str, list[np.ndarray]], name: str) -> list[np.ndarray]:
    """The nominal branch of a varied one."""
    return branches[max((b for b in branches if b.endswith("NOSYS") and name.startswith(b[:-5])), key=len)]
