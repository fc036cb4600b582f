"""The files of a run, and its configuration: found, opened, checked."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Self

from topcp_config import (
    RELEASES,
    ConfigError,
    Release,
    allows_missing,
    find_release,
    load_file,
    merged_text,
    resolve_release,
)

from topcp_columnar.errors import ConfigRefused, InputError
from topcp_columnar.read import open_physlite

if TYPE_CHECKING:
    from collections.abc import Iterator

    from topcp_config import Config, Level

    from topcp_columnar.read import PhysliteFile

_SEARCH_PATHS = ("CALIBPATH", "DATAPATH")


def input_locations(list_file: Path) -> tuple[str, ...]:
    """The inputs that a text file lists: one a line, or several with commas between them.

    Raises InputError if the list cannot be read or is empty.
    """
    try:
        text = list_file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not a text file"
        raise InputError(f"{list_file}: the list of inputs cannot be read: {reason}") from error
    locations = tuple(part.strip() for line in text.splitlines() for part in line.split(",") if part.strip())
    if not locations:
        raise InputError(f"{list_file}: the list of inputs is empty")
    return locations


def find_configuration(name: str, level: Level) -> Path:
    """`<name>/<level>.yaml`, below the current directory or an entry of CALIBPATH or DATAPATH.

    Raises ConfigRefused, which names the places looked at.
    """
    entries = [entry for variable in _SEARCH_PATHS for entry in os.environ.get(variable, "").split(os.pathsep)]
    folders = [Path(), *(Path(entry) for entry in entries if entry)]
    for folder in folders:
        if (path := folder / name / f"{level}.yaml").is_file():
            return path
    looked = ", ".join(str(folder.absolute()) for folder in folders)
    raise ConfigRefused(f"there is no {name}/{level}.yaml; looked in {looked} (CALIBPATH and DATAPATH add to these)")


def load_configuration(path: Path, level: Level) -> tuple[Config, Release]:
    """The configuration, includes resolved, and the release it is read with.

    That is the one its last comment `# release: …` names, else the newest known one.
    Raises ConfigRefused with all problems of the text.
    """
    try:
        release = resolve_release(find_release(merged_text(path)) or RELEASES[-1])
        return load_file(path, release=release.name, level=level), release
    except ConfigError as error:
        problems = [str(problem) for problem in error.problems if problem.severity == "error"]
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise ConfigRefused("\n".join([f"{problems[0]}{more}", *problems[1:]])) from error


def allows_to_leave_out(path: Path) -> bool:
    """Whether the comment `# allow-missing: true` of a configuration, which could be loaded, says so."""
    return allows_missing(merged_text(path))


class InputFiles:
    """The files of a run, opened when first asked for. The first stays open; of the others one is open at a time."""

    def __init__(self, locations: tuple[str, ...]) -> None:
        self.locations = locations
        self._stack = ExitStack()
        self._first: PhysliteFile | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def first(self) -> PhysliteFile:
        """The first file; raises InputError if it cannot be read."""
        if self._first is None:
            self._first = self._stack.enter_context(open_physlite(self.locations[0]))
        return self._first

    def __iter__(self) -> Iterator[PhysliteFile]:
        """All files in order; raises InputError at the one that cannot be read."""
        yield self.first
        for location in self.locations[1:]:
            with open_physlite(location) as file:
                yield file
