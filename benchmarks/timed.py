"""Time one peer, warm, in a process of its own; on one core, but for two workers. Reads its job, as JSON, from stdin.

The job: the peer's name in `peers`, its paths, its other arguments, how many events to go through, and how many before
the clock starts. Answers with one line of JSON: seconds by the clock, seconds of CPU (the same for one core of a
quiet machine), the most memory that the process or one of its children held, and of the engine where its time went.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from contextlib import nullcontext
from pathlib import Path

import cost
import peers


def main() -> None:
    """Prepare the peer, let it run on some events to be warm, and time it."""
    job = json.load(sys.stdin)
    if job["peer"] != "two_workers":
        _use_one_core()
    paths = {name: Path(path) for name, path in job["paths"].items()}
    run = getattr(peers, job["peer"])(**paths, **job["arguments"])
    if job["warm_up_events"]:
        run(job["warm_up_events"])
    with cost.split() if job["peer"] == "engine" else nullcontext({}) as parts:
        clock, cpu = time.perf_counter(), _cpu_seconds()
        run(job["events"])
        seconds = {"seconds": time.perf_counter() - clock, "cpu_seconds": _cpu_seconds() - cpu}
    print(json.dumps(seconds | {"peak_rss_mb": max(_peak_memory(), _of_children()), "parts": parts}))


def _use_one_core() -> None:
    """The last one that may be used; where a system has no such call, the peers' threads may use more."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def _cpu_seconds() -> float:
    """Of this process and its children."""
    used = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


def _of_children() -> float:
    """The most memory that one of the children held."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def _peak_memory() -> float:
    """Linux' own count; that of getrusage begins with the memory of the process that started this one."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text().partition("VmHWM:")[2].split()[0]) / 2**10  # KiB
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


if __name__ == "__main__":
    main()
