"""What the log of one file says: how many events, and the headline of a failure.

A transformer names its parser in transformer_capabilities.json; the regular expressions are those of the sidecar in
ssl-hep/ServiceX, transformer_sidecar/src/transformer_sidecar/transformer_stats/.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Stats:
    """`total_events` is 0 unless the log says a number exactly once; `headline` says why a file failed."""

    total_events: int
    headline: str


def raw_uproot_stats(log: str) -> Stats:
    """Read the log of a script that prints `Transform stats: …` (raw_uproot_stats.py)."""
    events = re.findall(r"Transform stats: Total Events: (\d+), resulting file size \d+", log)
    exceptions = re.findall(r"^\S*Exception.*", log, re.MULTILINE)
    errors = re.findall(r"^\S*Error.*", log, re.MULTILINE)
    return Stats(_only(events), _headline(exceptions or errors, log))


def topcp_stats(log: str) -> Stats:
    """Read the log of EventLoop (topcp_stats.py)."""
    events = re.findall(r"Package.EventLoop        INFO    Processing events 0-(\d+) in file", log)
    errors = re.findall(r"^.*ERROR.*", log, re.MULTILINE)
    return Stats(_only(events), _headline(errors or re.findall(r"^.*Error: .*", log, re.MULTILINE), log))


PARSERS: dict[str, Callable[[str], Stats]] = {"RawUprootStats": raw_uproot_stats, "TopCPStats": topcp_stats}


def _only(events: list[str]) -> int:
    return int(events[0]) if len(events) == 1 else 0


def _headline(errors: list[str], log: str) -> str:
    if errors:
        return errors[0].strip()
    lines = log.strip().splitlines()
    return f"its log names no error and ends with: {lines[-1]}" if lines else "it left an empty log"
