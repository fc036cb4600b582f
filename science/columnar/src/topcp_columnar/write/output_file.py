"""An output file that is there whole or not at all, whatever is written into it."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from topcp_columnar.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import TracebackType
    from typing import Self

    from topcp_columnar.write.branch import Branch
    from topcp_columnar.write.histogram import Histogram
    from topcp_columnar.write.segment import Column


class Extensible(Protocol):
    """Something that events are appended to."""

    def extend(self, columns: Mapping[str, Column]) -> None:
        """Append events: for every branch one array or, for a vector branch, one `Jagged`, of its type."""


class PartBuilder(Extensible, Protocol):
    """Makes parts of a tree out of events, apart from the file: another process may do that."""

    def flush(self) -> None:
        """Make a part of what there is, be it small."""


class Filler(Extensible, Protocol):
    """A tree, or what stands for one, being filled: with events, or with what its kind of `PartBuilder` made."""

    def append(self, part: Any) -> None:
        """Append a part."""


class OutputFile(ABC):
    """A file that appears at `path` when the `with` block ends, complete, checked and in place of an older one.

    It grows beside `path` as `<name>.<process id>.part`. If the block raises, that file is removed and `path` is as it
    was. Raises OutputError, naming the path, wherever the file cannot be written or does not read back as what was
    put in, and ValueError for a name that two objects would have, or that ROOT would take for a path.
    """

    def __init__(self, path: str | Path) -> None:
        self._path = Path(path)
        self._part = self._path.with_name(f"{self._path.name}.{os.getpid()}.part")
        self._names: set[str] = set()

    def __enter__(self) -> Self:
        try:
            self._open()
        except BaseException:
            with suppress(OSError):
                self._part.unlink(missing_ok=True)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._complete()
                self._put_in_place()
        finally:
            self._abandon()
            self._part.unlink(missing_ok=True)

    @abstractmethod
    def tree(self, name: str, branches: Sequence[Branch], title: str = "") -> Filler:
        """Start a tree with these branches. No branches, or two of one name: ValueError."""

    @staticmethod
    @abstractmethod
    def part_builder(tree: str, branches: Sequence[Branch], hand_on: Callable[[Any], None]) -> PartBuilder:
        """What makes parts of such a tree and hands them on; they can be pickled. Errors as for `tree`."""

    @abstractmethod
    def histogram(self, histogram: Histogram) -> None:
        """Write a histogram."""

    @abstractmethod
    def text(self, name: str, text: str) -> None:
        """Write a text under a name, as a TObjString."""

    @abstractmethod
    def _open(self) -> None:
        """Create the partial file."""

    @abstractmethod
    def _complete(self) -> None:
        """Write what is left, close the partial file, and check that it reads back."""

    @abstractmethod
    def _abandon(self) -> None:
        """Let go of the partial file, complete or not."""

    def _claim(self, name: str) -> None:
        if name in self._names:
            raise ValueError(f"{self._path}: {name!r} is there already")
        if not name or set(name) & set("/;"):
            raise ValueError(f"{self._path}: ROOT cannot find an object by the name {name!r}")
        self._names.add(name)

    def _put_in_place(self) -> None:
        try:
            self._part.replace(self._path)
            _sync_directory(self._path.parent)
        except OSError as error:
            raise OutputError(f"{self._path}: the output cannot be put in place: {error.strerror}") from error


def refused(target: Path, error: OSError) -> OutputError:
    """What the system refuses, as an error that names the output."""
    reason = error.strerror or error
    return OutputError(f"{target}: the output cannot be written: {reason}. Is there space, and leave to write?")


def _sync_directory(directory: Path) -> None:
    """See the new name safely on disk."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
