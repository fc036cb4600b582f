"""A dataset given as a list of files: absolute local paths, folders, patterns such as /data/*.root, and URLs."""

from __future__ import annotations

import glob
import hashlib
import re
from collections import Counter
from pathlib import Path
from urllib.parse import unquote, urlsplit

from servicex_harness.errors import BadRequestError
from servicex_harness.models import Dataset, FileEntry
from servicex_harness.names import safe_name

REMOTE_SCHEMES = ("root", "roots", "http", "https")


def from_file_list(file_list: tuple[str, ...]) -> Dataset:
    """Return the dataset of these files, or raise BadRequestError naming the entries that are wrong.

    As in ServiceX, commas in an entry separate the replicas of one file, and the dataset's name is the SHA-256 of the
    list. Local files are looked at here, so that a misspelt path is refused before anything runs. A folder stands for
    the ROOT files in it, a pattern for the files that match; both in the order of their names.
    """
    files = tuple(_entry(text) for given in file_list for text in _expanded(given))
    refuse_repeated("file-list", files)
    name = hashlib.sha256(" ".join(file_list).encode()).hexdigest()
    return Dataset(name=name, did_finder="user", files=files)


def _expanded(text: str) -> list[str]:
    """Return the files of a local folder or pattern; anything else is itself."""
    path = Path(text.removeprefix("file://"))
    if not path.is_absolute() or not text.isprintable() or path.is_file():
        return [text]
    if path.is_dir():
        found = sorted(file for file in path.iterdir() if file.is_file() and ".root" in file.name)
    elif glob.has_magic(str(path)):
        found = sorted(file for file in Path("/").glob(str(path)[1:]) if file.is_file())
    else:
        return [text]
    if not found:
        raise BadRequestError(f"file-list: {text}: there are no ROOT files in it")
    return [str(file) for file in found]


def _entry(text: str) -> FileEntry:
    paths = tuple(_location(part.strip()) for part in text.split(","))
    sizes = [Path(path).stat().st_size for path in paths if path.startswith("/")]
    return FileEntry(paths=paths, size=sizes[0] if sizes else 0)


def _location(text: str) -> str:
    """Return a checked location: an absolute local path, or the URL unchanged."""
    if not text.isprintable():
        raise BadRequestError(f"file-list: {text!r} holds a control character")
    scheme = re.match(r"(\w+)://", text)
    if scheme and scheme[1] in REMOTE_SCHEMES:
        return text
    if scheme and scheme[1] != "file":
        known = ", ".join(f"{name}://" for name in REMOTE_SCHEMES)
        raise BadRequestError(
            f"file-list: {text}: the scheme {scheme[1]}:// is not supported; use {known} or a local path"
        )
    return _local_file(text)


def _local_file(text: str) -> str:
    url = urlsplit(text) if text.startswith("file://") else None
    if url and url.netloc not in ("", "localhost"):
        raise BadRequestError(f"file-list: {text}: this names the host {url.netloc}; a local file is file:///path")
    path = Path(unquote(url.path) if url else text)
    if not path.is_absolute():
        raise BadRequestError(f"file-list: {text!r} is neither a URL nor an absolute path")
    if "," in str(path):
        raise BadRequestError(
            f"file-list: {path}: ServiceX takes a comma for the separator of replicas; rename the file"
        )
    if not path.is_file():
        raise BadRequestError(f"file-list: {path}: there is no such file")
    return str(path)


def refuse_repeated(name: str, files: tuple[FileEntry, ...]) -> None:
    """Two inputs whose outputs share a name would overwrite each other, and be counted as one by the client."""
    outputs = Counter(safe_name(path) for entry in files for path in set(entry.paths))
    repeated = [path for entry in files for path in entry.paths if outputs[safe_name(path)] > 1]
    if repeated:
        raise BadRequestError(f"{name}: given more than once: {', '.join(dict.fromkeys(repeated))}")
