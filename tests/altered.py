"""Copy a PHYSLITE TTree file with some branches given other values, for what the real sample never shows.

ROOT copies the baskets of the untouched branches as they are, so that everything else stays byte for byte real.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

import uproot

# A change takes the values of a branch (one entry an event; a list of numbers for a vector) and returns the new ones.
Change = Callable[[list[Any]], list[Any]]


def alter(
    source: Path, target: Path, changes: Mapping[str, Change] | None = None, *, dropped: Collection[str] = ()
) -> Path:
    """Write `target`: the tree of `source` with `changes` applied and without the branches `dropped`.

    Branches are named as in the file, e.g. AnalysisJetsAuxDyn.pt.
    """
    with uproot.open(source) as file:
        tree = file["CollectionTree"]
        new = {
            name: (tree[name].typename, change(tree[name].array().to_list()))
            for name, change in (changes or {}).items()
        }
    job = {"source": str(source), "target": str(target), "dropped": list(dropped), "changes": new}
    command: list[str | Path] = [sys.executable, Path(__file__).with_name("altered_root.py")]
    subprocess.run(command, input=json.dumps(job), text=True, check=True, capture_output=True)
    return target
