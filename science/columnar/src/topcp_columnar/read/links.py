"""ElementLinks in a TTree: the forms in which ROOT streams them.

An ElementLink is two 32-bit words, m_persKey and m_persIndex. Depending on where it stands in the class, ROOT writes

* split: a branch each for the keys and the indices, as vectors without header;
* object by object, each of the two classes (ElementLink<T> and its base ElementLinkBase) with byte count (4),
  version (2) and, both having no dictionary version, checksum (4): 28 bytes a link, 7 words;
* member by member: all keys of an entry, then all its indices, after a header with version bit 0x4000
  (`TBufferFile::kStreamedMemberWise`, ROOT, io/io/inc/TBufferFile.h).
"""

from __future__ import annotations

import numpy as np

from topcp_columnar.containers import Column, Jagged, Links, Links2
from topcp_columnar.read.baskets import Branch, find_baskets
from topcp_columnar.read.columns import VECTOR_HEADER, read_counts, read_nested_vectors, read_records, read_vectors
from topcp_columnar.read.faults import Damaged
from topcp_columnar.read.source import LocalFile

WORD = np.dtype("u4")
_WORDS_PER_OBJECT = 7
# A byte count has bit 30 set (`kByteCountMask`, ROOT, io/io/src/TBufferFile.cxx): here 24 and 14 bytes follow.
_OUTER_COUNT, _INNER_COUNT = 0x40000018, 0x4000000E
_SINGLE = np.dtype([("count", ">u4"), ("version", ">u2"), ("checksum", ">u4"), ("key", ">u4"), ("index", ">u4")])

_MEMBER_WISE = 0x40
# byte count (4), version with the bit (2), version of the items' class (2), its checksum (4), number of items (4)
MEMBER_WISE_HEADER = 16


def read_single_links(source: LocalFile, branch: Branch, start: int, stop: int) -> Links:
    """One link per entry (a `Links` with one object per event); raises `Damaged`."""
    records = read_records(source, branch.members.get("", branch), _SINGLE, start, stop)
    if np.any(records["count"] != _INNER_COUNT):
        raise Damaged("its links are not streamed as known")
    offsets = np.arange(stop - start + 1, dtype=np.int64)
    return Links(offsets, records["key"].astype(WORD), records["index"].astype(WORD))


def read_vector_links(source: LocalFile, branch: Branch, start: int, stop: int) -> Links:
    """A vector of links per entry, in any of the three forms; raises `Damaged`."""
    if branch.members:
        return _read_split(source, branch, start, stop)
    if _is_member_wise(source, branch, start, stop):
        words = read_vectors(source, branch, WORD, start, stop, header=MEMBER_WISE_HEADER, per_item=2)
        return _regroup(words)
    words = read_vectors(source, branch, WORD, start, stop, per_item=_WORDS_PER_OBJECT)
    return Links(words.offsets, *_unwrap(words.content))


def read_nested_links(source: LocalFile, branch: Branch, start: int, stop: int) -> Links2:
    """A vector of vectors of links per entry; raises `Damaged`."""
    words = read_nested_vectors(source, branch, WORD, start, stop, per_item=_WORDS_PER_OBJECT)
    return Links2(words.offsets, words.inner, *_unwrap(words.content))


def read_link_counts(source: LocalFile, branch: Branch, start: int, stop: int) -> Jagged:
    """Of a vector of vectors of links per entry, how many links each inner one has; raises `Damaged`."""
    return read_counts(source, branch, _WORDS_PER_OBJECT * WORD.itemsize, start, stop)


def _read_split(source: LocalFile, branch: Branch, start: int, stop: int) -> Links:
    keys, indices = (
        read_vectors(source, branch.members[name], WORD, start, stop, header=0) for name in ("m_persKey", "m_persIndex")
    )
    if not np.array_equal(keys.offsets, indices.offsets):
        raise Damaged("it has other numbers of keys than of indices")
    return Links(keys.offsets, keys.content, indices.content)


def _is_member_wise(source: LocalFile, branch: Branch, start: int, stop: int) -> bool:
    """Whether the version in the first entry's header has the bit."""
    baskets, _ = find_baskets(source, branch, start, min(start + 1, stop))
    if not baskets or baskets[0].border < VECTOR_HEADER:
        return False
    return bool(baskets[0].unpack()[4] & _MEMBER_WISE)


def _regroup(words: Jagged) -> Links:
    """Take apart the keys and indices of each entry: [n_links, 2] words hold n keys, then n indices."""
    flat = words.content.reshape(-1)
    counts = np.diff(words.offsets)
    own = np.arange(len(words.content)) + np.repeat(words.offsets[:-1], counts)
    return Links(words.offsets, flat[own], flat[own + np.repeat(counts, counts)])


def _unwrap(words: Column) -> tuple[Column, Column]:
    """The keys and indices of links streamed object by object, [n_links, 7] words."""
    # word 2 ends with the first half of the inner byte count, word 3 begins with the second
    inner_count = (words[:, 2] << 16) | (words[:, 3] >> 16)
    if np.any(words[:, 0] != _OUTER_COUNT) or np.any(inner_count != _INNER_COUNT):
        raise Damaged("its links are not streamed as known")
    return words[:, 5].copy(), words[:, 6].copy()
