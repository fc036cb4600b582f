"""What `servicex-harness up` is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from servicex_harness.limits import Limits
    from servicex_harness.store.client import S3Address


@dataclass(frozen=True)
class Options:
    """`codegens` maps a name to a URL or to `module:factory`; without `s3` the embedded store is used."""

    port: int
    directory: Path
    codegens: dict[str, str]
    s3: S3Address | None
    science: str
    x509: Path | None
    workers: int
    limits: Limits
    auth: bool

    @property
    def s3_port(self) -> int:
        """The port of the embedded store: the one after the API's, so that a client finds it again after a restart."""
        return self.port + 1 if self.port else 0
