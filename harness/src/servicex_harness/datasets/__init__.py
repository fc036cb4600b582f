"""From what a client calls a dataset to its files: a list of files, or an identifier that a finder looks up."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from servicex_harness.datasets import opendata, rucio, xrootd
from servicex_harness.datasets.filelist import from_file_list, refuse_repeated
from servicex_harness.errors import BadRequestError
from servicex_harness.models import Dataset

if TYPE_CHECKING:
    from collections.abc import Callable

    from servicex_harness.models import FileEntry, Submission

# By the scheme of a dataset identifier, `scheme://name?files=N`: what looks up `name`.
FINDERS: dict[str, Callable[[str], list[FileEntry]]] = {
    "rucio": rucio.files,
    "xrootd": xrootd.files,
    "cernopendata": opendata.files,
}
DEFAULT_SCHEME = "rucio"  # of a dataset identifier without one, as in ServiceX


def resolve(submission: Submission) -> Dataset:
    """Return the dataset that a submission names; BadRequestError if it cannot be had here."""
    if bool(submission.did) == bool(submission.file_list):
        raise BadRequestError("Must provide did or file-list but not both")
    if submission.did is None:
        return from_file_list(submission.file_list)
    return _look_up(submission.did)


def _look_up(did: str) -> Dataset:
    """Return the files of a dataset identifier, the first N of them if it says so."""
    scheme, name, number = _split(did)
    if scheme not in FINDERS:
        known = ", ".join(FINDERS)
        raise BadRequestError(f"DID scheme is not supported: {scheme}. This harness takes {known} and file lists")
    found = FINDERS[scheme](name)
    files = tuple(found if number is None else found[:number])
    if not files:
        raise BadRequestError(f"{did}: the dataset is there but has no files")
    refuse_repeated(did, files)
    return Dataset(name=did, did_finder=scheme, files=files)


def _split(did: str) -> tuple[str, str, int | None]:
    match = re.fullmatch(r"(?:(\w+)://)?(.*?)(?:\?files=(\d+))?", did)
    if match is None:
        raise BadRequestError(f"{did!r} is no dataset identifier: write scheme://name")
    return match[1] or DEFAULT_SCHEME, match[2], int(match[3]) if match[3] else None
