"""Which variables a TTree has, and where their baskets lie."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from topcp_columnar.read.column_types import CLUSTERS
from topcp_columnar.read.faults import uproot_reads
from topcp_columnar.read.names import Spellings, index_spellings
from topcp_columnar.read.tree_record import TreeRecord

if TYPE_CHECKING:
    from collections.abc import Iterator

    from topcp_columnar.read.baskets import Branch
    from topcp_columnar.read.tree_record import Place


class TreeDirectory:
    """The variables of a TTree and where their baskets lie.

    n_events   number of entries
    spellings  container -> variable -> name of the branch
    """

    def __init__(self, root_file: Any, name: str) -> None:
        """The tree of this name, of its highest cycle, in uproot's file; raises `Damaged`."""
        with uproot_reads():
            key = root_file.key(name)
            chunk, _ = key.get_uncompressed_chunk_cursor()
            record = chunk.raw_data.tobytes()
        self._record = TreeRecord(record, key.fKeylen, lambda owner, number: _member_type(root_file, owner, number))
        self.n_events = self._record.n_entries
        self._found = dict(self._variables())
        self.spellings: Spellings = index_spellings(self._found)
        self._known: dict[str, Branch] = {}

    def branch(self, spelling: str) -> Branch:
        """Type and baskets of a branch; raises `Damaged`."""
        if spelling not in self._known:
            self._known[spelling] = self._record.describe(self._found[spelling])
        return self._known[spelling]

    def _variables(self) -> Iterator[tuple[str, Place]]:
        """Every branch that may be a variable, by name: those of the tree, and the members of static stores.

        One variable of clusters is kept with the objects themselves; it gets the name that it has in an RNTuple.
        """
        for branch in self._record.branches():
            yield branch.name, branch
            if branch.class_name == CLUSTERS:
                yield f"{branch.name}AuxDyn.samplingPattern", branch
            if branch.name.endswith("Aux."):
                yield from ((member.name, member) for member in self._record.branches_of(branch))


def _member_type(root_file: Any, class_name: str, number: int) -> str:
    """What the file's streamers say of a member; raises `Damaged`."""
    with uproot_reads():
        return str(root_file.file.streamer_named(class_name).elements[number].typename)
