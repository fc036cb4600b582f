"""Python's garbage collector."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def no_collection() -> Iterator[None]:
    """Let the collector rest: a tree holds no cycles, and walking through it again and again takes a fifth of the time.

    What is made and dropped again should be dropped inside: what is left is walked through when this ends.
    Not for what takes long or makes much: nothing else that this process does is collected meanwhile.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
