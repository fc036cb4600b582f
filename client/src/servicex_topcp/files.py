"""Which files a path stands for, how ROOT files are opened, and how texts are written."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from servicex_topcp.errors import MissingFileError, OutputFileError, TopCPError
from servicex_topcp.names import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from topcp_config import Level

LEVELS: tuple[Level, ...] = ("reco", "parton", "particle")


def config_files(path: Path, level: Level = "reco") -> dict[Level, Path]:
    """Return the file of each level that `path` holds: a folder's `<level>.yaml`, or the one file of `level`.

    Raises:
        MissingFileError: nothing is at `path`, or the folder holds no configuration.
    """
    if not path.is_dir():
        return {level: existing_file(path)}
    found = {name: path / f"{name}.yaml" for name in LEVELS if (path / f"{name}.yaml").is_file()}
    if not found:
        raise MissingFileError(f"the folder {path} holds none of {', '.join(f'{name}.yaml' for name in LEVELS)}")
    return found


def existing_file(path: Path) -> Path:
    """Return `path` if a file is there.

    Raises:
        MissingFileError: names the place that was looked at and the nearest name in that folder.
    """
    if path.is_file():
        return path
    if path.is_dir():
        raise MissingFileError(f"{path} is a folder, where one file is wanted")
    folder = path.absolute().parent
    siblings = [sibling.name for sibling in folder.iterdir()] if folder.is_dir() else []
    raise MissingFileError(f"no such file: {path} (looked for {path.absolute()}){did_you_mean(path.name, siblings)}")


@contextmanager
def reading_root(path: Path) -> Iterator[None]:
    """Tell in one line why `path` cannot be read as a ROOT file: uproot raises whatever it stumbles over.

    Raises:
        MissingFileError: nothing is at `path`, or uproot raised anything.
    """
    existing_file(path)
    try:
        yield
    except TopCPError:
        raise
    except Exception as error:
        raise MissingFileError(f"{path}: it cannot be read as a ROOT file: {' '.join(str(error).split())}") from error


def write_whole(path: Path, text: str) -> None:
    """Write a file under a temporary name and rename it, so that it is never there half; keep its permissions.

    Raises:
        OutputFileError: it cannot be written.
    """
    target = path.resolve()
    try:
        descriptor, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(text.encode())
            Path(temporary).chmod(target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask())
            Path(temporary).replace(target)
        except OSError:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise OutputFileError(f"cannot write {path}: {error.strerror}") from None


def _umask() -> int:
    """Return the permissions that new files lack; there is no way to ask but to set."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
