"""The objects that an option names, as `AnaElectrons.tight`: a container and a selection in it."""

from __future__ import annotations

import operator
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np

from topcp_columnar.kernels import muons
from topcp_columnar.kernels.events import FourVectors, four_vectors
from topcp_columnar.plan.model import EVENT
from topcp_columnar.plan.part import HangsOnRefused, Refused
from topcp_columnar.selection import as_flags

if TYPE_CHECKING:
    from topcp_columnar.chunk import Chunk
    from topcp_columnar.containers import Column, Offsets
    from topcp_columnar.plan.model import Container
    from topcp_columnar.plan.part import Part
    from topcp_columnar.selection import Flags


_DRESSED = ("pt", "eta", "phi", "e")


@dataclass(frozen=True, slots=True)
class Chosen:
    """Objects of a container: those that have all flags.

    flags    columns of the container
    mass     of every object [MeV]; None: it is stored
    dressed  the momentum is that with the photons around the truth lepton
    """

    container: Container
    flags: tuple[str, ...]
    mass: float | None
    dressed: bool = False

    def column(self, variable: str) -> str:
        suffix = "_dressed" if self.dressed and variable in _DRESSED else ""
        return self.container.column(f"{variable}{suffix}")

    def needs(self, *variables: str) -> tuple[str, ...]:
        """The columns behind the flags and these variables."""
        return (self.column("pt"), *self.flags, *(self.column(variable) for variable in variables))

    @property
    def momentum(self) -> tuple[str, ...]:
        """The variables that `four_vectors` reads."""
        if self.dressed:
            return ("eta", "phi", "e")
        return ("eta", "phi") if self.mass is not None else ("eta", "phi", "m")

    def offsets(self, chunk: Chunk) -> Offsets:
        return chunk.offsets(self.container.name)

    def values(self, chunk: Chunk, variable: str) -> Column:
        return chunk.column(self.column(variable))

    def passing(self, chunk: Chunk) -> Flags:
        """bool[n_objects]."""
        if not self.flags:
            return np.ones(self.offsets(chunk)[-1], np.bool_)
        return reduce(operator.and_, (as_flags(chunk.column(flag)) for flag in self.flags))

    def four_vectors(self, chunk: Chunk) -> FourVectors:
        pt, eta, phi = (self.values(chunk, name) for name in ("pt", "eta", "phi"))
        if self.dressed:
            return four_vectors(pt, eta, phi, 0.0)._replace(e=self.values(chunk, "e").astype(np.float64))
        mass = self.mass if self.mass is not None else self.values(chunk, "m")
        return four_vectors(pt, eta, phi, mass)


def choose(part: Part, text: str, option: str | None, *more: str) -> Chosen:
    """The objects that `text` names, that pass the selections `more` too.

    Raises Refused, blaming the option, if there are none, and HangsOnRefused if what sets them up is left out.
    """
    name, _, selection = text.partition(".")
    if name in part.lost:
        raise HangsOnRefused(f"{name} is left out")
    container = part.plan.containers.get(name)
    if container is None or name == EVENT:
        known = ", ".join(other for other in part.plan.containers if other != EVENT) or "none"
        raise Refused(f"no block sets up {name!r}; the containers here are: {known}", option)
    flags = tuple(_flags(part, container, expression, option) for expression in (selection, *more))
    return Chosen(container, flags, muons.MASS if container.source == "AnalysisMuons" else None)


def _flags(part: Part, container: Container, expression: str, option: str | None) -> str:
    """The column of objects that pass a selection as it stands now: later blocks may add cuts to it."""
    makes = container.column(f"passes {expression} in {part.block.path}")
    return part.full_selection(container, expression, makes, option or "selectionName")
