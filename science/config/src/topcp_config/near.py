"""Names that are like a misspelled one."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_SEARCHES = 50
"""For how many unknown names near ones are sought: whoever has more does not read on, and each takes a while."""
_MAX_KNOWN = 500
_MAX_LENGTH = 100


@dataclass(slots=True)
class NearNames:
    """Finds near names, as long as that takes no time worth mentioning."""

    _searches: int = 0

    def question(self, name: str, known: Iterable[str]) -> str | None:
        """Ask `Did you mean …?`, or nothing when no name is near."""
        near = self.near(name, known)
        return f"Did you mean {listed(near)}?" if near else None

    def near(self, name: str, known: Iterable[str]) -> list[str]:
        """Return up to three names of `known` that are near, the nearest first; small letters count as capitals."""
        self._searches += 1
        if self._searches > MAX_SEARCHES:
            return []
        by_lower = {other.lower()[:_MAX_LENGTH]: other for _, other in zip(range(_MAX_KNOWN), known, strict=False)}
        found = difflib.get_close_matches(name.lower()[:_MAX_LENGTH], by_lower, n=3, cutoff=0.75)
        return [by_lower[other] for other in found]


def listed(names: list[str], conjunction: str = "or") -> str:
    """Write names as one does: a, b or c."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {conjunction} {names[-1]}"
