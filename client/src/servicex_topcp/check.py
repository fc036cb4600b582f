"""Read and check the configurations of one request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from topcp_config import Level, Problem, check_file, check_text, merged_text

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
    problems = _without_errors(check_files(files, used), used)
    return CheckedConfigs({level: merged_text(path) for level, path in files.items()}, used, problems)


def take_text(text: str, *, release: str | None, level: Level, name: str) -> CheckedConfigs:
    """Check a text that is in no file; `name` is what messages call it.

    Raises:
        InvalidConfigError: lists all problems.
    """
    problems, used = check_one(text, release=release, level=level, name=name)
    return CheckedConfigs({level: text}, used, _without_errors(problems, used))


def check_one(text: str, *, release: str | None, level: Level, name: str) -> tuple[tuple[Problem, ...], UsedRelease]:
    """Return the problems of a text that is in no file, and the release that it was checked for."""
    used = choose_release(release, None, {name: text})
    return tuple(check_text(text, release=used.name, level=level, file=name)), used


def release_of(files: Mapping[Level, Path], release: str | None, image: str | None = None) -> UsedRelease:
    """Choose the release that `files` are checked for; see `servicex_topcp.release`."""
    return choose_release(release, image, {str(path): _read(path) for path in files.values()})


def check_files(files: Mapping[Level, Path], release: UsedRelease) -> tuple[Problem, ...]:
    """Return the problems of all files, file by file, in the order of their lines."""
    return tuple(
        problem for level, path in files.items() for problem in check_file(path, release=release.name, level=level)
    )


def _without_errors(problems: tuple[Problem, ...], release: UsedRelease) -> tuple[Problem, ...]:
    if any(problem.severity == "error" for problem in problems):
        raise InvalidConfigError(problems, release)
    return problems


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise MissingFileError(f"cannot read {path}: {error.strerror}") from None
