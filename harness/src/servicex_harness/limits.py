"""What one request may take of this machine; what is over a limit is refused with the limit's name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from servicex_harness.errors import BadRequestError

if TYPE_CHECKING:
    from servicex_harness.models import Dataset


@dataclass(frozen=True)
class Limits:
    """Files and known bytes of a request's input, bytes of one output, seconds for one try at one file."""

    files: int
    input_bytes: int
    output_bytes: int
    file_seconds: float

    def check(self, dataset: Dataset) -> None:
        """BadRequestError if a dataset is too large; remote files of unknown size count as nothing."""
        files, size = len(dataset.files), sum(entry.size for entry in dataset.files)
        if files > self.files:
            raise BadRequestError(f"the dataset has {files} files, the limit is {self.files} (--max-files)")
        if size > self.input_bytes:
            raise BadRequestError(f"the dataset has {size} bytes, the limit is {self.input_bytes} (--max-input)")

    def output_complaint(self, size: int) -> str:
        """Say why an output of `size` bytes is not taken, or nothing."""
        if size > self.output_bytes:
            return f"its output has {size} bytes, the limit is {self.output_bytes} (--max-output)"
        return ""
