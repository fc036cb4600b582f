"""What a run has, and what it counts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from topcp_config import Config, Release

    from topcp_columnar.arguments import Arguments
    from topcp_columnar.cutflows import FlowCounts
    from topcp_columnar.histograms import Books
    from topcp_columnar.payload import Payload
    from topcp_columnar.plan.model import Plan


@dataclass(slots=True)
class Tally:
    """What was counted on the way, at one level.

    passed   how many events there were, and how many passed each event filter and those before it
    objects  of each tree and container: how many objects were written
    """

    passed: list[int]
    objects: dict[str, dict[str, int]] = field(default_factory=dict)

    def add(self, other: Tally) -> None:
        """Add what was counted of other events."""
        self.passed = [n + more for n, more in zip(self.passed, other.passed, strict=True)]
        for tree, objects in other.objects.items():
            before = self.objects.setdefault(tree, {})
            for name, number in objects.items():
                before[name] = before.get(name, 0) + number


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted of one file.

    events  how many of its events were processed
    levels  of each level its tally, and the counts of its `CutFlows`
    books   None where none are kept
    """

    location: str
    events: int
    levels: tuple[tuple[Tally, FlowCounts], ...]
    books: Books | None


@dataclass(frozen=True, slots=True)
class LevelResult:
    """What is computed by one configuration: at detector level, at particle level, or of partons."""

    release: Release
    configuration: Path
    config: Config
    plan: Plan
    tally: Tally


@dataclass(frozen=True, slots=True)
class Result:
    """A run, counted as it goes.

    levels  in the order in which they are run
    files   of each file read: how many of its events were processed
    """

    arguments: Arguments
    payload: Payload | None
    levels: tuple[LevelResult, ...]
    files: list[tuple[str, int]] = field(default_factory=list)

    @property
    def events(self) -> int:
        return sum(events for _, events in self.files)
