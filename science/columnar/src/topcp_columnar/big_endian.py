"""Big-endian numbers at any place among bytes, as ROOT keeps them: one load or store, which compiled loops can use.

Nothing is checked: whoever calls knows that the bytes are there.
"""

from __future__ import annotations

from typing import Any

from numba import types
from numba.core import cgutils
from numba.extending import intrinsic


@intrinsic  # type: ignore[untyped-decorator]  # numba has no types
def load(typing: Any, data: Any, at: Any, numbers: Any) -> Any:  # noqa: ARG001  numba's own convention
    """The number that `data`, bytes, have at a place; of the type of the array `numbers`, which is of unsigned ones."""
    number = numbers.dtype

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = _place(context, builder, signature, arguments, number)
        return _swapped(builder, builder.load(place, align=1), number)

    return number(data, types.int64, numbers), generate


@intrinsic  # type: ignore[untyped-decorator]  # numba has no types
def store(typing: Any, data: Any, at: Any, word: Any) -> Any:  # noqa: ARG001  numba's own convention
    """Put an unsigned number into `data`, bytes, at a place."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = _place(context, builder, signature, arguments, word)
        builder.store(_swapped(builder, arguments[2], word), place, align=1)
        return context.get_dummy_value()

    return types.void(data, types.int64, word), generate


def _place(context: Any, builder: Any, signature: Any, arguments: Any, number: Any) -> Any:
    data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
    place = cgutils.pointer_add(builder, data, arguments[1])
    return builder.bitcast(place, context.get_value_type(number).as_pointer())


def _swapped(builder: Any, word: Any, number: Any) -> Any:
    return builder.bswap(word) if number.bitwidth > 8 else word
