"""The pairs of objects that overlap removal compares: found once, as directions do not vary; their rapidities do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from topcp_columnar.kernels.overlap import Pairs, angles, close_in_phi
from topcp_columnar.kernels.overlap_removal import Candidates, Neighbours
from topcp_columnar.objects.kinematics import add_rapidity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from topcp_columnar.chunk import Chunk
    from topcp_columnar.containers import Column
    from topcp_columnar.kernels.overlap_removal import Cone
    from topcp_columnar.plan.model import Container
    from topcp_columnar.plan.part import Part


@dataclass(frozen=True, slots=True)
class Taking:
    """A kind of objects that take part.

    selected  the column of those that are selected
    """

    objects: Container
    selected: str

    @property
    def columns(self) -> tuple[str, str]:
        return self.objects.column("pt"), self.selected

    def candidates(self, chunk: Chunk) -> Candidates:
        pt, selected = map(chunk.column, self.columns)
        return Candidates(chunk.offsets(self.objects.name), pt, selected.copy())


@dataclass(frozen=True, slots=True)
class PairColumns:
    """The columns of the pairs of two kinds.

    kinds       of the first and the second of each pair
    places      where they stand in their containers
    angles      between them around the beam [rad]
    rapidities  how far their rapidities are apart
    """

    kinds: tuple[str, str]
    places: tuple[str, str]
    angles: str
    rapidities: str

    @property
    def columns(self) -> tuple[str, ...]:
        return (*self.places, self.angles, self.rapidities)

    def neighbours(
        self, chunk: Chunk, objects: Mapping[str, Candidates], cone: Cone, *, second: bool = False
    ) -> Neighbours:
        """The first of each pair, or the second, with the other in the cone around it."""
        pairs = Pairs(*map(chunk.column, self.columns))
        one, other = (objects[kind] for kind in self.kinds)
        return Neighbours(other, one, pairs.turned(), cone) if second else Neighbours(one, other, pairs, cone)


def plan_pairs(part: Part, taking: Mapping[str, Taking], kinds: tuple[str, str], radius: float) -> PairColumns:
    """The columns of the pairs that are no farther apart than a radius in phi, made once.

    The second of each is selected. That the first is, is not asked: of most variations it is jets, whose selection
    then is another each time.
    """
    (one, other), selected = (taking[kind].objects for kind in kinds), taking[kinds[1]].selected
    name = f"OverlapRemoval.{one.name} and {selected} within {radius} in phi"
    found = PairColumns(
        kinds, (f"{name}: {one.name}", f"{name}: {other.name}"), f"{name}: angles", f"{name}: rapidities"
    )
    if part.plan.makes(name):
        return found
    phis = (one.column("phi"), other.column("phi"))

    def find(chunk: Chunk) -> Column:
        phi, other_phi, taken = map(chunk.column, (*phis, selected))
        return close_in_phi(chunk.offsets(one.name), phi, chunk.offsets(other.name), other_phi, taken, radius)

    part.compute_from_chunk(name, find, *phis, selected)
    for index, makes in enumerate(found.places):
        part.compute(makes, lambda pairs, index=index: pairs[index], name)
    part.compute(found.angles, angles, *found.places, *phis)
    _plan_rapidities(part, found, (add_rapidity(part, one), add_rapidity(part, other)))
    return found


def _plan_rapidities(part: Part, pairs: PairColumns, rapidities: tuple[str, str]) -> None:
    first, second = pairs.places

    def apart(chunk: Chunk) -> Column:
        one, other = rapidities
        return np.asarray(chunk.rows_at(first).column(one) - chunk.rows_at(second).column(other))

    part.compute_from_chunk(pairs.rapidities, apart, *pairs.places, some=rapidities)
