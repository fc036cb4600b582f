"""Columns of every type, and ROOT itself to read them: in a process of its own, whose stderr must stay empty."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pytest
from topcp_columnar.containers import Jagged
from topcp_columnar.write import Branch

if TYPE_CHECKING:
    from collections.abc import Callable

TYPES = ["bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float32", "float64"]


@dataclass
class Columns:
    """Branches and what to fill them with."""

    branches: list[Branch]
    values: dict[str, Any]

    def as_lists(self) -> dict[str, list[Any]]:
        """The values by event, as Python sees them."""
        return {name: _as_list(column) for name, column in self.values.items()}


def _as_list(column: Any) -> list[Any]:
    if not isinstance(column, Jagged):
        return list(column.tolist())
    return [part.tolist() for part in np.split(column.content, column.offsets[1:-1])] if len(column.offsets) > 1 else []


def _values(rng: np.random.Generator, dtype: np.dtype[Any], size: int) -> Any:
    """Numbers all over the type's range."""
    if dtype.kind == "b":
        return rng.integers(0, 2, size).astype(bool)
    if dtype.kind == "f":
        return (rng.normal(size=size) * 10.0 ** rng.integers(-9, 9, size)).astype(dtype)
    limits = np.iinfo(dtype)
    return rng.integers(limits.min, limits.max, size, dtype=dtype, endpoint=True)


@pytest.fixture
def every_type() -> Callable[[int], Columns]:
    """For so many events: a vector and a scalar branch of every type, filled with numbers all over its range."""

    def make(events: int) -> Columns:
        rng = np.random.default_rng(events)
        branches, values = [], {}
        for dtype in map(np.dtype, TYPES):
            counts = rng.poisson(1.5, events)
            offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
            branches += [Branch(f"vector_{dtype}", dtype, vector=True), Branch(f"scalar_{dtype}", dtype, vector=False)]
            values[f"vector_{dtype}"] = Jagged(offsets, _values(rng, dtype, int(offsets[-1])))
            values[f"scalar_{dtype}"] = _values(rng, dtype, events)
        return Columns(branches, values)

    return make


class Root(Protocol):
    """Runs a command of `root_process.py` and gives what it found."""

    def __call__(self, command: str, *arguments: str | Path) -> Any: ...


@pytest.fixture(scope="session")
def root(cern_root: None) -> Root:
    """ROOT of the PyPI wheel."""

    def run(command: str, *arguments: str | Path) -> Any:
        script = Path(__file__).with_name("root_process.py")
        call = [sys.executable, "-W", "ignore", script, command, *arguments]
        done = subprocess.run(list(map(str, call)), capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
        return json.loads(done.stdout)

    return run
