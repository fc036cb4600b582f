"""Vectors of objects that ROOT streams member by member: all first members of an entry, then all second ones, …

The version in the header has the bit `TBufferFile::kStreamedMemberWise` (ROOT, io/io/inc/TBufferFile.h). One object
branch is read so: `egammaClusters`, a DataVector of `xAOD::CaloCluster_v1`, whose only persistent member is the 32-bit
m_samplingPattern (athena, Event/xAOD/xAODCaloEvent/xAODCaloEvent/versions/CaloCluster_v1.h).
"""

from __future__ import annotations

import numpy as np

from topcp_columnar.containers import Jagged
from topcp_columnar.read.baskets import Branch, find_baskets
from topcp_columnar.read.columns import VECTOR_HEADER, read_vectors
from topcp_columnar.read.faults import Damaged
from topcp_columnar.read.source import LocalFile

# byte count (4), version with the bit (2), version of the items' class (2), its checksum (4), number of items (4)
MEMBER_WISE_HEADER = 16
_MEMBER_WISE = 0x40


def is_member_wise(source: LocalFile, branch: Branch, start: int, stop: int) -> bool:
    """Whether the version in the first entry's header has the bit."""
    baskets, _ = find_baskets(source, branch, start, min(start + 1, stop))
    if not baskets or baskets[0].border < VECTOR_HEADER:
        return False
    return bool(baskets[0].unpack()[4] & _MEMBER_WISE)


def read_only_member(source: LocalFile, branch: Branch, dtype: np.dtype[np.generic], start: int, stop: int) -> Jagged:
    """The one member of each object, `dtype`, of the entries [start, stop); raises `Damaged`."""
    if start < stop and not is_member_wise(source, branch, start, stop):
        raise Damaged("its objects are not streamed member by member, as known")
    return read_vectors(source, branch, dtype, start, stop, header=MEMBER_WISE_HEADER)
