"""Good-run lists: the runs and blocks of luminosity whose data are good.

The format is that of the XML files of the data-quality group (LumiRangeCollection), as GoodRunsLists reads it
(DataQuality/GoodRunsLists/Root/TGRLCollection.cxx, TMsgLogger aside).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from topcp_columnar.containers import Column

Ranges = dict[int, list[tuple[int, int]]]


class BadRunsListError(ValueError):
    """The file is no good-run list; the message says why."""


def read_good_runs(path: Path) -> Ranges:
    """Of each run the first and last good block of each range. Raises BadRunsListError."""
    try:
        root = ET.fromstring(path.read_bytes())  # noqa: S314  expat limits what entities may grow to
    except (OSError, ET.ParseError) as error:
        raise BadRunsListError(f"{path}: {error}") from error
    ranges: Ranges = {}
    for collection in root.iter("LumiBlockCollection"):
        run = collection.findtext("Run")
        blocks = [(block.get("Start"), block.get("End")) for block in collection.iter("LBRange")]
        try:
            ranges.setdefault(int(run or ""), []).extend((int(a or ""), int(b or "")) for a, b in blocks)
        except ValueError:
            raise BadRunsListError(f"{path}: a collection has no run, or no numbers for its blocks") from None
    if not ranges:
        raise BadRunsListError(f"{path}: it lists no runs")
    return ranges


def passes(ranges: Ranges, run: Column, block: Column) -> npt.NDArray[np.bool_]:
    """Whether each event lies in a range, both ends included, bool[n]."""
    result = np.zeros(len(run), np.bool_)
    for number in np.unique(run).tolist():
        of_run = run == number
        for first, last in ranges.get(number, ()):
            result |= of_run & (block >= first) & (block <= last)
    return result
