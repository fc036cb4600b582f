"""How far a run is: a bar where somebody watches, else one line every ten seconds. Both go to stderr."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType

    from rich.progress import Progress as Bar
    from rich.progress import TaskID

_EVERY = 10.0  # seconds between lines; also, a run that is over before says nothing


@dataclass
class Progress:
    """What was done so far.

    total  events to process, as far as known: those of the files opened up to now
    """

    files: int
    total: int = 0
    file: int = 0
    done: int = 0
    kept: int = 0

    def __enter__(self) -> Self:
        self._began = self._told = time.monotonic()
        self._shown: tuple[Bar, TaskID] | None = _bar() if sys.stderr.isatty() else None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._shown:
            self._shown[0].stop()

    def begin_file(self, events: int) -> None:
        """Another file is opened, of which so many events are processed."""
        self.file += 1
        self.total += events

    def add(self, events: int, kept: int) -> None:
        """Some more events are done, of which some are kept."""
        self.done += events
        self.kept += kept
        now = time.monotonic()
        if self._shown:
            bar, task = self._shown
            bar.update(task, completed=self.done, total=self._expected(), description=self.line(now))
        elif now - self._told >= _EVERY:
            self._told = now
            sys.stderr.write(f"{self.line(now)}\n")

    def line(self, now: float) -> str:
        """File, events, kept fraction, events per second, and the seconds left if all files are alike."""
        seconds = max(now - self._began, 1e-9)
        speed = self.done / seconds
        left = (self._expected() - self.done) / speed if speed else 0.0
        kept = 100 * self.kept / self.done if self.done else 0.0
        return (
            f"file {self.file}/{self.files}  {self.done} events  kept {kept:.1f} %  "
            f"{speed:.0f} events/s  {left:.0f} s left"
        )

    def _expected(self) -> int:
        """The events of all files, those not opened yet taken to have as many as the others on average."""
        return max(self.done, self.total * self.files // max(1, self.file))


def _bar() -> tuple[Bar, TaskID]:
    # Imported here: a run that nobody watches does not wait for it.
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as Bar

    bar = Bar(TextColumn("{task.description}"), BarColumn(), console=Console(stderr=True), transient=True)
    task = bar.add_task("", total=None)
    bar.start()
    return bar, task
