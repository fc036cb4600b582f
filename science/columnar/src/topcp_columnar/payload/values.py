"""What a correction of a payload gives for objects: its values as a function of the chunk, and the columns it reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from topcp_columnar.plan.model import SystematicSource
from topcp_columnar.plan.part import Refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from topcp_columnar.chunk import Chunk
    from topcp_columnar.containers import Column
    from topcp_columnar.payload.corrections import Correction
    from topcp_columnar.payload.model import PayloadVariation
    from topcp_columnar.plan.model import Container
    from topcp_columnar.plan.part import Part


class Values(NamedTuple):
    """Values of a correction, float32, one for each object or event, and the columns that they are made from."""

    of: Callable[[Chunk], Column]
    needs: tuple[str, ...]


def values_of(
    part: Part,
    objects: Container,
    variation: PayloadVariation,
    systematic: str,
    *,
    nominal_only: bool,
    change: Callable[[Column], Column] = lambda values: values,
) -> Values:
    """The correction of a variation as it is for a systematic.

    nominal_only  its inputs are the nominal ones under every variation
    change        what is made of each value: of a table, once for all objects

    Raises Refused if it reads what the objects do not have.
    """
    correction = variation.correction
    _check_inputs(part, objects, variation)
    if (table := correction.table(systematic)) is None:
        values = _evaluated(part, objects, correction, systematic)
        return Values(lambda chunk: change(values.of(chunk)), values.needs)
    numbers = change(table.values.astype(np.float32))
    bins = objects.column(f"{table.bins.name}{'' if nominal_only else '_varied'}")
    if not part.plan.makes(bins):
        part.compute(bins, table.bins.find, *map(objects.column, table.bins.inputs), nominal_only=nominal_only)
    return Values(lambda chunk: numbers.take(chunk.column(bins)), (bins,))


def _evaluated(part: Part, objects: Container, correction: Correction, systematic: str) -> Values:
    """Values that correctionlib computes."""
    per_event = part.plan.is_per_event(objects.name)
    needs = tuple(map(objects.column, correction.inputs))

    def evaluate(chunk: Chunk) -> Column:
        columns = [chunk.column(need) for need in needs]
        values = correction.evaluate(systematic, *columns).astype(np.float32)
        return values if needs else np.resize(values, len(chunk) if per_event else chunk.offsets(objects.name)[-1])

    return Values(evaluate, needs)


def _check_inputs(part: Part, objects: Container, variation: PayloadVariation) -> None:
    for name in variation.correction.inputs:
        if not part.has(objects.column(name)):
            what = f"the payload's {variation.name} reads {name} of {variation.objects}"
            raise Refused(f"{what}, which {objects.source} does not have")


def remember_source(part: Part, variation: PayloadVariation, systematic: str) -> None:
    """Note who says so, for the report and the titles of branches."""
    payload = part.job.payload
    if payload is not None:
        source = SystematicSource(variation.effect, payload.describe(variation), payload.official)
        part.plan.sources[systematic] = source
