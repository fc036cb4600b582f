"""Values times a factor that is looked up for each: what most variations of a calibration are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from topcp_columnar.compiled import compiled

if TYPE_CHECKING:
    from topcp_columnar.containers import Column


def scaled(values: Column, factors: Column, bins: Column) -> Column:
    """`values * factors[bins]`, without an array of the factors of all objects.

    factors  one for each bin
    bins     of each value, int64[n]
    """
    result = np.empty(len(values), np.result_type(values, factors))
    _scale(values, factors, bins, result)
    return result


@compiled
def _scale(values: Column, factors: Column, bins: Column, result: Column) -> None:
    for i in range(len(values)):
        result[i] = values[i] * factors[bins[i]]
