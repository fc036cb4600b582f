"""The sidecar's command line: that of ServiceX's, whose parser comes from servicex-transformer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from servicex.transformer.transformer_argument_parser import TransformerArgumentParser

from servicex_harness.errors import UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence


def read_arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Return the arguments; UsageError for what this sidecar does not do.

    `--rabbit-uri` says where work comes from, as in ServiceX; here it is an http:// URL.
    """
    parser = TransformerArgumentParser(description="The sidecar of a ServiceX pod, with its work from HTTP.")
    parser.add_argument("--shared-dir", type=Path, default=Path("/servicex/output"), help="what both containers see")
    arguments: argparse.Namespace = parser.parse_args(argv)
    if not arguments.rabbit_uri.startswith(("http://", "https://")):
        raise UsageError(f"--rabbit-uri {arguments.rabbit_uri}: here work comes over HTTP, not from RabbitMQ")
    if arguments.result_destination != "object-store":
        raise UsageError(f"--result-destination {arguments.result_destination}: this sidecar does object-store only")
    return arguments
