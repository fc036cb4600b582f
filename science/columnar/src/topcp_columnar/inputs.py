"""The files of a run, and its configuration: found, opened, checked."""

from __future__ import annotations

import os
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Self

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

    from topcp_columnar.arguments import Arguments
    from topcp_columnar.read import PhysliteFile

_SEARCH_PATHS = ("CALIBPATH", "DATAPATH")


def input_locations(arguments: Arguments) -> tuple[str, ...]:
    """The inputs that are asked for, by the rules of the command.

    Raises InputError if the list cannot be read or is empty.
    """
    given = arguments.input_list
    if arguments.of_cprun and given.suffix != ".txt":
        if ".root" not in str(given):
            raise InputError(f"{given}: is neither a list of inputs, *.txt, nor a ROOT file")
        return (str(given),)
    lines = [line.strip() for line in _read_list(given).splitlines()]
    if arguments.of_cprun:
        lines = [one for line in lines if not line.startswith("#") for one in _with_folders(line)]
    locations = tuple(part.strip() for line in lines for part in line.split(",") if part.strip())
    if not locations:
        raise InputError(f"{given}: the list of inputs is empty")
    return locations


def _read_list(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not a text file"
        raise InputError(f"{path}: the list of inputs cannot be read: {reason}") from error


def _with_folders(line: str) -> list[str]:
    """A folder stands for the ROOT files in it."""
    if not line or "," in line or not Path(line).is_dir():
        return [line]
    found = sorted(str(path) for path in Path(line).iterdir() if ".root" in path.suffixes)
    if not found:
        raise InputError(f"{line}: the folder holds no ROOT files")
    return found


def find_configuration(arguments: Arguments, level: Level) -> Path:
    """The configuration of a level, by the rules of the command. Raises ConfigRefused with the places looked at."""
    name = arguments.configuration
    return _find_yaml(name) if arguments.of_cprun else _find_level(name, level)


def _find_level(name: str, level: Level) -> Path:
    """`<name>/<level>.yaml`, below the current directory or an entry of CALIBPATH or DATAPATH."""
    folders = [Path(), *(entry for variable in _SEARCH_PATHS for entry in _entries(variable))]
    for folder in folders:
        if (path := folder / name / f"{level}.yaml").is_file():
            return path
    looked = ", ".join(str(folder.absolute()) for folder in folders)
    raise ConfigRefused(f"there is no {name}/{level}.yaml; looked in {looked} (CALIBPATH and DATAPATH add to these)")


def _find_yaml(name: str) -> Path:
    """The file itself; else in the first entry of DATAPATH or a folder of it, where two are too many; else further on.

    CPBaseRunner.findLocalPathYamlConfig and findRepoPathYamlConfig.
    """
    if (path := Path(name).expanduser()).is_file():
        return path
    entries = _entries("DATAPATH")
    found = [folder / name for folder in _and_below(entries[:1]) if (folder / name).is_file()]
    if len(found) > 1:
        raise ConfigRefused(f"there are several files {name}: {', '.join(map(str, found))}; name one of them in full")
    found += [folder / name for folder in entries[1:] if (folder / name).is_file()]
    if not found:
        raise ConfigRefused(f"there is no file {name}, here or below an entry of DATAPATH")
    return found[0]


def _and_below(folders: list[Path]) -> list[Path]:
    """These folders, and those in them."""
    return [one for folder in folders if folder.is_dir() for one in (folder, *sorted(folder.iterdir())) if one.is_dir()]


def _entries(variable: str) -> list[Path]:
    """The folders that a variable of the environment lists."""
    return [Path(entry) for entry in os.environ.get(variable, "").split(os.pathsep) if entry]


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


class EventRange(NamedTuple):
    """Some of the events of several files: how many to pass over first, and how many to take at most; None: all."""

    skip: int
    limit: int | None

    def within(self, n_events: int) -> tuple[int, int]:
        """The first of so many events that is taken, and the one behind the last."""
        start = min(self.skip, n_events)
        return start, n_events if self.limit is None else min(start + self.limit, n_events)

    def behind(self, n_events: int) -> EventRange:
        """What is to be taken of the events behind these."""
        start, stop = self.within(n_events)
        return EventRange(self.skip - start, None if self.limit is None else self.limit - (stop - start))


class InputFiles:
    """The files of a run, opened when they are asked for. The first stays open."""

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

    @contextmanager
    def open(self, index: int) -> Iterator[PhysliteFile]:
        """One of the files; raises InputError if it cannot be read."""
        if index == 0:
            yield self.first
        else:
            with open_physlite(self.locations[index]) as file:
                yield file
