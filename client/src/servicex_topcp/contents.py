"""What a ROOT file of ours or of ATLAS holds: its trees, and what their columns belong to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from servicex_topcp.errors import UsageError
from servicex_topcp.files import reading_root

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

# Athena writes the variables of a container Electrons as ElectronsAux.pt or ElectronsAuxDyn.pt, in an RNTuple with `:`.
_STORED = re.compile(r"^(\w+?)Aux(?:Dyn)?[.:]")
# Of the trees that Athena writes, these hold events.
_EVENT_TREES = ("CollectionTree", "EventData")
_RNTUPLE = "ROOT::RNTuple"


@dataclass(frozen=True)
class Tree:
    """A TTree or RNTuple; `groups` is the number of columns of each container or object, by its name."""

    name: str
    format: str
    entries: int
    columns: int
    groups: dict[str, int]


@dataclass(frozen=True)
class Contents:
    """The trees of a file, its number of bytes and of histograms; `kind` is PHYSLITE or ntuple."""

    kind: str
    size: int
    trees: tuple[Tree, ...]
    histograms: int


def contents(path: Path) -> Contents:
    """Return what is in the file.

    Raises:
        MissingFileError: it is not there, or is no ROOT file.
        UsageError: it holds no tree.
    """
    import uproot

    with reading_root(path), uproot.open(path) as file:
        classes: dict[str, str] = file.classnames(cycle=False)
        stored = any(name in classes for name in _EVENT_TREES)
        trees = tuple(_tree(file[name], name, stored) for name in _with_events(classes, stored))
    if not trees:
        raise UsageError(f"{path}: it holds no tree, but {', '.join(classes) or 'nothing'}")
    histograms = sum(kind.startswith("TH") for kind in classes.values())
    return Contents("PHYSLITE" if stored else "ntuple", path.stat().st_size, trees, histograms)


def _with_events(classes: dict[str, str], stored: bool) -> list[str]:
    """The trees for users: Athena's own book-keeping is left out."""
    if stored:
        return [name for name in _EVENT_TREES if name in classes]
    return [name for name, kind in classes.items() if kind in ("TTree", _RNTUPLE)]


def _tree(tree: Any, name: str, stored: bool) -> Tree:
    columns = tree.keys(recursive=False)
    form = "RNTuple" if type(tree).__name__.endswith("RNTuple") else "TTree"
    return Tree(name, form, tree.num_entries, len(columns), _groups(columns, stored))


def _groups(columns: Iterable[str], stored: bool) -> dict[str, int]:
    """How many columns a container has (PHYSLITE), or the objects of a prefix such as `jet_` (ntuple)."""
    found: dict[str, int] = {}
    for column in columns:
        match = _STORED.match(column)
        group = match[1] if stored and match else "" if stored else column.partition("_")[0]
        if group:
            found[group] = found.get(group, 0) + 1
    return dict(sorted(found.items()))
