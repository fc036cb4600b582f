"""Big-endian numbers at any place among bytes, as ROOT keeps them: one load or store, which compiled loops can use.

Nothing is checked: whoever calls knows that the bytes are there.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic


@intrinsic  # type: ignore[untyped-decorator]  # numba has no types
def load(typing: Any, data: Any, at: Any, numbers: Any) -> Any:  # noqa: ARG001  numba's own convention
    """The number that `data`, bytes, have at a place; of the type of the array `numbers`, which is of unsigned ones."""
    number = numbers.dtype

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = _place(context, builder, signature, arguments, context.get_value_type(number))
        return _swapped(builder, builder.load(place, align=1), number)

    return number(data, types.int64, numbers), generate


@intrinsic  # type: ignore[untyped-decorator]  # numba has no types
def store(typing: Any, data: Any, at: Any, word: Any) -> Any:  # noqa: ARG001  numba's own convention
    """Put an unsigned number into `data`, bytes, at a place."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = _place(context, builder, signature, arguments, context.get_value_type(word))
        builder.store(_swapped(builder, arguments[2], word), place, align=1)
        return context.get_dummy_value()

    return types.void(data, types.int64, word), generate


WIDE = 64
"""Bytes that `load_many` takes at once"""


@intrinsic  # type: ignore[untyped-decorator]  # numba has no types
def load_many(typing: Any, data: Any, at: Any, numbers: Any, first: Any) -> Any:  # noqa: ARG001  numba's own convention
    """Put the numbers of the next `WIDE` bytes of `data` into `numbers`, an array of unsigned ones, from `first` on."""
    size = numbers.dtype.bitwidth // 8
    swapped = [i ^ (size - 1) for i in range(WIDE)]

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        several = ir.VectorType(ir.IntType(8), WIDE)
        target = context.make_array(signature.args[2])(context, builder, arguments[2]).data
        target = builder.bitcast(builder.gep(target, [arguments[3]]), several.as_pointer())
        words = builder.load(_place(context, builder, signature, arguments, several), align=1)
        mask = ir.Constant(ir.VectorType(ir.IntType(32), WIDE), swapped)
        builder.store(builder.shuffle_vector(words, ir.Constant(several, ir.Undefined), mask), target, align=size)
        return context.get_dummy_value()

    return types.void(data, types.int64, numbers, types.int64), generate


def _place(context: Any, builder: Any, signature: Any, arguments: Any, kind: Any) -> Any:
    data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
    return builder.bitcast(cgutils.pointer_add(builder, data, arguments[1]), kind.as_pointer())


def _swapped(builder: Any, word: Any, number: Any) -> Any:
    return builder.bswap(word) if number.bitwidth > 8 else word
