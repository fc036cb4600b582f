"""Scale factors of objects from a payload, with their variations."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import numpy as np

from topcp_columnar.payload.values import Values, remember_source, values_of
from topcp_columnar.plan.part import Refused
from topcp_columnar.systematics import NOSYS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from topcp_columnar.chunk import Chunk
    from topcp_columnar.containers import Column
    from topcp_columnar.payload.model import PayloadVariation
    from topcp_columnar.plan.model import Container
    from topcp_columnar.plan.part import Part


def plan_scale_factor(part: Part, objects: Container, name: str) -> bool:
    """Compute a scale factor of each object, and its variations, if the payload has one by this name; whether it has.

    It follows the objects: where a variation changes what the correction reads, it is another number.
    """
    column, found = objects.column(name), _of_variable(part, objects, name)
    if not found or part.plan.makes(column):
        return bool(found)
    _nominal(part, objects, found, column)
    for variation in found:
        for systematic in part.chosen_systematics(name for name, _ in variation.sides):
            _vary(part, objects, variation, systematic, column)
            remember_source(part, variation, systematic)
    return True


def gives_nominal(part: Part, objects: Container, name: str) -> bool:
    """Whether the payload says what a scale factor is; otherwise it may say how uncertain."""
    return any(variation.has_nominal for variation in _of_variable(part, objects, name))


def _of_variable(part: Part, objects: Container, name: str) -> list[PayloadVariation]:
    payload = part.job.payload
    return [v for v in payload.of(objects.source, "weight") if fnmatchcase(name, v.variable)] if payload else []


def _nominal(part: Part, objects: Container, found: Sequence[PayloadVariation], column: str) -> None:
    """The scale factor that the payload gives, or 1 where it gives uncertainties only."""
    given = list({v.correction.name: v for v in found if v.has_nominal}.values())
    if len(given) > 1:
        names = ", ".join(variation.correction.name for variation in given)
        raise Refused(f"the payload has several corrections with a nominal {column}: {names}")
    if given:
        values = values_of(part, objects, given[0], NOSYS, nominal_only=False)
        part.compute_from_chunk(column, values.of, *values.needs)
        return
    part.compute(column, lambda pt: np.ones(len(pt), np.float32), objects.column("pt"))


def _vary(part: Part, objects: Container, variation: PayloadVariation, systematic: str, column: str) -> None:
    values = values_of(part, objects, variation, systematic, nominal_only=False)
    if variation.correction.has_systematic:
        part.compute_from_chunk(column, values.of, *values.needs, systematic=systematic)
        return
    changed = _shifted(column, values, dict(variation.sides)[systematic])
    part.compute_from_chunk(column, changed, column, *values.needs, systematic=systematic)


def _shifted(column: str, values: Values, sign: int) -> Callable[[Chunk], Column]:
    """The nominal scale factor times 1 ± c."""
    return lambda chunk: chunk.nominal.column(column) * (np.float32(1) + np.float32(sign) * values.of(chunk))
