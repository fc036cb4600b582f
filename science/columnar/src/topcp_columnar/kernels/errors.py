"""What the kernels refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class UnknownWorkingPoint(ValueError):  # noqa: N818  a refusal is the answer, not a fault
    """A working point that does not exist, or that PHYSLITE does not let one compute.

    kind   what was asked for, e.g. "electron isolation"
    name   the working point as the user wrote it
    why    the reason, one clause
    known  the working points that can be computed
    """

    def __init__(self, kind: str, name: str, why: str, known: Iterable[str]) -> None:
        self.kind, self.name, self.why, self.known = kind, name, why, tuple(known)
        super().__init__(f"{kind} working point {name!r}: {why}; can be computed: {', '.join(self.known)}")
