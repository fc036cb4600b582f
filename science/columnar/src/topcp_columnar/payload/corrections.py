"""The corrections of a payload, evaluated on columns.

correctionlib evaluates them all. Most are plain tables, though, of which a payload has a hundred with the same edges:
there the bin of each object is found once, and each table only looked up.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from topcp_columnar.containers import Column

    Numbers = npt.NDArray[np.float64]

SYSTEMATIC = "systematic"


@dataclass(frozen=True, slots=True)
class Bins:
    """Edges along some inputs; what lies outside counts to the outermost bin.

    inputs  names of the inputs, in the order of the dimensions
    edges   of each dimension, increasing
    """

    inputs: tuple[str, ...]
    edges: tuple[tuple[float, ...], ...]

    @property
    def name(self) -> str:
        """Equal for equal bins."""
        return "bins_" + hashlib.sha256(repr((self.inputs, self.edges)).encode()).hexdigest()[:12]

    def find(self, *columns: Column) -> Column:
        """The bin of each object, int64, counted as the values of a table are; a bin holds its lower edge."""
        index = np.zeros(len(columns[0]), np.int64)
        for column, edges in zip(columns, self.edges, strict=True):
            place = np.searchsorted(np.asarray(edges), column.astype(np.float64), "right") - 1
            index *= len(edges) - 1
            index += np.clip(place, 0, len(edges) - 2)
        return index


@dataclass(frozen=True, slots=True)
class Table:
    """A number for each bin."""

    bins: Bins
    values: Numbers


class Correction:
    """One correction of a payload.

    inputs          the variables that it reads, in its order, without `systematic`
    has_systematic  whether its value depends on the variation
    """

    def __init__(self, model: Any, evaluator: Any) -> None:
        """`model` and `evaluator` are correctionlib's schemav2.Correction and highlevel.Correction of one."""
        self.name: str = model.name
        self._types = {variable.name: variable.type for variable in model.inputs}
        self._order = [variable.name for variable in model.inputs]
        self.inputs = tuple(name for name in self._order if name != SYSTEMATIC)
        self.has_systematic = SYSTEMATIC in self._types
        self._data, self._evaluator = model.data, evaluator

    @property
    def texts(self) -> tuple[str, ...]:
        """Inputs other than `systematic` that are texts, which no variable is."""
        return tuple(name for name in self.inputs if self._types[name] == "string")

    def table(self, systematic: str) -> Table | None:
        """The correction under a variation as a table, if it is one."""
        node = self._data
        while getattr(node, "nodetype", "") == "category" and node.input == SYSTEMATIC:
            found = {item.key: item.value for item in node.content}
            node = found.get(systematic, node.default)
        return _as_table(node)

    def evaluate(self, systematic: str, *columns: Column) -> Numbers:
        """The correction of each object, given its inputs as columns: float64."""
        given = dict(zip(self.inputs, columns, strict=True))
        arguments = [systematic if n == SYSTEMATIC else _as_type(given[n], self._types[n]) for n in self._order]
        values: Numbers = np.broadcast_to(self._evaluator.evaluate(*arguments), columns[0].shape if columns else (1,))
        return values


def _as_type(column: Column, kind: str) -> Column:
    return column.astype(np.int64 if kind == "int" else np.float64)


def _as_table(node: Any) -> Table | None:
    inputs: tuple[str, ...]
    edges: tuple[tuple[float, ...], ...]
    match getattr(node, "nodetype", ""):
        case "binning":
            inputs, edges = (node.input,), (_edges(node.edges),)
        case "multibinning":
            inputs, edges = tuple(node.inputs), tuple(map(_edges, node.edges))
        case _:
            return None
    if node.flow != "clamp" or not all(isinstance(value, int | float) for value in node.content):
        return None
    if not np.all(np.isfinite(np.concatenate(edges))):
        return None
    return Table(Bins(inputs, edges), np.asarray(node.content, np.float64))


def _edges(edges: Any) -> tuple[float, ...]:
    if hasattr(edges, "n"):
        uniform: Sequence[float] = np.linspace(edges.low, edges.high, edges.n + 1).tolist()
        return tuple(uniform)
    return tuple(map(float, edges))
