"""The engine's data: flat numpy arrays, one array a column, no objects inside.

An event's objects lie between two offsets: the objects of event `i` are `content[offsets[i]:offsets[i + 1]]`.
All columns of one container hold equal offsets. Units are those of PHYSLITE: MeV, mm, rad.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Column: TypeAlias = npt.NDArray[Any]
Offsets: TypeAlias = npt.NDArray[np.int64]
Words: TypeAlias = npt.NDArray[np.uint32]


@dataclass(frozen=True, slots=True, eq=False)
class Jagged:
    """One value per object.

    offsets  int64[n_events + 1], from 0, never decreasing
    content  any number type[n_objects]
    """

    offsets: Offsets
    content: Column


@dataclass(frozen=True, slots=True, eq=False)
class Jagged2:
    """A vector per object: the values of object `k` are `content[inner[k]:inner[k + 1]]`.

    offsets  int64[n_events + 1], from 0, never decreasing, counts objects
    inner    int64[n_objects + 1], from 0, never decreasing, counts values
    content  any number type[n_values]
    """

    offsets: Offsets
    inner: Offsets
    content: Column


@dataclass(frozen=True, slots=True, eq=False)
class Jagged3:
    """A vector of vectors per object: as `Jagged2`, whose values are themselves vectors.

    offsets    int64[n_events + 1], counts objects
    inner      int64[n_objects + 1], counts vectors
    innermost  int64[n_vectors + 1], counts values
    content    any number type[n_values]

    All offsets begin at 0 and never decrease.
    """

    offsets: Offsets
    inner: Offsets
    innermost: Offsets
    content: Column


@dataclass(frozen=True, slots=True, eq=False)
class Links:
    """One ElementLink per object, as stored: `keys` names the container pointed into, `indices` the element in it.

    A null link has key 0. A thinned target may leave an index beyond the end of the target: whoever follows a link
    checks it.

    offsets  int64[n_events + 1], from 0, never decreasing
    keys     uint32[n_objects], the StoreGate hash of the target container (ElementLink::m_persKey)
    indices  uint32[n_objects], ElementLink::m_persIndex
    """

    offsets: Offsets
    keys: Words
    indices: Words


@dataclass(frozen=True, slots=True, eq=False)
class Links2:
    """A vector of ElementLinks per object: the links of object `k` lie between `inner[k]` and `inner[k + 1]`.

    offsets  int64[n_events + 1], from 0, never decreasing, counts objects
    inner    int64[n_objects + 1], from 0, never decreasing, counts links
    keys     uint32[n_links], as in `Links`
    indices  uint32[n_links], as in `Links`
    """

    offsets: Offsets
    inner: Offsets
    keys: Words
    indices: Words
