"""The command `servicex-harness`."""

from __future__ import annotations

import argparse
import os
import re
import signal
import sys
import threading
from pathlib import Path
from typing import NoReturn

from servicex_harness import __version__
from servicex_harness.backends.start import LOCAL, PROXY
from servicex_harness.errors import HarnessError, UsageError
from servicex_harness.harness import harness
from servicex_harness.limits import Limits
from servicex_harness.log import set_up_log
from servicex_harness.one_file import OneFile, transform_one
from servicex_harness.options import Options
from servicex_harness.store.client import S3Address

DEFAULT_CODEGEN = "topcp=topcp_codegen:create_app()"
DEFAULT_PORT = 5000  # of the ServiceX app
LAST_PORT = 65535
DEFAULT_FILE_SECONDS = 43200.0  # the sidecar's SCIENCE_CONTAINER_TIMEOUT: twelve hours
CHECK_SECONDS = 1.0


class _Parser(argparse.ArgumentParser):
    """Ends with the project's exit code for wrong usage."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(UsageError.exit_code, f"{self.prog}: {message}\n")


def main(argv: list[str] | None = None) -> int:
    """Run the command and return its exit code."""
    arguments = _parser().parse_args(argv)
    try:
        return _up(_options(arguments)) if arguments.command == "up" else transform_one(_one_file(arguments))
    except HarnessError as error:
        print(f"servicex-harness: {error}", file=sys.stderr)
        return error.exit_code


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="servicex-harness", description="The dialogue of ServiceX on one machine.")
    parser.add_argument("--version", action="version", version=f"servicex-harness {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")
    for name, (what, add_options) in COMMANDS.items():
        add_options(commands.add_parser(name, help=what, description=f"{what[0].upper()}{what[1:]}."))
    return parser


def _add_up(up: argparse.ArgumentParser) -> None:
    up.add_argument(
        "--port",
        type=int,
        default=DEFAULT_PORT,
        help="of the API, on 127.0.0.1; 0: any free one (default: %(default)d)",
    )
    up.add_argument(
        "--dir",
        type=Path,
        default=Path("servicex-harness"),
        help="for state, logs, servicex.yaml and downloads (default: %(default)s)",
    )
    up.add_argument(
        "--codegen",
        action="append",
        metavar="NAME=URL|NAME=MODULE:FACTORY",
        help=f"a code generator: where it answers, or the WSGI factory to start (default: {DEFAULT_CODEGEN})",
    )
    _add_science(up, "--science")
    up.add_argument("--s3-endpoint", metavar="[https://]HOST:PORT", help="an object store to use, not the embedded one")
    up.add_argument(
        "--s3-access-key", metavar="KEY", default=os.environ.get("MINIO_ACCESS_KEY"), help="default: $MINIO_ACCESS_KEY"
    )
    up.add_argument(
        "--s3-secret-key", metavar="KEY", default=os.environ.get("MINIO_SECRET_KEY"), help="default: $MINIO_SECRET_KEY"
    )
    up.add_argument(
        "--workers",
        type=int,
        default=min(4, os.cpu_count() or 1),
        metavar="N",
        help="files transformed at a time (default: the number of CPUs, 4 at most)",
    )
    up.add_argument("--auth", action="store_true", help="ask clients for the token in servicex.yaml, as ServiceX does")
    _add_limits(up)


def _add_transform(one: argparse.ArgumentParser) -> None:
    one.add_argument(
        "--codegen", required=True, metavar="URL|MODULE:FACTORY", help="where it answers, or the WSGI factory to start"
    )
    one.add_argument("--query", required=True, type=Path, metavar="FILE", help="the selection, as a client sends it")
    one.add_argument("--input", required=True, metavar="FILE|URL", help="as in a file list, replicas with commas")
    _add_science(one, "--image")
    folder = Path("servicex-harness-transform")
    one.add_argument("--dir", type=Path, default=folder, help="for code, log and output (default: %(default)s)")
    one.add_argument("--show-code", action="store_true", help="print the generated files")
    _add_limits(one)


COMMANDS = {
    "up": ("start everything the ServiceX client needs, until Ctrl-C", _add_up),
    "transform": ("run one file through code generator and script, all to be seen", _add_transform),
}


def _one_file(arguments: argparse.Namespace) -> OneFile:
    try:
        selection = arguments.query.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"--query {arguments.query}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"--query {arguments.query}: it is no text: {error}") from error
    return OneFile(
        codegen=_codegen(f"codegen={arguments.codegen}")[1],
        selection=selection,
        location=arguments.input if "://" in arguments.input else str(Path(arguments.input).absolute()),
        science=arguments.image,
        x509=_x509(arguments.x509),
        directory=arguments.dir,
        limits=_limits(arguments),
        show_code=arguments.show_code,
    )


def _add_limits(up: argparse.ArgumentParser) -> None:
    limits = up.add_argument_group("limits, each with its own refusal")
    seconds = limits.add_argument("--file-timeout", type=float, default=DEFAULT_FILE_SECONDS, metavar="SECONDS")
    seconds.help = "wall-clock limit for one try at one file (default: %(default)g)"
    limits.add_argument(
        "--max-files", type=int, default=10000, metavar="N", help="in one request (default: %(default)d)"
    )
    size = "such as 500MB or 2TB (default: %(default)s)"
    limits.add_argument("--max-input", type=_size, default="10TB", metavar="SIZE", help=f"of one request, {size}")
    limits.add_argument("--max-output", type=_size, default="100GB", metavar="SIZE", help=f"of one file, {size}")


def _size(text: str) -> int:
    """Read a number of bytes with an optional unit."""
    match = re.fullmatch(r"(\d+) ?([kMGT]?)B?", text)
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not a size such as 500MB")
    return int(match[1]) * int(1000 ** " kMGT".index(match[2] or " "))


def _options(arguments: argparse.Namespace) -> Options:
    if arguments.workers < 1:
        raise UsageError("--workers must be positive")
    if not 0 <= arguments.port < LAST_PORT:
        raise UsageError(f"--port must be from 0 to {LAST_PORT - 1}: the object store takes the next one")
    codegens = dict(_codegen(text) for text in arguments.codegen or [DEFAULT_CODEGEN])
    return Options(
        port=arguments.port,
        directory=arguments.dir,
        codegens=codegens,
        s3=_s3(arguments),
        science=arguments.science,
        x509=_x509(arguments.x509),
        workers=arguments.workers,
        limits=_limits(arguments),
        auth=arguments.auth,
    )


def _limits(arguments: argparse.Namespace) -> Limits:
    if arguments.file_timeout <= 0:
        raise UsageError("--file-timeout must be positive")
    return Limits(arguments.max_files, arguments.max_input, arguments.max_output, arguments.file_timeout)


def _add_science(parser: argparse.ArgumentParser, name: str) -> None:
    text = "where transformers run: local (child processes), or an image for the code generators that are started here"
    parser.add_argument(name, default=LOCAL, metavar="local|IMAGE", help=f"{text}; containers then (default: local)")
    parser.add_argument("--x509", type=Path, metavar="FOLDER", help="where x509up is, a grid proxy that may be renewed")


def _x509(folder: Path | None) -> Path | None:
    if folder and not (folder / PROXY).is_file():
        raise UsageError(f"--x509 {folder}: there is no {PROXY} in it; harness/x509/README.md says how to make one")
    return folder.resolve() if folder else None


def _codegen(text: str) -> tuple[str, str]:
    """Split NAME=TARGET; a name is what ServiceX's chart allows, part of a DNS label."""
    match = re.fullmatch(r"([a-z0-9]([-a-z0-9]*[a-z0-9])?)=(https?://\S+|[\w.]+:\w+(\(\))?)", text)
    if match is None:
        raise UsageError(f"--codegen {text}: write NAME=URL or NAME=MODULE:FACTORY, the name in a-z, 0-9 and -")
    return match[1], match[3]


def _s3(arguments: argparse.Namespace) -> S3Address | None:
    endpoint, access_key, secret_key = arguments.s3_endpoint, arguments.s3_access_key, arguments.s3_secret_key
    if not endpoint:
        return None
    if not (access_key and secret_key):
        raise UsageError("--s3-endpoint needs --s3-access-key and --s3-secret-key")
    secured = endpoint.startswith("https://")
    return S3Address(re.sub(r"^https?://", "", endpoint).rstrip("/"), access_key, secret_key, secured=secured)


def _up(options: Options) -> int:
    """Run the harness until SIGINT or SIGTERM."""
    set_up_log()
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with harness(options) as running:
        directory = running.client_configuration.parent
        print(f"ready: {running.url}  (use it: cd {directory}, where servicex.yaml is)", flush=True)
        while not stop.wait(CHECK_SECONDS):
            running.check()
    return 0
