"""How long the checker of configurations takes: a real one, one of 256 kB, to be imported, and its commands.

Run: make bench, or python benchmarks/checker.py [CONFIG.yaml ...]; without files, the talk's configuration.

Each figure is the least of several, of the processor's time, which what else runs on the machine changes little.
Importing and commands are timed in processes of their own; from importing, the start of Python itself is taken off.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from topcp_config import check_text

TALK = Path(__file__).parents[1] / "client" / "examples" / "talk" / "reco.yaml"
RELEASE = "25.2.15"
BIG = 256 * 1024
REPEATS = 5


def processor_time() -> float:
    """Return the seconds of this process, and those of its child processes that have ended."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def best(work: Callable[[], object]) -> float:
    """Return the least time of several, in milliseconds, its child processes with it."""
    times = []
    for _ in range(REPEATS):
        start = processor_time()
        work()
        times.append(processor_time() - start)
    return 1000 * min(times)


def start_of(*command: object) -> float:
    """Return how long a command takes."""
    return best(lambda: subprocess.run([*map(str, command)], check=True, stdout=subprocess.DEVNULL))


def big() -> str:
    """Make a text as large as is allowed: working points of electrons."""
    head = "Electrons:\n  - containerName: AnaElectrons\n    WorkingPoint:\n"
    items, size = [], len(head)
    while True:
        item = f"      - {{selectionName: tight{len(items)}, likelihoodWP: TightLH, isolationWP: Tight_VarRad}}\n"
        if size + len(item) > BIG:
            return head + "".join(items)
        items.append(item)
        size += len(item)


def main() -> None:
    """Print the figures and what is asked for."""
    files = [Path(name) for name in sys.argv[1:]] or [TALK]
    largest = max((path.read_text() for path in files), key=len)
    large = big()
    for what, text, limit in (("the largest of those given", largest, 20), ("as large as may be", large, 200)):
        name, taken = (
            f"check_text, {len(text)} bytes, {what}",
            best(lambda text=text: check_text(text, release=RELEASE)),
        )
        print(f"{name:60}{taken:8.1f} ms  (at most {limit})")
    nothing, topcp = start_of(sys.executable, "-c", "pass"), Path(sys.executable).with_name("topcp")
    for name, taken, limit in (
        ("import topcp_config", start_of(sys.executable, "-c", "import topcp_config") - nothing, 150),
        ("topcp --help", start_of(topcp, "--help"), 200),
        ("topcp validate", start_of(topcp, "validate", TALK, "--release", RELEASE), 200),
    ):
        print(f"{name:60}{taken:8.1f} ms  (at most {limit})")


if __name__ == "__main__":
    main()
