"""The commands runTop_el.py and CPRun.py: run, tell what was done, and end with a code that says how it went."""

from __future__ import annotations

import gc
import signal
import sys
import traceback
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, NoReturn

from topcp_columnar import cprun
from topcp_columnar.arguments import parse
from topcp_columnar.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from topcp_columnar.arguments import Arguments

INTERNAL = 70
_SIGNALLED = 128  # and the number of the signal


class _Terminated(BaseException):
    """SIGTERM: what is under way is cleaned up, as for SIGINT, before the command ends."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run runTop_el.py; the answer is its exit code."""
    return _end(parse(argv), is_all=argv is None)


def main_cprun(argv: Sequence[str] | None = None) -> int:
    """Run CPRun.py; the answer is its exit code."""
    return _end(cprun.parse(argv), is_all=argv is None)


def _end(arguments: Arguments, *, is_all: bool) -> int:
    """`is_all`: whether the process does nothing else."""
    try:
        with _told_to_terminate():
            if is_all:
                _skip_extensions_of_numba()
            _run(arguments)
    except EngineError as error:
        _complain(str(error), arguments)
        return error.exit_code
    except KeyboardInterrupt:
        _complain("interrupted", arguments)
        return _SIGNALLED + signal.SIGINT
    except _Terminated:
        _complain("terminated", arguments)
        return _SIGNALLED + signal.SIGTERM
    except Exception as error:  # noqa: BLE001  a bug: one line for the user, the rest with --debug
        _complain(f"internal: {type(error).__name__}: {error}; this is a bug, --debug shows where", arguments)
        return INTERNAL
    return 0


@contextmanager
def _told_to_terminate() -> Iterator[None]:
    """SIGTERM raises `_Terminated` meanwhile."""

    def terminate(*_: object) -> NoReturn:
        raise _Terminated

    before = signal.signal(signal.SIGTERM, terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@cache
def _import_libraries() -> None:
    """Once a process, without the garbage collector going through what they make meanwhile: none of that is garbage."""
    gc.disable()
    import topcp_columnar.job  # noqa: F401

    _skip_extensions_of_numba()
    gc.freeze()
    gc.enable()


def _skip_extensions_of_numba() -> None:
    """Of the packages that teach numba their types, as awkward and vector do: half a second, and we use none of them.

    numba has no switch for it; this is what it looks at before it searches for them (numba/core/entrypoints.py).
    """
    from numba.core import entrypoints

    entrypoints._already_initialized = True


def _run(arguments: Arguments) -> None:
    _import_libraries()  # here, so that --help and bad arguments need no numpy
    from topcp_columnar.job import run
    from topcp_columnar.report import summary, write_report

    result = run(arguments)
    write_report(result)
    sys.stdout.write(summary(result))


def _complain(message: str, arguments: Arguments) -> None:
    """One line beginning with ERROR, then what else there is to say."""
    first, _, rest = message.partition("\n")
    sys.stderr.write(f"ERROR {first}\n")
    for line in rest.splitlines():
        sys.stderr.write(f"  {line}\n")
    if arguments.debug:
        traceback.print_exc()
