"""The histograms of sums of weights, against the weights of the events: the sample was not skimmed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import uproot

from .conftest import Done, Run, changed, run_in

pytestmark = pytest.mark.run3
PREFIX = "CutBookkeeper_601229_450000_"


@pytest.fixture(scope="module")
def twice(example: str, run3_sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Done:
    """The sample, given two times, without what drops events."""
    config = changed(example, ("EventCleaning:\n  runEventCleaning: True\n", ""))
    done = run_in(tmp_path_factory.mktemp("twice"), config, inputs=(run3_sample, run3_sample))
    assert done.code == 0, done.err
    return done


def histograms(folder: Path) -> Iterator[tuple[str, np.ndarray]]:
    with uproot.open(folder / "out.root") as file:
        for key in file.keys(cycle=False):
            if key.startswith(PREFIX):
                yield key.removeprefix(PREFIX), file[key].values()


def test_sums_of_weights_are_those_of_the_events_weight_by_weight(twice: Done) -> None:
    branches = twice.branches()
    sums = dict(histograms(twice.folder))
    assert set(sums) == {name.removeprefix("weight_mc_") for name in branches if name.startswith("weight_mc_")}
    assert len(sums) > 100
    for systematic, (events, total, squared) in sums.items():
        weights = np.array(branches[f"weight_mc_{systematic}"], np.float64)
        assert events == len(weights) == 200
        assert total == pytest.approx(weights.sum(), rel=1e-5)
        assert squared == pytest.approx((weights**2).sum(), rel=1e-5)


LATER = """
CommonServices: {runSystematics: RUN}
PileupReweighting: {}
GeneratorLevelAnalysis: {OPTION}
Output: {treeName: reco, containers: {'': EventInfo}}
# release: 25.2.52
"""


@pytest.mark.parametrize(
    ("run_systematics", "option", "per_weight"),
    [
        ("False", "", False),
        ("True", "cutBookkeepersSystematics: False", False),
        ("False", "cutBookkeepersSystematics: True", True),
    ],
)
def test_there_is_a_sum_for_each_weight_where_systematics_are_run_or_it_is_asked_for(
    run: Run, run3_sample: Path, run_systematics: str, option: str, per_weight: bool
) -> None:
    config = LATER.replace("RUN", run_systematics).replace("OPTION", option)
    done = run(config, inputs=(run3_sample,))
    names = [name for name, _ in histograms(done.folder)]
    assert "NOSYS" in names
    assert (len(names) > 100) is per_weight
    assert (len(done.report["systematics"]) > 1) is (run_systematics == "True")


def test_sums_do_not_depend_on_filters_of_systematics_or_events(
    run: Run, example: str, twice: Done, run3_sample: Path
) -> None:
    filtered = changed(
        example,
        ("CommonServices:\n", "CommonServices:\n  filterSystematics: 'GEN_MUR.*'\n"),
        ("EventCleaning:\n", "EventCleaning:\n  minTracksPerVertex: 90\n"),
    )
    done = run(filtered, inputs=(run3_sample, run3_sample))
    assert done.code == 0, done.err
    found, expected = ({name: values.tolist() for name, values in histograms(d.folder)} for d in (done, twice))
    assert found == expected
