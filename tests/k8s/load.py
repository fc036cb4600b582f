"""Clients that never ask a second time: python load.py URL CLIENTS AT_LEAST STOP < SELECTION

Each opens a connection for each request, as ServiceX's app does. They go on until AT_LEAST requests were made and the
file STOP is there. One line of JSON tells how many there were, how long they took and what failed.
"""

from __future__ import annotations

import http.client
import json
import sys
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit


def ask(url: str, body: bytes) -> str | None:
    """Make a request; None if it was answered as it should be, else what happened."""
    host = urlsplit(url)
    connection = http.client.HTTPConnection(host.hostname or "", host.port, timeout=60)
    try:
        connection.request("POST", host.path, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read()
    except (OSError, http.client.HTTPException) as error:
        return repr(error)
    finally:
        connection.close()
    whole = answer.status == 200 and b"zip_data" in text
    return None if whole else f"{answer.status} {text[:200]!r}"


def main(url: str, clients: int, at_least: int, stop: Path) -> None:
    """Run the clients and say how it went."""
    body = json.dumps({"code": sys.stdin.read()}).encode()
    seconds: list[float] = []
    failures: list[str] = []

    def client() -> None:
        while len(seconds) < at_least or not stop.exists():
            started = time.monotonic()
            failure = ask(url, body)
            seconds.append(time.monotonic() - started)
            if failure:
                failures.append(failure)

    started = time.monotonic()
    threads = [threading.Thread(target=client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    elapsed = time.monotonic() - started
    print(
        json.dumps(
            {
                "requests": len(seconds),
                "failures": failures,
                "per_second": len(seconds) / elapsed,
                "median": sorted(seconds)[len(seconds) // 2],
                "longest": max(seconds),
            }
        )
    )


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
