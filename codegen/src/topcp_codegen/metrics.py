"""What Prometheus is told: how many selections were answered, with which status, and how long it took.

Each worker process counts in a file of its own, in the folder that gunicorn_conf makes; an answer adds them all up.
The library looks for that folder once, when it is imported, so it is imported by the worker that needs it.
"""

from __future__ import annotations

import os
import time
from functools import cache
from typing import TYPE_CHECKING

from flask import g, request

if TYPE_CHECKING:
    from flask import Flask, Response
    from prometheus_client import Histogram

FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # the name is the library's
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def watch(app: Flask, endpoint: str) -> None:
    """Measure every answer of `endpoint`."""
    seconds = _seconds()

    @app.before_request
    def begin() -> None:
        g.began = time.perf_counter()

    @app.after_request
    def end(response: Response) -> Response:
        if request.endpoint == endpoint:
            seconds.labels(response.status_code).observe(time.perf_counter() - g.began)
        return response


def text() -> bytes:
    """Everything that was counted, in Prometheus's format."""
    from prometheus_client import REGISTRY, CollectorRegistry, generate_latest
    from prometheus_client.multiprocess import MultiProcessCollector

    if FOLDER not in os.environ:
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)


@cache
def _seconds() -> Histogram:
    from prometheus_client import Histogram

    help_text = "Seconds to answer a selection, by HTTP status of the answer"
    return Histogram("topcp_codegen_seconds", help_text, ["status"])
