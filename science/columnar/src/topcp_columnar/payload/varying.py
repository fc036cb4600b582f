"""From a payload to steps of the plan: variations of momenta and masses, and scale factors with theirs."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import numpy as np

from topcp_columnar.payload.smearing import normal_numbers
from topcp_columnar.plan.model import EVENT, SystematicSource, Variable
from topcp_columnar.plan.part import Refused
from topcp_columnar.systematics import NOSYS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from topcp_columnar.chunk import Chunk
    from topcp_columnar.containers import Column
    from topcp_columnar.payload.model import Payload, PayloadVariation
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
            _register(part, payload, variation, name)
            names.append(name)
    return tuple(names)


def _vary(part: Part, objects: Container, variation: PayloadVariation, name: str) -> None:
    sign = dict(variation.sides)[name]
    targets = ["m"] if variation.effect == "mass" else ["pt"]
    if variation.effect != "mass" and variation.objects in _SCALED_AS_A_WHOLE:
        targets.append("m")
    factor, needs = _factor(part, objects, variation, name, sign)
    for target in targets:
        column = objects.column(target)
        part.compute_from_chunk(column, _times(column, factor), column, *needs, systematic=name)


def _times(column: str, factor: Callable[[Chunk], Column]) -> Callable[[Chunk], Column]:
    return lambda chunk: chunk.nominal.column(column) * factor(chunk.nominal)


def _factor(
    part: Part, objects: Container, variation: PayloadVariation, name: str, sign: int
) -> tuple[Callable[[Chunk], Column], tuple[str, ...]]:
    """What the column is multiplied with, float32, and the columns that this reads."""
    sign = 1 if variation.correction.has_systematic else sign
    shift, needs = _value(part, objects, variation, name, lambda values: sign * values)
    if variation.effect != "resolution":
        return (lambda chunk: np.float32(1) + shift(chunk)), needs
    normal = _normal_numbers(part, objects)

    def smear(chunk: Chunk) -> Column:
        return np.maximum(np.float32(1) + shift(chunk) * chunk.column(normal), np.float32(0))

    return smear, (*needs, normal)


def _value(
    part: Part,
    objects: Container,
    variation: PayloadVariation,
    name: str,
    of_values: Callable[[Column], Column],
) -> tuple[Callable[[Chunk], Column], tuple[str, ...]]:
    """The correction under a variation, changed by a function, float32; and the columns that this reads."""
    correction = variation.correction
    _check_inputs(part, objects, variation)
    if (table := correction.table(name)) is not None:
        numbers = of_values(table.values).astype(np.float32)
        bins = objects.column(table.bins.name)
        if not part.plan.makes(bins):
            part.compute(bins, table.bins.find, *map(objects.column, table.bins.inputs), nominal_only=True)
        return (lambda chunk: numbers.take(chunk.column(bins))), (bins,)
    needs = tuple(map(objects.column, correction.inputs))

    def evaluate(chunk: Chunk) -> Column:
        columns = [chunk.column(need) for need in needs]
        values = of_values(correction.evaluate(name, *columns)).astype(np.float32)
        return values if needs else np.resize(values, chunk.offsets(objects.name)[-1])

    return evaluate, needs


def _check_inputs(part: Part, objects: Container, variation: PayloadVariation) -> None:
    for name in variation.correction.inputs:
        if not part.has(objects.column(name)):
            what = f"the payload's {variation.name} reads {name} of {variation.objects}"
            raise Refused(f"{what}, which {objects.source} does not have")


def _normal_numbers(part: Part, objects: Container) -> str:
    makes, number, counted_by = objects.column(_NORMAL), f"{EVENT}.eventNumber", objects.column("pt")
    if not part.plan.makes(makes):

        def draw(chunk: Chunk) -> Column:
            return normal_numbers(chunk.column(number), chunk.offsets(objects.name))

        part.compute_from_chunk(makes, draw, number, counted_by, nominal_only=True)
    return makes


def _register(part: Part, payload: Payload, variation: PayloadVariation, name: str) -> None:
    """Remember who says so, for the report and the titles of branches."""
    part.plan.sources[name] = SystematicSource(variation.effect, payload.describe(variation), payload.official)


def offer_scale_factor(part: Part, objects: Container, name: str, source: str) -> bool:
    """Offer a scale factor per object if the payload has one by this name, with its variations."""
    payload = part.job.payload
    if payload is None:
        return False
    found = [v for v in payload.of(objects.source, "weight") if fnmatchcase(name, v.variable)]
    if not found:
        return False
    column = objects.column(name)
    _nominal_factor(part, objects, found, column)
    for variation in found:
        for side in part.chosen_systematics(side for side, _ in variation.sides):
            _vary_factor(part, objects, variation, side, column)
            _register(part, payload, variation, side)
    why = "" if payload.official else f"from the payload {payload.name}, which is not official"
    part.offer(objects, Variable(name, column, source, verdict="approx" if why else "exact", why=why))
    return True


def _nominal_factor(part: Part, objects: Container, found: Sequence[PayloadVariation], column: str) -> None:
    """The scale factor that the payload gives, or 1 where it gives uncertainties only."""
    given = [variation for variation in found if variation.correction.has_systematic]
    counted_by = objects.column("pt")
    if given:
        value, needs = _value(part, objects, given[0], NOSYS, lambda values: values)
        part.compute_from_chunk(column, value, *needs)
        return
    part.compute(column, lambda pt: np.ones(len(pt), np.float32), counted_by)


def _vary_factor(part: Part, objects: Container, variation: PayloadVariation, side: str, column: str) -> None:
    sign = dict(variation.sides)[side]
    if variation.correction.has_systematic:
        value, needs = _value(part, objects, variation, side, lambda values: values)
    else:
        value, needs = _value(part, objects, variation, side, lambda values: 1 + sign * values)
    part.compute_from_chunk(column, value, *needs, systematic=side)
