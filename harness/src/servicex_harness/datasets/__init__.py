"""From what a client calls a dataset to its files. Finders of other kinds (rucio, …) join `resolve`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from servicex_harness.datasets.filelist import from_file_list
from servicex_harness.errors import BadRequestError

if TYPE_CHECKING:
    from servicex_harness.models import Dataset, Submission

DEFAULT_SCHEME = "rucio"  # of a dataset identifier without one, as in ServiceX


def resolve(submission: Submission) -> Dataset:
    """Return the dataset that a submission names; BadRequestError if it cannot be had here."""
    if bool(submission.did) == bool(submission.file_list):
        raise BadRequestError("Must provide did or file-list but not both")
    if submission.did:
        scheme = re.match(r"(\w+)://", submission.did)
        raise BadRequestError(
            f"DID scheme is not supported: {scheme[1] if scheme else DEFAULT_SCHEME}. "
            "This harness takes file lists only: use dataset.FileList([...])"
        )
    return from_file_list(submission.file_list)
