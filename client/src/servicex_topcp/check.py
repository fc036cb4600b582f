"""Read and check the configuration files of one request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from topcp_config import Level, Problem, check_file, merged_text

from servicex_topcp.errors import InvalidConfigError, MissingFileError
from servicex_topcp.release import UsedRelease, choose_release

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True)
class CheckedConfigs:
    """The YAML texts by level, their `include:`s resolved; the release they were checked for; the warnings."""

    texts: dict[Level, str]
    release: UsedRelease
    warnings: tuple[Problem, ...]


def read_configs(files: Mapping[Level, Path], *, release: str | None, image: str | None) -> CheckedConfigs:
    """Read and check `files`.

    Raises:
        InvalidConfigError: lists all problems of all files.
        MissingFileError: a file cannot be read.
        UsageError: the files name different releases.
    """
    used = release_of(files, release, image)
    problems = check_files(files, used)
    if any(problem.severity == "error" for problem in problems):
        raise InvalidConfigError(problems, used)
    return CheckedConfigs({level: merged_text(path) for level, path in files.items()}, used, problems)


def release_of(files: Mapping[Level, Path], release: str | None, image: str | None = None) -> UsedRelease:
    """Choose the release that `files` are checked for; see `servicex_topcp.release`."""
    return choose_release(release, image, {str(path): _read(path) for path in files.values()})


def check_files(files: Mapping[Level, Path], release: UsedRelease) -> tuple[Problem, ...]:
    """Return the problems of all files, file by file, in the order of their lines."""
    return tuple(
        problem for level, path in files.items() for problem in check_file(path, release=release.name, level=level)
    )


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise MissingFileError(f"cannot read {path}: {error.strerror}") from None
