"""Follow the log of a script while it is written."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SECONDS = 0.5  # between looks at the log


@contextlib.contextmanager
def following(printed: Callable[[], bytes], show: Callable[[str], None]) -> Iterator[None]:
    """Show what comes, line by line until the end; `printed` returns all that the script has printed so far."""
    stop = threading.Event()
    follower = threading.Thread(target=_follow, args=(printed, show, stop), name="follow")
    follower.start()
    try:
        yield
    finally:
        stop.set()
        follower.join()


def _follow(printed: Callable[[], bytes], show: Callable[[str], None], stop: threading.Event) -> None:
    position, last = 0, False
    while not last:
        last = stop.wait(SECONDS)
        written = printed()
        if len(written) < position:
            position = 0  # the next replica: the log begins anew
        end = len(written) if last else written.rfind(b"\n") + 1
        if end > position:
            show(written[position:end].decode(errors="replace"))
            position = end
