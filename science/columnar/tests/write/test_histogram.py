"""Histograms as TopCPToolkit books them, read by uproot and by ROOT."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import uproot
from topcp_columnar.write import Histogram, NtupleFile

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Root

LABELS = ("Initial events", "Initial sum of weights", "Initial sum of weights squared")
HISTOGRAMS = [
    Histogram(
        "sums", "cut book-keeper", np.array([100, 2.5, 7.25], "f4"), LABELS, edges=np.array([0.5, 1.5, 2.5, 3.5])
    ),
    Histogram("metadata", "", np.array([1, 1, 410470, 0], "i4"), ("fullsim", "mc20e", "mcChannelNumber", "e1234")),
    Histogram(
        "cutflow", "counts", np.array([9.0, 4.0]), edges=np.array([0.0, 1.0, 10.0]), sumw2=np.array([16.0, 25.0])
    ),
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with NtupleFile(tmp_path / "histograms.root") as out:
        for histogram in HISTOGRAMS:
            out.histogram(histogram)
    return tmp_path / "histograms.root"


def test_uproot_finds_values_edges_labels_and_errors(path: Path) -> None:
    with uproot.open(path) as file:
        for wanted in HISTOGRAMS:
            found = file[wanted.name]
            edges = np.arange(len(wanted.values) + 1.0) if wanted.edges is None else wanted.edges
            assert found.title == wanted.title
            assert found.values(flow=True).tolist() == [0, *wanted.values.tolist(), 0]
            assert found.axis().edges().tolist() == edges.tolist()
            assert found.axis().labels() == (list(wanted.labels) or None)
        assert file["cutflow"].errors().tolist() == [4.0, 5.0]


def test_root_finds_the_same_and_bins_by_their_label(path: Path, root: Root) -> None:
    found = root("histograms", path)
    assert found["sums"] == expected(HISTOGRAMS[0], "TH1F", [10.0, 2.5**0.5, 7.25**0.5])
    assert found["metadata"] == expected(HISTOGRAMS[1], "TH1I", [1.0, 1.0, 410470**0.5, 0.0])
    assert found["cutflow"] == expected(HISTOGRAMS[2], "TH1D", [4.0, 5.0])


def expected(histogram: Histogram, class_name: str, errors: list[float]) -> dict[str, Any]:
    bins = len(histogram.values)
    edges = range(bins + 1) if histogram.edges is None else histogram.edges.tolist()
    return {
        "class": class_name,
        "title": histogram.title,
        "labels": list(histogram.labels) or [""] * bins,
        "edges": list(edges),
        "values": [0, *histogram.values.tolist(), 0],
        "errors": pytest.approx(errors),
        "entries": bins,
        "by label": histogram.values.tolist() if histogram.labels else [],
    }


WRONG: dict[str, dict[str, Any]] = {
    "values are int64, not one of float32, int32, float64": {"values": np.array([1])},
    "there are no bins": {"values": np.empty(0)},
    "1 labels for 2 bins": {"values": np.zeros(2), "labels": ("one",)},
    "a label occurs twice": {"values": np.zeros(2), "labels": ("one", "one")},
    "edges are not 3 increasing numbers": {"values": np.zeros(2), "edges": np.array([0.0, 1.0, 1.0])},
    "sumw2 is not 2 numbers": {"values": np.zeros(2), "sumw2": np.zeros(3)},
}


@pytest.mark.parametrize("message", WRONG)
def test_a_histogram_whose_parts_do_not_fit_is_refused(message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Histogram("broken", "", **WRONG[message])
