"""From a payload to steps of the plan: variations of momenta and masses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from topcp_columnar.kernels.scaling import scaled
from topcp_columnar.payload.smearing import normal_numbers, stream_of
from topcp_columnar.payload.values import Values, remember_source, values_of
from topcp_columnar.plan.model import EVENT

if TYPE_CHECKING:
    from collections.abc import Callable

    from topcp_columnar.chunk import Chunk
    from topcp_columnar.containers import Column
    from topcp_columnar.payload.model import PayloadVariation
    from topcp_columnar.plan.model import Container
    from topcp_columnar.plan.part import Part

_NORMAL = "normalNumber"
# Of these the mass is scaled with the momentum: the calibration is of the energy, at fixed direction.
_SCALED_AS_A_WHOLE = ("jets", "largeRJets")


def vary_calibration(part: Part, objects: Container) -> tuple[str, ...]:
    """Add the payload's variations of the objects' pt and mass; gives the names of those that are run."""
    payload, names = part.job.payload, []
    if payload is None:
        return ()
    for variation in payload.of(objects.source, "scale", "resolution", "mass"):
        for name in part.chosen_systematics(name for name, _ in variation.sides):
            _vary(part, objects, variation, name)
            remember_source(part, variation, name)
            names.append(name)
    return tuple(names)


def _vary(part: Part, objects: Container, variation: PayloadVariation, name: str) -> None:
    targets = ["m"] if variation.effect == "mass" else ["pt"]
    if variation.effect != "mass" and variation.objects in _SCALED_AS_A_WHOLE:
        targets.append("m")
    factor = _factor(part, objects, variation, name)
    for target in targets:
        column = objects.column(target)
        needs, rowwise = (column, *factor.needs), bool(factor.needs)
        part.compute_from_chunk(column, _times(column, factor), *needs, systematic=name, rowwise=rowwise)


def _times(column: str, factor: Values) -> Callable[[Chunk], Column]:
    def times(chunk: Chunk) -> Column:
        nominal = chunk.nominal
        if factor.table is None:
            return np.asarray(nominal.column(column) * factor.of(nominal))
        numbers, bins = factor.table
        return scaled(nominal.column(column), numbers, nominal.column(bins))

    return times


def _factor(part: Part, objects: Container, variation: PayloadVariation, name: str) -> Values:
    """What a column is multiplied with."""
    sign = np.float32(1 if variation.correction.has_systematic else dict(variation.sides)[name])
    if variation.effect != "resolution":
        change: Callable[[Column], Column] = lambda values: np.float32(1) + sign * values  # noqa: E731
        return values_of(part, objects, variation, name, nominal_only=True, change=change)
    shift, normal = values_of(part, objects, variation, name, nominal_only=True), _normal_numbers(part, objects)

    def smear(chunk: Chunk) -> Column:
        factor = np.float32(1) + sign * shift.of(chunk) * chunk.column(normal)
        return np.asarray(np.maximum(factor, np.float32(0)))

    return Values(smear, (*shift.needs, normal))


def _normal_numbers(part: Part, objects: Container) -> str:
    makes, number, counted_by = objects.column(_NORMAL), f"{EVENT}.eventNumber", objects.column("pt")
    if not part.plan.makes(makes):
        stream = stream_of(objects.source)

        def draw(chunk: Chunk) -> Column:
            return normal_numbers(chunk.column(number), chunk.offsets(objects.name), stream)

        part.compute_from_chunk(makes, draw, number, counted_by, nominal_only=True)
    return makes
