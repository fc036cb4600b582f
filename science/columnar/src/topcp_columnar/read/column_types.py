"""C++ type names of columns, in the spellings of TTrees and of RNTuple headers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np

_NUMBERS = {
    "bool": "?",
    "char": "i1",
    "int8_t": "i1",
    "uint8_t": "u1",
    "int16_t": "i2",
    "uint16_t": "u2",
    "int32_t": "i4",
    "uint32_t": "u4",
    "int64_t": "i8",
    "uint64_t": "u8",
    "float": "f4",
    "double": "f8",
    "signedchar": "i1",
    "unsignedchar": "u1",
    "short": "i2",
    "unsignedshort": "u2",
    "int": "i4",
    "unsignedint": "u4",
    "long": "i8",  # on Linux, where ATLAS' int64_t is one
    "unsignedlong": "u8",
    "Long64_t": "i8",
    "ULong64_t": "u8",
}

CLUSTERS = "DataVector<xAOD::CaloCluster_v1>"
"""Of what clusters keep with the objects, streamed member by member, only one thing is stored: m_samplingPattern"""


@dataclass(frozen=True, slots=True)
class ColumnType:
    """What one event holds: a value (depth 0), a vector of values (1), a vector of vectors (2), …"""

    depth: int
    kind: Literal["number", "link", "text"]
    dtype: np.dtype[np.generic]
    """of one number; of one word of a link; of one character of a text"""


@cache
def column_type(type_name: str) -> ColumnType | None:
    """The type behind a C++ name such as `std::vector<std::vector<float>>`.

    None for what is neither numbers nor links nor texts.
    """
    if type_name == CLUSTERS:
        return ColumnType(1, "number", np.dtype("u4"))
    item = type_name.replace("std::", "").replace(" ", "")
    depth = 0
    while item.startswith("vector<") and item.endswith(">"):
        item = item.removeprefix("vector<").removesuffix(">")
        depth += 1
    if item.startswith("ElementLink<"):
        return ColumnType(depth, "link", np.dtype("u4"))
    if item == "string":
        return ColumnType(depth, "text", np.dtype("u1"))
    if item in _NUMBERS:
        return ColumnType(depth, "number", np.dtype(_NUMBERS[item]))
    return None
