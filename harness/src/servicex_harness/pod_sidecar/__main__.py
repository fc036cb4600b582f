"""The sidecar's command: python -m servicex_harness.pod_sidecar --request-id R --rabbit-uri http://… --shared-dir …

Exit codes: 0 the request is over; 64 wrong usage; 69 nobody hands out work any more, or the object store does not do
its part; 70 the science container went away, or does not speak the protocol.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import sys
import threading

from servicex_harness.errors import HarnessError
from servicex_harness.limits import Limits
from servicex_harness.pod_sidecar.command_line import read_arguments
from servicex_harness.pod_sidecar.object_store import CheckedStore
from servicex_harness.pod_sidecar.serve import serve
from servicex_harness.pod_sidecar.volume import SharedVolume
from servicex_harness.pod_sidecar.work import Work
from servicex_harness.sidecar import Sidecar
from servicex_harness.transform import Transformer

log = logging.getLogger(__name__)

PORT = 8081  # where watch.sh looks for the sidecar
FILE_SECONDS = 43200.0  # the sidecar's SCIENCE_CONTAINER_TIMEOUT: twelve hours


def main() -> int:
    """Run the sidecar until its request is over."""
    logging.basicConfig(level=os.environ.get("LOG_LEVEL", "INFO").upper(), format="%(levelname)s %(message)s")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # the file in hand has not been reported: it comes again
    try:
        arguments = read_arguments()
        volume = SharedVolume(arguments.shared_dir, arguments.request_id)
        volume.prepare()
        with contextlib.closing(Sidecar(PORT)) as sidecar:
            store, ended = CheckedStore.from_environment(), threading.Event()
            transformer = Transformer(sidecar, volume.request, store, _limits(), ended)
            serve(Work(arguments.rabbit_uri, arguments.request_id), transformer, volume)
    except HarnessError as error:
        log.error("%s", error)  # noqa: TRY400  the place in the code tells nothing
        return error.exit_code
    return 0


def _limits() -> Limits:
    """Return the limits that concern one file; those of a request are for whoever hands out the work."""
    seconds = float(os.environ.get("SCIENCE_CONTAINER_TIMEOUT", FILE_SECONDS))
    output_bytes = int(os.environ.get("MAX_OUTPUT_BYTES", sys.maxsize))
    return Limits(files=sys.maxsize, input_bytes=sys.maxsize, output_bytes=output_bytes, file_seconds=seconds)


if __name__ == "__main__":
    sys.exit(main())
