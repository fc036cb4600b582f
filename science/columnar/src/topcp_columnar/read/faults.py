"""Damaged input: how the readers' findings become the one error a user meets."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from topcp_columnar.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator


class Damaged(Exception):  # noqa: N818  never leaves this package: `blame` turns it into an InputError
    """What was read is not what should stand there; the text says how."""


@contextmanager
def blame(location: str, what: str) -> Iterator[None]:
    """Turn `Damaged` into an InputError that names the file and the branch."""
    try:
        yield
    except Damaged as found:
        raise InputError(
            f"{location}: {what} cannot be read: {found}. The file is damaged, or not quite PHYSLITE: "
            "copy it again, or compare with another file of its dataset."
        ) from found


@contextmanager
def uproot_reads() -> Iterator[None]:
    """Turn whatever uproot trips over into `Damaged`."""
    try:
        yield
    except Damaged:
        raise
    except Exception as tripped:
        first_line = str(tripped).strip().partition("\n")[0]
        raise Damaged(f"{type(tripped).__name__}: {first_line}" if first_line else type(tripped).__name__) from tripped
