"""Follow the log of a script while it is written."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SECONDS = 0.2  # between looks at the log


@contextlib.contextmanager
def following(directory: Path, show: Callable[[str], None]) -> Iterator[None]:
    """Show what comes into the pod's abc.log, wherever it is below `directory`, line by line until the end."""
    stop = threading.Event()
    follower = threading.Thread(target=_follow, args=(directory, show, stop), name="follow")
    follower.start()
    try:
        yield
    finally:
        stop.set()
        follower.join()


def _follow(directory: Path, show: Callable[[str], None], stop: threading.Event) -> None:
    position, last = 0, False
    while not last:
        last = stop.wait(SECONDS)
        for log in directory.rglob("abc.log"):
            written = log.read_bytes()
            if len(written) < position:
                position = 0  # the next replica: the log begins anew
            end = len(written) if last else written.rfind(b"\n") + 1
            if end > position:
                show(written[position:end].decode(errors="replace"))
                position = end
