"""What `servicex-harness up` is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from servicex_harness.s3 import S3Address


@dataclass(frozen=True)
class Options:
    """`codegens` maps a name to a URL or to `module:factory`; without `s3` the embedded store is used."""

    port: int
    directory: Path
    codegens: dict[str, str]
    s3: S3Address | None
    science: str
    workers: int
    file_seconds: float
