"""From which release to which a fact holds."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from topcp_config.releases import RELEASES

if TYPE_CHECKING:
    from collections.abc import Mapping

Known = Literal["yes", "maybe", "no"]
"""Whether a release has something."""

_START, _END = (0,), (10**6,)


class Span(NamedTuple):
    """The releases that are known to have something, and around them those that may have it; all ends are included.

    In the data: `since` and `until`, `maybeSince` and `maybeUntil`; without an end the span is open there.
    """

    since: tuple[int, ...] = _START
    until: tuple[int, ...] = _END
    maybe_since: tuple[int, ...] = _START
    maybe_until: tuple[int, ...] = _END

    def holds(self, release: str) -> Known:
        """Tell whether it holds for an AnalysisBase release, such as 25.2.15."""
        numbers = _numbers(release)
        if self.since <= numbers <= self.until:
            return "yes"
        return "maybe" if self.maybe_since <= numbers <= self.maybe_until else "no"


def span_of(raw: Mapping[str, Any]) -> Span:
    """Read the span of an entry of the facts; without a word about it, every release is meant."""
    since = _numbers(raw["since"]) if "since" in raw else _START
    until = _numbers(raw["until"]) if "until" in raw else _END
    return Span(
        since,
        until,
        _numbers(raw["maybeSince"]) if "maybeSince" in raw else since,
        _numbers(raw["maybeUntil"]) if "maybeUntil" in raw else until,
    )


def added(span: Span) -> str:
    """Say when something came, as in `between 25.2.15 and 25.2.29`."""
    first = next((release for release in RELEASES if span.holds(release) == "yes"), None)
    before = [release for release in RELEASES if _numbers(release) < span.maybe_since]
    if first and before:
        return f"between {before[-1]} and {first}"
    return f"after {before[-1]}" if before else "early"


@cache
def _numbers(release: str) -> tuple[int, ...]:
    return tuple(int(part) for part in release.split("."))
