"""Memory: how much was used at most, and whether the kernel killed for the want of it.

Counters: docs.kernel.org/admin-guide/cgroup-v2.html (memory.events) and cgroup-v1/memory.html (memory.oom_control).
"""

from __future__ import annotations

import re
import resource
import sys
from pathlib import Path

COUNTERS = ("memory.events", "memory.oom_control")  # of version 2 and of version 1
_GROUP = re.compile(r"^\d+:(?:|.*\bmemory\b.*):(/.*)$", re.MULTILINE)


def out_of_memory_kills(mount: Path = Path("/sys/fs/cgroup"), process: Path = Path("/proc/self/cgroup")) -> int:
    """How often the kernel has killed in this process's group of processes; 0 where that cannot be known."""
    try:
        groups = [group.lstrip("/") for group in _GROUP.findall(process.read_text())]
    except OSError:
        groups = []
    # In a container the group's own folder may be the mount itself.
    for folder in (place / group for group in [*groups, ""] for place in (mount, mount / "memory")):
        for counter in COUNTERS:
            if found := _read(folder / counter):
                return int(found)
    return 0


def _read(counter: Path) -> str | None:
    try:
        found = re.search(r"^oom_kill (\d+)$", counter.read_text(), re.MULTILINE)
    except OSError:
        return None
    return found[1] if found else None


def peak() -> int:
    """Bytes of the largest process among those that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return used if sys.platform == "darwin" else 1024 * used
