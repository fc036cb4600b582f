"""Records of the CERN Open Data portal, by number.

Source of the record's form: cernopendata-client 1.0.2 (PyPI), searcher.py: `files`, and file indices with files.
"""

from __future__ import annotations

import os
from typing import Any

import httpx

from servicex_harness.errors import BadRequestError
from servicex_harness.models import FileEntry

SERVER_VARIABLE = "CERNOPENDATA_SERVER"  # another portal, or a mirror
SERVER = "https://opendata.cern.ch"
SECONDS = 60.0


def files(record: str) -> list[FileEntry]:
    """Return the files of a record at their root:// addresses; BadRequestError if the portal does not tell them."""
    if not record.isdecimal():
        raise BadRequestError(f"cernopendata://{record}: a record is a number")
    metadata = _metadata(record)
    indices = metadata.get("_file_indices") or []
    listed = [*(metadata.get("files") or []), *(file for index in indices for file in index["files"])]
    data = [FileEntry((file["uri"],), int(file.get("size") or 0)) for file in listed if "," not in file["uri"]]
    if not data:
        raise BadRequestError(f"cernopendata://{record}: the record names no files")
    return data


def _metadata(record: str) -> dict[str, Any]:
    url = f"{os.environ.get(SERVER_VARIABLE, SERVER)}/api/records/{record}"
    try:
        answer = httpx.get(url, timeout=SECONDS, follow_redirects=True)
        answer.raise_for_status()
        metadata: dict[str, Any] = answer.json()["metadata"]
    except (httpx.HTTPError, ValueError, KeyError) as error:
        raise BadRequestError(f"cernopendata://{record}: {url} does not tell its files: {error!r}") from error
    return metadata
