"""Loops that numba compiles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numba

if TYPE_CHECKING:
    from collections.abc import Callable

Function = TypeVar("Function", bound="Callable[..., Any]")


def compiled(function: Function) -> Function:
    """Compile a function of numbers and arrays when it is first called, and keep the result for later processes."""
    try:
        fast: Function = numba.njit(cache=True, nogil=True)(function)
    except RuntimeError:  # there is no directory to keep it in: each process compiles anew
        fast = numba.njit(nogil=True)(function)
    return fast
