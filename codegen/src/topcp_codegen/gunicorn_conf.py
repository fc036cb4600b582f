"""How to serve: `gunicorn -c python:topcp_codegen.gunicorn_conf`, as a container's command in exec form."""

import os
import shutil
import tempfile
from pathlib import Path

wsgi_app = "topcp_codegen:create_app()"
bind = "0.0.0.0:5000"  # the port that ServiceX's chart maps for every code generator
workers = 2
worker_class = "gthread"  # a slow client holds one thread, not a worker
threads = 4
timeout = 60  # seconds; ServiceX itself gives up after 120
graceful_timeout = 30
max_requests = 2000  # a worker is renewed now and then; the jitter keeps them from going together
max_requests_jitter = 200
_memory = Path("/dev/shm")  # noqa: S108  gunicorn makes a private file in it
worker_tmp_dir = str(_memory) if _memory.is_dir() else None  # the heartbeat must not wait for a disk
control_socket_disable = True
accesslog = "-"
errorlog = "-"
_counts = tempfile.mkdtemp(prefix="topcp-codegen-")  # where workers count for /metrics
os.environ["PROMETHEUS_MULTIPROC_DIR"] = _counts  # before they import the library, which looks once


def on_exit(_server: object) -> None:
    """Leave nothing behind."""
    shutil.rmtree(_counts, ignore_errors=True)
