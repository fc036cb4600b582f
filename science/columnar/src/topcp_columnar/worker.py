"""A process that does one input file after the other, for the one that it was forked from (`workers`).

Tasks come over a pipe, and on it the worker tells how far it is. What it makes of a file, parts of the output trees,
goes to a temporary file without a name, so that nobody has to remove it, which it hands over when the file is done.
When the other end of the pipe is closed, however its process ended, the worker ends too.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
import tempfile
import traceback
from dataclasses import dataclass
from multiprocessing import reduction
from typing import IO, TYPE_CHECKING, Any, NoReturn

from topcp_columnar.signals import let_through
from topcp_columnar.write.output_file import refused

if TYPE_CHECKING:
    from collections.abc import Sequence
    from multiprocessing.connection import Connection
    from pathlib import Path

    from topcp_columnar.inputs import EventRange, InputFiles
    from topcp_columnar.one_file import Processing
    from topcp_columnar.output import Outlet
    from topcp_columnar.write import Branch

_TERMINATED = 128 + signal.SIGTERM


@dataclass(frozen=True, slots=True)
class Task:
    """A file to process, by its place, and which of its events."""

    index: int
    asked: EventRange


class Spool:
    """An outlet into a temporary file beside the output, from which another process puts it into the output."""

    def __init__(self, file: IO[bytes], target: Path) -> None:
        self._file = file
        self._target = target

    def begin(self, tree: str, branches: Sequence[Branch], location: str) -> None:
        self._put("begin", tree, branches, location)

    def append(self, tree: str, part: Any) -> None:
        self._put("append", tree, part)

    def _put(self, method: str, *arguments: Any) -> None:
        try:
            pickle.dump((method, arguments), self._file, pickle.HIGHEST_PROTOCOL)
            self._file.flush()
        except OSError as error:
            raise refused(self._target, error) from error


def pour(spool: IO[bytes], outlet: Outlet) -> None:
    """Put what a spool holds into the output."""
    end = spool.seek(0, os.SEEK_END)
    spool.seek(0)
    while spool.tell() < end:
        method, arguments = pickle.load(spool)  # noqa: S301  our own fork wrote it, to a file that only we hold
        getattr(outlet, method)(*arguments)


@dataclass(frozen=True, slots=True)
class Teller:
    """Tells the other process how far the work is."""

    pipe: Connection

    def begin_file(self, events: int) -> None:
        self.pipe.send(("begin_file", events))

    def add(self, events: int, kept: int) -> None:
        self.pipe.send(("add", events, kept))


def work(
    pipe: Connection, inherited: Sequence[Connection], processing: Processing, files: InputFiles, target: Path
) -> None:
    """What a worker does: tasks come over the pipe until it is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal sends it to all; the parent says what follows
    signal.signal(signal.SIGTERM, _leave)  # temporary copies of remote files are removed on the way
    let_through()  # what came since the fork
    for other in inherited:
        other.close()
    try:
        while True:
            _do(pipe.recv(), pipe, processing, files, target)
    except (EOFError, BrokenPipeError):
        return


def _leave(*_: Any) -> NoReturn:
    sys.exit(_TERMINATED)


def _do(task: Task, pipe: Connection, processing: Processing, files: InputFiles, target: Path) -> None:
    try:
        with tempfile.TemporaryFile(dir=target.parent) as spool:
            with files.open(task.index) as file:
                counted = processing.process(file, task.asked, Spool(spool, target), Teller(pipe))
            pipe.send(("done", counted))
            reduction.send_handle(pipe, spool.fileno(), os.getppid())
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001  whatever it is, it is for the parent to say
        pipe.send(("failed", _portable(error)))


def _portable(error: Exception) -> Exception:
    """The error, or what says the same, as it can be sent; where it came from is in its notes."""
    told = error
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301
    except Exception:  # noqa: BLE001
        told = RuntimeError(f"{type(error).__name__}: {error}")
    told.add_note("".join(traceback.format_exception(error)))
    return told
