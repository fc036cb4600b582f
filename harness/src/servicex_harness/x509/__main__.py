"""The command of the x509 image: python -m servicex_harness.x509 --out FOLDER [--secret NAME] …

Exit codes: 0 told to stop, or done with --once; 64 wrong usage; 69 --once brought no proxy.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import threading
from pathlib import Path

from servicex_harness.x509.destinations import Destination, Folder, Secret
from servicex_harness.x509.renewal import Renewal
from servicex_harness.x509.voms import Maker, ProxyError
from servicex_harness.x509.web import WebServer

USAGE, NO_PROXY = 64, 69


def main(argv: list[str] | None = None) -> int:
    """Keep a proxy fresh until told to stop."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    arguments = _parser().parse_args(argv)
    try:
        maker = Maker(
            arguments.certificate,
            arguments.key,
            _passphrase(arguments.passphrase_file),
            arguments.voms,
            arguments.hours,
            arguments.timeout,
        )
        destinations = _destinations(arguments)
    except (ProxyError, OSError) as error:
        logging.error("%s", error)  # noqa: TRY400
        return USAGE
    renewal = Renewal(maker.make, destinations, arguments.fraction, arguments.margin)
    if arguments.once:
        renewal.step()
        return 0 if renewal.renewals else NO_PROXY
    return _run(renewal, arguments.port)


def _run(renewal: Renewal, port: int) -> int:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    server = WebServer(port, renewal)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    renewal.run(stop)
    server.shutdown()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="x509", description="Keeps a grid proxy fresh.", exit_on_error=True)
    certificates = Path(os.environ.get("X509_CERTIFICATES", "/etc/grid-certs"))
    parser.add_argument("--certificate", type=Path, default=certificates / "usercert.pem")
    parser.add_argument("--key", type=Path, default=certificates / "userkey.pem")
    parser.add_argument("--passphrase-file", default="", help="of the key; - for standard input (default: it has none)")
    parser.add_argument("--voms", default="", help="the organisation, such as atlas; none by default")
    parser.add_argument("--hours", type=int, default=12, help="life of a proxy (default: %(default)s)")
    parser.add_argument("--fraction", type=float, default=0.5, help="of its life, then it is renewed (default: 0.5)")
    parser.add_argument("--margin", type=float, default=3600, metavar="SECONDS", help="of life, below: not ready")
    parser.add_argument("--timeout", type=float, default=120, metavar="SECONDS", help="for one try (default: 120)")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="where to write x509up")
    parser.add_argument("--mode", type=lambda text: int(text, 8), default=0o600, help="of that file (default: 0600)")
    parser.add_argument(
        "--secret", default="", metavar="NAME", help="a Kubernetes Secret to write, in the pod's namespace"
    )
    parser.add_argument("--port", type=int, default=8000, help="of /live, /ready and /metrics (default: 8000)")
    parser.add_argument("--once", action="store_true", help="make one proxy and end")
    return parser


def _passphrase(file: str) -> str:
    text = sys.stdin.readline() if file == "-" else Path(file).read_text() if file else ""
    return text.rstrip("\r\n")


def _destinations(arguments: argparse.Namespace) -> list[Destination]:
    destinations: list[Destination] = []
    if arguments.out:
        if arguments.mode not in (0o400, 0o600):
            raise ProxyError(f"--mode {arguments.mode:04o}: grid software takes a proxy of mode 0400 or 0600 only")
        destinations.append(Folder(arguments.out, arguments.mode))
    if arguments.secret:
        destinations.append(Secret.in_cluster(arguments.secret))
    if not destinations:
        raise ProxyError("say where the proxy is to go: --out FOLDER, --secret NAME, or both")
    return destinations


if __name__ == "__main__":
    sys.exit(main())
