"""Several input files at once, each processed by a process of its own; one output, the same as that of one process.

A worker is a fork of the process that made the plan (`worker` is what it does). Results come in the order of the files,
as if one process had made them all, and so does the error of the first file that has one.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import warnings
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import reduction
from multiprocessing.connection import wait
from typing import IO, TYPE_CHECKING, Self, TypeAlias, cast

from topcp_columnar.errors import EngineError, WorkerLost
from topcp_columnar.inputs import EventRange
from topcp_columnar.signals import blocked
from topcp_columnar.worker import Task, pour, work

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection
    from multiprocessing.context import ForkProcess
    from pathlib import Path

    from topcp_columnar.inputs import InputFiles
    from topcp_columnar.one_file import Processing, Watcher
    from topcp_columnar.output import Outlet
    from topcp_columnar.result import Counted

_INTERNAL = 70
_PATIENCE = 5.0  # seconds that a worker has to end once it is told to


@dataclass(frozen=True, slots=True)
class _Done:
    """Of a file what was counted, and its parts of the output."""

    counted: Counted
    spool: IO[bytes]


#: By the places of files: what came of them, or what went wrong.
_Results: TypeAlias = "dict[int, _Done | Exception]"


class Workers:
    """Processes that process files. They are there from `__enter__` on, and gone after the `with` block."""

    def __init__(self, number: int, processing: Processing, files: InputFiles, target: Path) -> None:
        self._number = number
        self._work = (processing, files, target)
        self._files = files
        self._processes: dict[Connection, ForkProcess] = {}
        self._tasks: dict[Connection, int] = {}  # the files that are under way

    def __enter__(self) -> Self:
        try:
            for _ in range(self._number):
                self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for pipe, process in self._processes.items():
            pipe.close()
            process.terminate()
        for process in self._processes.values():
            process.join(_PATIENCE)
            if process.is_alive():
                process.kill()
                process.join()

    def _start(self) -> None:
        """Start one more. Signals wait until it knows what to do on them; before, it would do as this process does."""
        context = multiprocessing.get_context("fork")
        ours, theirs = context.Pipe()
        arguments = (theirs, [ours, *self._processes], *self._work)
        process = context.Process(target=work, args=arguments, daemon=True)
        with warnings.catch_warnings(), blocked():
            # Python 3.12 warns of forking beside threads: there are those of OpenBLAS, which allows for it.
            warnings.simplefilter("ignore", DeprecationWarning)
            process.start()
            self._processes[ours] = process
        theirs.close()

    def process(self, asked: EventRange, outlet: Outlet, watcher: Watcher) -> Iterator[Counted]:
        """As a `processing.Process` does. Raises EngineError."""
        tasks, results, wanted = _tasks(self._files, asked), dict[int, _Done | Exception](), 0
        try:
            while True:
                self._hand_out(tasks, results)
                if wanted in results:
                    yield _settled(results.pop(wanted), outlet)
                    wanted += 1
                elif self._tasks:
                    for pipe in wait([*self._tasks]):
                        self._listen(cast("Connection", pipe), results, watcher)
                else:
                    return
        finally:
            for result in results.values():
                if isinstance(result, _Done):
                    result.spool.close()

    def _hand_out(self, tasks: Iterator[Task], results: _Results) -> None:
        """Give work to all who have none, unless too many results wait for an earlier one, or one is a failure."""
        for pipe in self._processes:
            full = len(results) > self._number or any(isinstance(result, Exception) for result in results.values())
            if pipe not in self._tasks and not full and (task := next(tasks, None)):
                self._tasks[pipe] = task.index
                with suppress(ConnectionError):  # what ended it is found when it is listened to
                    pipe.send(task)

    def _listen(self, pipe: Connection, results: _Results, watcher: Watcher) -> None:
        """Take one message of a worker that has sent one, or is no more."""
        try:
            what, *told = pipe.recv()
            if what == "done":
                told.append(os.fdopen(reduction.recv_handle(pipe), "rb"))
        except (EOFError, ConnectionError):
            lost = self._lost(pipe)
            results[self._tasks.pop(pipe)] = lost
            return
        match what:
            case "done":
                results[self._tasks.pop(pipe)] = _Done(*told)
            case "failed":
                results[self._tasks.pop(pipe)] = told[0]
            case _:
                getattr(watcher, what)(*told)

    def _lost(self, pipe: Connection) -> WorkerLost:
        self._processes[pipe].join(_PATIENCE)
        code = self._processes[pipe].exitcode or 0
        how = f"by signal {-code}" if code < 0 else f"with exit code {code}"
        advice = " Is there enough memory? Each worker needs its own: try fewer." if code == -signal.SIGKILL else ""
        message = f"{self._files.locations[self._tasks[pipe]]}: the process that worked on it was ended {how}.{advice}"
        return WorkerLost(message, 128 - code if code < 0 else _INTERNAL)


def _tasks(files: InputFiles, asked: EventRange) -> Iterator[Task]:
    """The files that hold the events asked for; at least the first."""
    everything = EventRange(0, None)
    for index in range(len(files.locations)):
        yield Task(index, asked)
        if asked == everything:
            continue
        try:
            with files.open(index) as file:
                asked = asked.behind(file.n_events)
        except EngineError:
            return  # whoever processes it meets the same, and says so
        if asked.limit == 0:
            return


def _settled(result: _Done | Exception, outlet: Outlet) -> Counted:
    """Put the parts of a file into the output; raises what went wrong."""
    if isinstance(result, Exception):
        raise result
    with result.spool:
        pour(result.spool, outlet)
    return result.counted
