"""What a TTree says of its branches, parsed by uproot.

The one place that knows uproot's view of a TTree: a parser that skips the branches nobody asks for would stand here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from topcp_columnar.read.baskets import Branch
from topcp_columnar.read.column_types import CLUSTERS
from topcp_columnar.read.faults import Damaged, uproot_reads
from topcp_columnar.read.names import Spellings, index_spellings

if TYPE_CHECKING:
    from collections.abc import Iterator


class TreeDirectory:
    """The variables of a TTree and where their baskets lie.

    n_events   number of entries
    spellings  container -> variable -> name of the branch
    """

    def __init__(self, tree: Any) -> None:
        """`tree` is uproot's TTree; raises `Damaged`."""
        with uproot_reads():
            self.n_events = int(tree.num_entries)
            self._found = dict(_branches(tree))
        self.spellings: Spellings = index_spellings(self._found)
        self._known: dict[str, Branch] = {}

    def branch(self, spelling: str) -> Branch:
        """Type and baskets of a branch; raises `Damaged`."""
        if spelling not in self._known:
            with uproot_reads():
                self._known[spelling] = _describe(self._found[spelling], self.n_events)
        return self._known[spelling]


def _branches(tree: Any) -> Iterator[tuple[str, Any]]:
    """Every branch that may be a variable, by name: those of the tree, and the members of static stores.

    One variable of clusters is kept with the objects themselves; it gets the name that it has in an RNTuple.
    """
    for branch in tree.branches:
        yield branch.name, branch
        if branch.member("fClassName", none_if_missing=True) == CLUSTERS:
            yield f"{branch.name}AuxDyn.samplingPattern", branch
        if branch.name.endswith("Aux."):
            yield from ((member.name, member) for member in branch.branches)


def _describe(branch: Any, n_events: int) -> Branch:
    n_baskets = int(branch.num_baskets)
    seeks, sizes, entries = (
        np.asarray(branch.member(name), np.int64) for name in ("fBasketSeek", "fBasketBytes", "fBasketEntry")
    )
    entries = entries[: n_baskets + 1]
    if min(len(seeks), len(sizes), len(entries) - 1) < n_baskets or entries[0] != 0 or np.any(np.diff(entries) < 0):
        raise Damaged("its baskets do not follow one another")
    if n_baskets and entries[-1] != n_events:
        raise Damaged(f"it has {entries[-1]} entries, the tree has {n_events}")
    members = {_member_name(member, branch): _describe(member, n_events) for member in branch.branches}
    return Branch(str(branch.typename), seeks[:n_baskets].tolist(), sizes[:n_baskets].tolist(), entries, members)


def _member_name(member: Any, branch: Any) -> str:
    """Name within the split class; empty for a base class kept whole, which repeats the branch's name."""
    return str(member.name.removeprefix(branch.name).lstrip("."))
