"""Cleaning of data: good-run lists and the states of the detectors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from topcp_columnar.events.cleaning import is_whole
from topcp_columnar.events.grl import BadRunsListError, passes, read_good_runs

GOOD_RUNS = """<?xml version="1.0"?>
<!DOCTYPE LumiRangeCollection SYSTEM "http://atlas-runquery.cern.ch/LumiRangeCollection.dtd">
<LumiRangeCollection><NamedLumiRange><Name>All_Good</Name>
  <LumiBlockCollection><Run>348885</Run><LBRange Start="2" End="5"/><LBRange Start="9" End="9"/></LumiBlockCollection>
  <LumiBlockCollection><Run>348894</Run><LBRange Start="101" End="200"/></LumiBlockCollection>
</NamedLumiRange></LumiRangeCollection>
"""


def test_an_event_is_good_if_a_range_of_its_run_holds_its_block(tmp_path: Path) -> None:
    path = tmp_path / "good.xml"
    path.write_text(GOOD_RUNS)
    ranges = read_good_runs(path)
    run = np.array([348885] * 6 + [348894, 348894, 1])
    block = np.array([1, 2, 5, 6, 9, 10, 101, 100, 3])
    assert passes(ranges, run, block).tolist() == [False, True, True, False, True, False, True, False, False]


@pytest.mark.parametrize(
    "text", ["", "<a>", "<a/>", GOOD_RUNS.replace("348885", "first"), GOOD_RUNS.replace('"2"', '"x"')]
)
def test_a_file_that_is_no_list_is_told_by_name(tmp_path: Path, text: str) -> None:
    path = tmp_path / "bad.xml"
    path.write_text(text)
    with pytest.raises(BadRunsListError, match=r"bad\.xml"):
        read_good_runs(path)


def test_events_with_a_detector_in_error_or_a_part_missing_are_not_whole() -> None:
    clean, error, warning, incomplete = 0, 2 << 28, 1 << 28, 1 << 18
    words = np.array([clean, error, warning, incomplete, error | 5, 0xFFFFFFF], np.uint32)
    zero = np.zeros(len(words), np.uint32)
    in_error = [True, False, True, True, False, True]
    for place in range(3):
        flags = [zero] * 4
        flags[place] = words
        assert is_whole(*flags).tolist() == in_error
    assert is_whole(zero, zero, zero, words).tolist() == [True, True, True, False, True, False]
