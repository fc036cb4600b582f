"""Loops that numba compiles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

import numba

from topcp_columnar.signals import held_back

if TYPE_CHECKING:
    from collections.abc import Callable

Function = TypeVar("Function", bound="Callable[..., Any]")


def compiled(function: Function) -> Function:
    """Compile a function of numbers and arrays when it is first called, and keep the result for later processes."""
    return _compiled(function)


def inner(function: Function) -> Function:
    """As `compiled`, for a function that only compiled ones call.

    It cannot be called from Python: that takes code of its own, for structures of many arrays more than the function.
    """
    return _compiled(function, no_cpython_wrapper=True, no_cfunc_wrapper=True)


def _compiled(function: Function, **options: bool) -> Function:
    try:
        fast = numba.njit(cache=True, nogil=True, **options)(function)
    except RuntimeError:  # there is no directory to keep it in: each process compiles anew
        fast = numba.njit(nogil=True, **options)(function)
    # LLVM calls back from C for what is kept; it would crash on what a handler of signals raises there.
    fast.compile = held_back()(fast.compile)
    return cast("Function", fast)
