"""Where the engine's time goes: what it calls is watched, and each call's time less that of the calls inside counts."""

from __future__ import annotations

import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def _watched_calls() -> Iterator[tuple[Any, str, str]]:
    """Whose method, which, and what it is for."""
    from topcp_columnar import one_file
    from topcp_columnar.chunk import Chunk
    from topcp_columnar.output import TreeFiller
    from topcp_columnar.read import PhysliteFile
    from topcp_columnar.write import NtupleFile

    yield from ((PhysliteFile, method, "read") for method in ("read", "read_links", "read_counts", "read_firsts"))
    yield from ((Chunk, "compute", "compute"), (one_file, "kept_events", "compute"))
    yield from ((TreeFiller, "fill", "write"), (NtupleFile, "__exit__", "write"))


@contextmanager
def split() -> Iterator[dict[str, float]]:
    """Seconds spent reading, computing and writing inside the `with` block; what is left is starting and ending."""
    seconds = dict.fromkeys(("read", "compute", "write"), 0.0)
    inside = [0.0]  # of each call that is under way, the time of the calls in it

    def watch(function: Callable[..., Any], part: str) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            inside.append(0.0)
            start = time.perf_counter()
            try:
                return function(*arguments, **options)
            finally:
                took = time.perf_counter() - start
                seconds[part] += took - inside.pop()
                inside[-1] += took

        return call

    with ExitStack() as stack:
        for owner, name, part in _watched_calls():
            stack.enter_context(patch.object(owner, name, watch(getattr(owner, name), part)))
        yield seconds
