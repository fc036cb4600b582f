"""The signals that end a run, SIGINT and SIGTERM: where their handlers raise, and where they must not."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

ENDING = frozenset({signal.SIGINT, signal.SIGTERM})


@contextmanager
def held_back() -> Iterator[None]:
    """They are handled behind the `with` block: a library that calls back from C loses what a handler raises there.

    Python runs handlers in the main thread alone, so that others need nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []

    def note(number: int, _: Any) -> None:
        came.append(number)

    before = {number: signal.signal(number, note) for number in ENDING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for this in came:
            signal.raise_signal(this)


@contextmanager
def blocked() -> Iterator[None]:
    """They do not come to this thread, nor to what is forked meanwhile until it calls `let_through`."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def let_through() -> None:
    """They come to this thread, also those that were sent before."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
