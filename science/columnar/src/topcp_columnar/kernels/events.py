"""What the cuts on events compute of selected objects: how many there are, and masses of pairs of them.

Objects are flat, those of event i between offsets[i] and offsets[i + 1]. Momenta are doubles, as in the algorithms of
PhysicsAnalysis/Algorithms/EventSelectionAlgorithms/Root; the result is kept in a float there, and so here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from topcp_columnar.compiled import compiled

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

    from topcp_columnar.containers import Column, Offsets

    Flags = npt.NDArray[np.bool_]


class FourVectors(NamedTuple):
    """px, py, pz, E of objects [MeV], float64[n]."""

    px: Column
    py: Column
    pz: Column
    e: Column


def four_vectors(pt: Column, eta: Column, phi: Column, m: Column | float) -> FourVectors:
    """From pt, eta, phi and mass [MeV, rad]; a negative mass counts as in TLorentzVector::SetPtEtaPhiM."""
    pt, eta, phi, m = (np.asarray(x, np.float64) for x in (pt, eta, phi, m))
    px, py, pz = pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta)
    squared = px**2 + py**2 + pz**2
    return FourVectors(px, py, pz, np.sqrt(np.maximum(squared + np.copysign(m**2, m), 0)))


def count(flags: Flags, offsets: Offsets) -> npt.NDArray[np.int64]:
    """How many objects of each event are flagged, int64[n_events]."""
    result = np.empty(len(offsets) - 1, np.int64)
    _count(flags, offsets, np.empty(len(flags) + 1, np.int32), result)
    return result


@compiled
def _count(flags: Flags, offsets: Offsets, before: Column, result: Column) -> None:
    """`before` are those before each object: with it there is no short loop, whose end no processor foresees."""
    found = before[0] = np.int32(0)
    for i in range(len(flags)):
        found += np.int32(flags[i])
        before[i + 1] = found
    for event in range(len(result)):
        result[event] = before[offsets[event + 1]] - before[offsets[event]]


def first(flags: Flags, offsets: Offsets) -> npt.NDArray[np.int64]:
    """The position of the first flagged object of each event; -1 where there is none."""
    before = np.concatenate(([0], np.cumsum(flags, dtype=np.int64)))
    found = np.flatnonzero(flags)
    none = before[offsets[1:]] == before[offsets[:-1]]
    return np.where(none, -1, np.append(found, -1)[np.minimum(before[offsets[:-1]], len(found))])


def summed(values: Column, flags: Flags, offsets: Offsets) -> npt.NDArray[np.float64]:
    """The sum of the flagged objects' values in each event, float64[n_events]."""
    n_events = len(offsets) - 1
    event = np.repeat(np.arange(n_events), np.diff(offsets))
    return np.asarray(np.bincount(event[flags], np.asarray(values, np.float64)[flags], n_events), np.float64)


def mass(vectors: Iterable[Column]) -> npt.NDArray[np.float32]:
    """The mass of px, py, pz, E [MeV], float32[n]; negative for a space-like vector, as TLorentzVector::M has it."""
    px, py, pz, e = vectors
    squared = e**2 - px**2 - py**2 - pz**2
    return np.asarray(np.copysign(np.sqrt(np.abs(squared)), squared), np.float32)


def transverse_mass(pt: Column, phi: Column, met: Column, met_phi: Column) -> npt.NDArray[np.float32]:
    """Of a lepton and the missing momentum [MeV, rad], float32[n] (TransverseMassSelectorAlg.cxx)."""
    difference = phi.astype(np.float32) - met_phi.astype(np.float32)
    cosine = np.cos(difference.astype(np.float64)).astype(np.float32).astype(np.float64)
    return np.asarray(np.sqrt(2.0 * pt.astype(np.float64) * met * (1.0 - cosine)), np.float32)


@compiled
def _pairs_in_window(
    offsets: Offsets, flags: Flags, charge: Column, p: FourVectors, low: float, high: float, result: Flags
) -> None:
    for event in range(len(offsets) - 1):
        for i in range(offsets[event], offsets[event + 1]):
            for j in range(i + 1, offsets[event + 1]):
                if not (flags[i] and flags[j]) or charge[i] == charge[j]:
                    continue
                px, py, pz, e = p.px[i] + p.px[j], p.py[i] + p.py[j], p.pz[i] + p.pz[j], p.e[i] + p.e[j]
                squared = e**2 - px**2 - py**2 - pz**2
                m = np.float32(np.copysign(np.sqrt(abs(squared)), squared))
                if low < m < high:
                    result[event] = True


def has_pair_in_window(
    offsets: Offsets, flags: Flags, charge: Column, p: FourVectors, low: float, high: float
) -> Flags:
    """Whether two flagged objects of other charges have a mass between low and high [MeV], bool[n_events]."""
    result = np.zeros(len(offsets) - 1, np.bool_)
    _pairs_in_window(offsets, flags, charge, p, float(np.float32(low)), float(np.float32(high)), result)
    return result


def nth_in_pt(flags: Flags, pt: Column, offsets: Offsets, n: int) -> npt.NDArray[np.int64]:
    """The position of the flagged object of each event with the n-th highest pt, from 0; -1 where there are fewer."""
    n_events = len(offsets) - 1
    event = np.repeat(np.arange(n_events), np.diff(offsets))
    kept = np.flatnonzero(flags)
    order = kept[np.lexsort((kept, -pt[kept].astype(np.float64), event[kept]))]
    counts = count(flags, offsets)
    start = np.concatenate(([0], np.cumsum(counts)))[:-1]
    return np.where(counts > n, np.append(order, -1)[np.minimum(start + n, len(order))], -1)
