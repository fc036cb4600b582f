"""The limits of the work on one file: as the code generator was told, and the environment of the pod goes before."""

from __future__ import annotations

import os
import random
from typing import Any, NamedTuple

from pod_failures import Failure


class Limits(NamedTuple):
    """In seconds, but for the number of tries."""

    wall: float  # in all
    idle: float  # with neither a word nor a byte from the toolkit
    grace: float  # between asking the toolkit to end and killing it
    tries: float  # where an input cannot be reached
    retry: float  # before the second try
    connect: float  # for a server to answer
    proxy: float  # that a grid proxy must live on

    @classmethod
    def read(cls, given: dict[str, Any]) -> Limits:
        """Failure if a limit is no positive number."""
        names = ("WALL_SECONDS", "IDLE_SECONDS", "GRACE_SECONDS", "TRIES", "RETRY_SECONDS", "CONNECT_SECONDS")
        return cls(*(_number(f"TOPCP_{name}", given) for name in (*names, "PROXY_SECONDS")))

    def pause(self, tries: int) -> float:
        """Seconds to wait after so many tries. Many pods that lost one server must not come back all at once."""
        return self.retry * 2.0 ** (tries - 1) * random.uniform(0.5, 1.5)  # noqa: S311  nothing secret


def _number(name: str, given: dict[str, Any]) -> float:
    value: Any = os.environ.get(name) or given.get(name)
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = -1
    if not 0 < number < 1e9:
        raise Failure(71, f"{name} must be a positive number, not {value!r}")
    return number
