"""A child process that serves one WSGI application on loopback until its standard input closes.

Run: python -m servicex_harness.serve MODULE:FACTORY

It prints the port it listens on; whatever the application prints goes to stderr. Its parent holds the other end of the
standard input, so that no parent, however abruptly it ends, leaves this process behind.
"""

from __future__ import annotations

import importlib
import sys
import threading
from typing import TYPE_CHECKING

import waitress

from servicex_harness.names import LOOPBACK

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

THREADS = 8


def load(target: str) -> WSGIApplication:
    """Return what the factory named `module:factory` makes."""
    module, _, factory = target.removesuffix("()").partition(":")
    application: WSGIApplication = getattr(importlib.import_module(module), factory)()
    return application


def main() -> None:
    """Serve the application that the command line names."""
    parent, sys.stdout = sys.stdout, sys.stderr
    server = waitress.create_server(load(sys.argv[1]), host=LOOPBACK, port=0, threads=THREADS)
    threading.Thread(target=server.run, daemon=True).start()
    print(server.effective_port, file=parent, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
