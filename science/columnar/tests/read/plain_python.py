"""Kernels as plain Python, where stepping outside raises."""

from __future__ import annotations

from types import FunctionType
from typing import TYPE_CHECKING, Any

import numpy as np
from topcp_columnar.big_endian import WIDE

if TYPE_CHECKING:
    from collections.abc import Callable


def _load(data: Any, at: int, numbers: Any) -> Any:
    """What `big_endian.load` gives, for bytes that are there."""
    assert 0 <= at <= len(data) - numbers.itemsize
    return numbers.dtype.type(int.from_bytes(data[at : at + numbers.itemsize].tobytes(), "big"))


def _load_many(data: Any, at: int, numbers: Any, first: int) -> None:
    """What `big_endian.load_many` does, with bytes and room that are there."""
    many = WIDE // numbers.itemsize
    assert 0 <= at <= len(data) - WIDE
    assert 0 <= first <= len(numbers) - many
    numbers[first : first + many] = np.frombuffer(data, f">u{numbers.itemsize}", many, at)


def plain(kernel: Any) -> Callable[..., Any]:
    """The Python text of a kernel, with the Python text of what it calls."""
    function = kernel.py_func
    names = {name: function.__globals__.get(name) for name in function.__code__.co_names}
    called = {name: plain(thing) for name, thing in names.items() if hasattr(thing, "py_func")}
    return FunctionType(function.__code__, {**function.__globals__, "load": _load, "load_many": _load_many, **called})
