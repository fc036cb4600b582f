"""What a correction of a payload gives for objects: its values as a function of the chunk, and the columns it reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from topcp_columnar.plan.model import EVENT, SystematicSource
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
    """Values of a correction, float32, one for each object or event, and the columns that they are made from.

    table  where they are looked up: the numbers, and the column of bins
    """

    of: Callable[[Chunk], Column]
    needs: tuple[str, ...]
    table: tuple[Column, str] | None = None


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
    for name in correction.inputs:
        _provide(part, objects, variation, name)
    if (table := correction.table(systematic)) is None:
        values = _evaluated(part, objects, correction, systematic)
        return Values(lambda chunk: change(values.of(chunk)), values.needs)
    numbers = change(table.values.astype(np.float32))
    bins = objects.column(f"{table.bins.name}{'' if nominal_only else '_varied'}")
    if not part.plan.makes(bins):
        part.compute(bins, table.bins.find, *map(objects.column, table.bins.inputs), nominal_only=nominal_only)
    return Values(lambda chunk: numbers.take(chunk.column(bins)), (bins,), (numbers, bins))


def _evaluated(part: Part, objects: Container, correction: Correction, systematic: str) -> Values:
    """Values that correctionlib computes."""
    per_event = part.plan.is_per_event(objects.name)
    needs = tuple(map(objects.column, correction.inputs))

    def evaluate(chunk: Chunk) -> Column:
        columns = [chunk.column(need) for need in needs]
        values = correction.evaluate(systematic, *columns).astype(np.float32)
        return values if needs else np.resize(values, len(chunk) if per_event else chunk.offsets(objects.name)[-1])

    return Values(evaluate, needs)


def _provide(part: Part, objects: Container, variation: PayloadVariation, name: str) -> None:
    """See that objects have what a correction reads: what they do not have themselves they have of their event."""
    column, of_event = objects.column(name), f"{EVENT}.{name}"
    if part.has(column):
        return
    if not _is_number(part, of_event):
        what = f"the payload's {variation.name} reads {name} of {variation.objects}"
        raise Refused(f"{what}, which neither {objects.source} nor {EVENT} has")
    if part.plan.is_per_event(objects.name):
        part.compute(column, lambda values: values.copy(), of_event)
    else:
        part.compute_from_chunk(column, lambda chunk: chunk.per_object(objects.name, chunk.column(of_event)), of_event)


def _is_number(part: Part, of_event: str) -> bool:
    """Whether an event has one number of this name, computed or stored."""
    return part.plan.makes(of_event) or (
        part.job.first_file.has(of_event) and isinstance(part.job.first_file.read(of_event, 0, 0), np.ndarray)
    )


def remember_source(part: Part, variation: PayloadVariation, systematic: str) -> None:
    """Note who says so, for the report and the titles of branches."""
    payload = part.job.payload
    if payload is not None:
        source = SystematicSource(variation.effect, payload.describe(variation), payload.official)
        part.plan.sources[systematic] = source
