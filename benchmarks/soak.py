"""Does the code generator stay as fast and as small as it began: clients that ask without pause, for minutes.

Run: make soak, or python benchmarks/soak.py [--minutes M] [--clients N]

Each client sends the YAML of the first example again and again, never twice the same request. Every minute: answers a
second, the slowest of them, and the memory of all processes of the server. It ends with an error if any request fails.
"""

from __future__ import annotations

import argparse
import threading
from pathlib import Path
from time import monotonic

import httpx
from served import YAML, gunicorn
from servicex_topcp.query.toolkit import TopCPToolkitQuery

APP = "topcp_codegen:create_app()"
SECONDS = 60  # a row of the table
KIB_PER_MB = 1024


def main() -> None:
    """Start the server and the clients, print a row a minute."""
    arguments = _arguments()
    selection = TopCPToolkitQuery(conffile=YAML).generate_selection_string()
    with gunicorn(APP, ".") as url:
        clients = [Client(url, selection) for _ in range(arguments.clients)]
        for client in clients:
            client.start()
        total = _rows(clients, arguments.minutes)
        for client in clients:
            client.stop.set()
        for client in clients:
            client.join()
    failures = [failure for client in clients for failure in client.failures]
    print(f"{total} requests by {len(clients)} clients, {len(failures)} failed")
    if failures:
        raise SystemExit("\n".join(failures[:10]))


class Client(threading.Thread):
    """Asks until it is told to stop; keeps how long each answer took and what failed."""

    def __init__(self, url: str, selection: str) -> None:
        super().__init__()
        self.url, self.selection = url, selection
        self.stop = threading.Event()
        self.seconds: list[float] = []
        self.failures: list[str] = []

    def run(self) -> None:
        """Ask."""
        with httpx.Client(base_url=self.url, timeout=60) as http:
            while not self.stop.is_set():
                began = monotonic()
                try:
                    http.post("/servicex/generated-code", json={"code": self.selection}).raise_for_status()
                except httpx.HTTPError as error:
                    self.failures.append(repr(error))
                self.seconds.append(monotonic() - began)

    def take(self) -> list[float]:
        """The times since it was last asked for them."""
        taken, self.seconds = self.seconds, []
        return taken


def _rows(clients: list[Client], minutes: float) -> int:
    """Print what happens until the time is over; how many requests there were."""
    total, last = 0, monotonic()
    print(f"{'minute':>6} {'per s':>7} {'slowest ms':>11} {'memory MB':>10}")
    for minute in range(1, int(minutes * 60 / SECONDS) + 1):
        threading.Event().wait(SECONDS)
        times = [second for client in clients for second in client.take()]
        now = monotonic()
        print(
            f"{minute:>6} {len(times) / (now - last):>7.1f} {1000 * max(times):>11.0f} {_memory():>10.1f}", flush=True
        )
        total, last = total + len(times), now
    return total


def _memory() -> float:
    """Memory of all processes of the server, what they share counted once, in MB."""
    processes = Path("/proc").glob("[0-9]*")
    servers = [folder for folder in processes if {APP.encode(), b"127.0.0.1:0"} <= set(_command(folder).split(b"\0"))]
    sizes = [line for folder in servers for line in (folder / "smaps_rollup").read_text().splitlines()]
    return sum(int(line.split()[1]) for line in sizes if line.startswith("Pss:")) / KIB_PER_MB


def _command(folder: Path) -> bytes:
    try:
        return (folder / "cmdline").read_bytes()
    except OSError:  # it has just ended
        return b""


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--clients", type=int, default=8)
    return parser.parse_args()


if __name__ == "__main__":
    main()
