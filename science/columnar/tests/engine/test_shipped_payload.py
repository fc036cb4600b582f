"""The payload that comes with the engine says what the abstracts that it cites say, and straight lines between."""

from __future__ import annotations

import json
import math
from importlib.resources import files
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from correctionlib import CorrectionSet
from topcp_columnar.payload import APPROXIMATE, load_payload

CONTENT = (files("topcp_columnar.payload") / "approximate.json").read_text()
# Of each correction what the abstract states, (GeV, relative size), as read there.
# Jets: (24 +- 1.5) % at 20 GeV and (6 +- 0.5) % at 300 GeV; the width smeared with makes the one into the other.
WIDTH_20, WIDTH_300 = (math.sqrt((s + ds) ** 2 - s**2) for s, ds in ((0.24, 0.015), (0.06, 0.005)))
STATED = {
    "jet_scale": [(15, 0.05), (260, 0.01), (1900, 0.01), (3000, 0.035)],
    "jet_resolution": [(15, WIDTH_20), (400, WIDTH_300)],
    "electron_scale": [(9, 0.004), (1100, 0.003)],
    "photon_scale": [(60, 0.002)],
    "muon_scale": [(8, 0.001), (45, 0.0005)],
}


def tables() -> dict[str, Any]:
    return {correction["name"]: correction["data"] for correction in json.loads(CONTENT)["corrections"]}


def test_every_size_is_one_that_is_checked_here() -> None:
    assert set(tables()) == set(STATED)
    payload = load_payload(APPROXIMATE)
    assert not payload.official
    for variation in payload.variations:
        assert variation.name.endswith("_APPROX")
        assert "arXiv:" in variation.source
        assert "abstract" in variation.source


@pytest.mark.parametrize("name", STATED)
def test_sizes_are_those_of_the_abstract(name: str) -> None:
    correction = CorrectionSet.from_string(CONTENT)[name]
    for gev, size in STATED[name]:
        assert correction.evaluate(gev * 1e3) == pytest.approx(size, abs=1e-6), gev


def straight(centre: float, *points: tuple[float, float]) -> float:
    """On the lines through the points, straight in the logarithm of pt; outside the last value."""
    pts, values = zip(*points, strict=True)
    return float(np.interp(math.log(centre), np.log(pts), values))


def between(name: str) -> list[tuple[float, float]]:
    """The geometric centre of each bin in GeV, and what the table has there."""
    table = tables()[name]
    centres = [math.sqrt(low * high) / 1e3 for low, high in pairwise(table["edges"])]
    return list(zip(centres, table["content"], strict=True))


def test_between_them_lines_are_straight() -> None:
    for centre, size in between("jet_scale"):
        assert size == pytest.approx(straight(centre, (20, 0.05), (250, 0.01), (2000, 0.01), (2500, 0.035)), abs=2e-6)
    for centre, size in between("electron_scale")[:-1]:
        assert size == pytest.approx(straight(centre, (10, 0.004), (45, 0.0005), (1000, 0.003)), abs=2e-6)
    for centre, size in between("jet_resolution"):
        width, error = straight(centre, (20, 0.24), (300, 0.06)), straight(centre, (20, 0.015), (300, 0.005))
        assert size == pytest.approx(math.sqrt((width + error) ** 2 - width**2), abs=2e-6)
