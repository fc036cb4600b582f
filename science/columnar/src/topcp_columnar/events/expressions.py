"""The cut EXPR: an angle, a mass or another quantity of objects that are picked by their rank in pt.

Source: PhysicsAnalysis/Algorithms/EventSelectionAlgorithms/Root/ObjectKinematicSelectorAlg.cxx (2026).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from topcp_columnar.kernels.events import mass, nth_in_pt

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from topcp_columnar.chunk import Chunk
    from topcp_columnar.containers import Column
    from topcp_columnar.objects.chosen import Chosen

    Floats = npt.NDArray[np.float64]

#: The option of EventSelection that each collection stands for.
COLLECTIONS: Mapping[str, str] = {
    "jet": "jets",
    "bjet": "jets",
    "el": "electrons",
    "mu": "muons",
    "tau": "taus",
    "ph": "photons",
    "ljet": "largeRjets",
}


@dataclass(frozen=True, slots=True)
class Momenta:
    """Of each event the object that an operand names, float64[n_events] [MeV, rad]; eta and e of met are 0."""

    pt: Floats
    eta: Floats
    phi: Floats
    e: Floats


def of_object(chunk: Chunk, chosen: Chosen, index: int) -> tuple[Momenta, Column]:
    """The object with that rank in pt, and how many objects there are."""
    passing, offsets = chosen.passing(chunk), chosen.offsets(chunk)
    position = nth_in_pt(passing, chosen.values(chunk, "pt"), offsets, index)
    p = chosen.four_vectors(chunk)
    columns = (*(chosen.values(chunk, name) for name in ("pt", "eta", "phi")), p.e)
    found = position >= 0
    values = []
    for column in columns:
        picked = np.zeros(len(chunk))
        picked[found] = column[position[found]]
        values.append(picked)
    before = np.concatenate(([0], np.cumsum(passing)))
    return Momenta(*values), before[offsets[1:]] - before[offsets[:-1]]


def of_met(chunk: Chunk, met: str, phi: str) -> Momenta:
    zero = np.zeros(len(chunk))
    return Momenta(chunk.column(met).astype(np.float64), zero, chunk.column(phi).astype(np.float64), zero)


def quantity(variable: str, operands: Sequence[Momenta]) -> npt.NDArray[np.float32]:
    """The value that EXPR compares, a float."""
    first = operands[0]
    if variable in ("eta", "phi"):
        return np.asarray(getattr(first, variable), np.float32)
    if variable in ("dR", "dEta", "dPhi"):
        return np.asarray(_distance(variable, first, operands[1]), np.float32)
    if variable == "pt" and len(operands) == 1:
        return np.asarray(first.pt, np.float32)
    px, py, pz, e = np.sum([_cartesian(p) for p in operands], axis=0)
    if variable == "m":
        return mass((px, py, pz, e))
    return np.asarray(e if variable == "e" else np.hypot(px, py), np.float32)


def _cartesian(p: Momenta) -> Floats:
    return np.stack([p.pt * np.cos(p.phi), p.pt * np.sin(p.phi), p.pt * np.sinh(p.eta), p.e])


def _distance(variable: str, a: Momenta, b: Momenta) -> Floats:
    delta_eta = np.abs(a.eta - b.eta)
    delta_phi = np.abs((a.phi - b.phi + np.pi) % (2 * np.pi) - np.pi)
    if variable == "dR":
        return np.asarray(np.sqrt(delta_eta**2 + delta_phi**2))
    return delta_eta if variable == "dEta" else delta_phi
