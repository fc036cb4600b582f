"""ElementLinks in a TTree: the forms in which ROOT streams them.

An ElementLink is two 32-bit words, m_persKey and m_persIndex. Depending on where it stands in the class, ROOT writes

* split: a branch each for the keys and the indices, as vectors without header;
* object by object, each of the two classes (ElementLink<T> and its base ElementLinkBase) with byte count (4),
  version (2) and, both having no dictionary version, checksum (4): 28 bytes a link, 7 words;
* member by member: all keys of an entry, then all its indices, after a header with version bit 0x4000
  (`TBufferFile::kStreamedMemberWise`, ROOT, io/io/inc/TBufferFile.h).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from topcp_columnar.containers import Jagged, Links, Links2
from topcp_columnar.read.baskets import Branch, find_baskets
from topcp_columnar.read.columns import read_counts, read_vectors
from topcp_columnar.read.faults import Damaged
from topcp_columnar.read.heads import FIXED
from topcp_columnar.read.kernels import HEAD_BYTES, LINK_BYTES, take_links, take_numbers
from topcp_columnar.read.source import LocalFile
from topcp_columnar.read.vectors import VECTOR_HEADER, cut, take_nested, take_singles, take_vectors

if TYPE_CHECKING:
    import numpy.typing as npt

    from topcp_columnar.containers import Offsets, Words

    Bytes = npt.NDArray[np.uint8]
    Places = npt.NDArray[np.int64]

WORD = np.dtype("u4")
_MEMBER_WISE = 0x40
# byte count (4), version with the bit (2), version of the items' class (2), its checksum (4), number of items (4)
MEMBER_WISE_HEADER = 16


class _Links:
    """Links, as they are taken out of baskets where they stand one after the other."""

    def __init__(self, size: int) -> None:
        self.size = size

    def make_room(self, n_items: int) -> None:
        self._keys, self._indices = np.empty(n_items, WORD), np.empty(n_items, WORD)

    def take(self, data: Bytes, begins: Places, offsets: Offsets) -> None:
        wrapped = self.size > LINK_BYTES
        if not take_links(data, begins, offsets, self._keys, self._indices, wrapped):
            raise Damaged("its links are not streamed as known")

    def values(self, part: slice) -> tuple[Words, Words]:
        """The keys and the indices of some of them."""
        return self._keys[part], self._indices[part]


class _MemberWiseLinks(_Links):
    """As `_Links`, where the keys of a vector come first, then the indices."""

    def take(self, data: Bytes, begins: Places, offsets: Offsets) -> None:
        take_numbers(data, begins, offsets, self._keys)
        take_numbers(data, begins + WORD.itemsize * np.diff(offsets), offsets, self._indices)


def read_single_links(source: LocalFile, branch: Branch, start: int, stop: int) -> Links:
    """One link per entry (a `Links` with one object per event); raises `Damaged`."""
    links = _Links(LINK_BYTES)
    found = take_singles(source, branch.members.get("", branch), links, start, stop)
    return Links(np.arange(stop - start + 1, dtype=np.int64), *links.values(found))


def read_vector_links(source: LocalFile, branch: Branch, start: int, stop: int) -> Links:
    """A vector of links per entry, in any of the three forms; raises `Damaged`."""
    if branch.members:
        return _read_split(source, branch, start, stop)
    member_wise = _is_member_wise(source, branch, start, stop)
    links = _MemberWiseLinks(2 * WORD.itemsize) if member_wise else _Links(HEAD_BYTES + LINK_BYTES)
    header = MEMBER_WISE_HEADER if member_wise else VECTOR_HEADER
    offsets, content = cut(*take_vectors(source, branch, links, start, stop, header=header))
    return Links(offsets, *links.values(content))


def read_nested_links(source: LocalFile, branch: Branch, start: int, stop: int) -> Links2:
    """A vector of vectors of links per entry; raises `Damaged`."""
    links = _Links(HEAD_BYTES + LINK_BYTES)
    offsets, inner, entries = take_nested(source, branch, links, start, stop)
    offsets, vectors = cut(offsets, entries)
    inner, content = cut(inner, vectors)
    return Links2(offsets, inner, *links.values(content))


def read_link_counts(source: LocalFile, branch: Branch, start: int, stop: int) -> Jagged:
    """Of a vector of vectors of links per entry, how many links each inner one has; raises `Damaged`."""
    return read_counts(source, branch, HEAD_BYTES + LINK_BYTES, start, stop)


def _read_split(source: LocalFile, branch: Branch, start: int, stop: int) -> Links:
    keys, indices = (
        read_vectors(source, branch.members[name], WORD, start, stop, header=0) for name in ("m_persKey", "m_persIndex")
    )
    if not np.array_equal(keys.offsets, indices.offsets):
        raise Damaged("it has other numbers of keys than of indices")
    return Links(keys.offsets, keys.content, indices.content)


def _is_member_wise(source: LocalFile, branch: Branch, start: int, stop: int) -> bool:
    """Whether the version in the first entry's header has the bit."""
    baskets = find_baskets(source, branch, start, min(start + 1, stop), FIXED)
    return any(part.table[0, 1] >= VECTOR_HEADER and part.data[4] & _MEMBER_WISE for part in baskets.unpack())
