"""Where files come from and where it is told how they ended: HTTP, in the place of RabbitMQ.

GET <uri>/<request id> answers 200 with a task, 204 if there is none at the moment, 410 if there will be none any more.
A task is what ServiceX sends over RabbitMQ: request_id, file_id, paths, service_endpoint, result_destination and
result_format. PUT <service_endpoint>/file-complete takes the report.
"""

from __future__ import annotations

import logging
import os
import socket
import time
from typing import TYPE_CHECKING, Any

import requests
from retry.api import retry_call

from servicex_harness.errors import StartError

if TYPE_CHECKING:
    from servicex_harness.models import FileResult

TRIES = 8
TIMEOUT = (5.0, 60.0)  # seconds to connect and to wait for an answer, which may come late on purpose
GONE, NOTHING = 410, 204

log = logging.getLogger(__name__)


class Work:
    """The work of one request."""

    def __init__(self, uri: str, request_id: str) -> None:
        self._url = f"{uri.rstrip('/')}/{request_id}"

    def next(self) -> dict[str, Any] | None:
        """Wait for the next task and return it, or None when the request is over; StartError if nobody answers."""
        while True:
            response = _ask("GET", self._url)
            if response.status_code == GONE:
                return None
            if response.status_code != NOTHING:
                task: dict[str, Any] = response.json()
                return task
            time.sleep(0.1)  # whoever answers at once is not asked without a pause

    def report(self, task: dict[str, Any], result: FileResult, **more: str) -> None:
        """Tell how a file ended."""
        document = describe(task, result) | more
        _ask("PUT", f"{task['service_endpoint']}/file-complete", document)
        log.info("%s: %s", result.file_path, document["status"])


def describe(task: dict[str, Any], result: FileResult) -> dict[str, Any]:
    """Return the report as ServiceX's app takes it; `reason` and `exit-code` are ours."""
    return {
        "requestId": task["request_id"],
        "file-path": result.file_path,
        "file-id": task["file_id"],
        "status": "success" if result.success else "failure",
        "total-time": result.total_time,
        "total-events": result.total_events,
        "total-bytes": result.total_bytes,
        "avg-rate": result.avg_rate,
        "s3-object-name": result.object_name,
        "place": {
            "host_name": os.environ.get("HOST_NAME", socket.gethostname()),
            "site": os.environ.get("site", ""),  # noqa: SIM112  ServiceX's name
            "pod": os.environ.get("POD_NAME", ""),
        },
        "reason": result.reason,
        "exit-code": result.exit_code,
    }


def _ask(method: str, url: str, document: dict[str, Any] | None = None) -> requests.Response:
    """Ask until there is an answer; StartError after several tries. Asking twice does no harm."""

    def once() -> requests.Response:
        response = requests.request(method, url, json=document, timeout=TIMEOUT)
        if response.status_code != GONE:
            response.raise_for_status()
        return response

    try:
        answer: requests.Response = retry_call(
            once, exceptions=requests.RequestException, tries=TRIES, delay=0.5, backoff=2, max_delay=15, logger=log
        )
    except (requests.RequestException, ValueError) as error:
        raise StartError(f"{url} does not answer: {error}") from error
    return answer
