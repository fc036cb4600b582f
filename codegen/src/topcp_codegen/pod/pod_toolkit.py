"""The toolkit as a child process: started, watched, ended with everything that it started."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import threading
from pathlib import Path
from subprocess import DEVNULL, PIPE, STDOUT, Popen
from time import monotonic, sleep
from typing import TYPE_CHECKING

from pod_failures import Failure, of_signal

if TYPE_CHECKING:
    from pod_limits import Limits
    from pod_log import Log

_ADOPT = 36  # PR_SET_CHILD_SUBREAPER: who loses its parent becomes our child
_FOLLOW = 1  # PR_SET_PDEATHSIG: die when the parent does
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def end_on_signals(seconds: float) -> None:
    """From now on a signal, or the end of the time, raises Failure wherever the work is; a second one does nothing."""

    def end(number: int, _frame: object) -> None:
        for other in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGALRM):
            signal.signal(other, signal.SIG_IGN)
        if number == signal.SIGALRM:
            raise Failure(124, f"the work took longer than {seconds:g} s (TOPCP_WALL_SECONDS)")
        raise of_signal(number, "the pod was told to end: ")

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGALRM):
        signal.signal(number, end)
    signal.setitimer(signal.ITIMER_REAL, seconds)


def run(command: list[str], work: Path, env: dict[str, str], limits: Limits, log: Log) -> int:
    """Exit code of `command` run in `work`, 128 + n for signal n. Nothing that it started is left."""
    if _LIBC:
        _LIBC.prctl(_ADOPT, 1)
    try:
        child = Popen(  # one thread runs here, so that a hook between fork and exec is safe
            command, cwd=work, env=env, stdin=DEVNULL, stdout=PIPE, stderr=STDOUT, start_new_session=True,
            preexec_fn=_follow_parent,  # noqa: PLW1509
        )  # fmt: skip
    except OSError as error:
        raise Failure(71, f"this image cannot start {command[0]}: {error.strerror}") from error
    ended = threading.Event()
    reader = threading.Thread(target=log.follow, args=[child.stdout, sys.stdout.buffer], daemon=True)
    waiter = threading.Thread(target=_wait, args=[child, ended], daemon=True)
    try:
        reader.start()
        waiter.start()
        _watch(ended, work, limits.idle, log)
    except BaseException:
        _signal(child.pid, signal.SIGTERM)
        ended.wait(limits.grace)
        raise
    finally:
        _signal(child.pid, signal.SIGKILL)
        ended.wait(limits.grace)
        end_descendants(limits.grace)
        reader.join(limits.grace)
    code = child.returncode
    return 128 - code if code < 0 else code


def _follow_parent() -> None:
    if _LIBC:
        _LIBC.prctl(_FOLLOW, signal.SIGKILL)


def _wait(child: Popen[bytes], ended: threading.Event) -> None:
    child.wait()
    ended.set()


def _watch(ended: threading.Event, work: Path, idle: float, log: Log) -> None:
    """Wait for the end; Failure where nothing is said and no file grows for `idle` seconds."""
    seen, since = (0, 0), monotonic()
    while not ended.wait(min(5.0, idle / 4)):
        progress = (log.bytes, _size(work))
        if progress != seen:
            seen, since = progress, monotonic()
        elif monotonic() - since > idle:
            raise Failure(124, f"the toolkit hung: it said and wrote nothing for {idle:g} s (TOPCP_IDLE_SECONDS)")


def _size(folder: Path) -> int:
    """Bytes of all files below a folder, at a glance: what goes meanwhile does not count."""
    total = 0
    for here, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += os.lstat(os.path.join(here, name)).st_size  # noqa: PTH118  a name may be no text
    return total


def _signal(group: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS: not permitted on the ended
        os.killpg(group, number)


def end_descendants(seconds: float) -> None:
    """Kill what left the process group: it has become our child, and so do its children in turn.

    What the kernel does not let go of within `seconds`, since it waits for a dead disk, is left to the kernel.
    """
    until = monotonic() + seconds
    while (children := _children()) and monotonic() < until:
        for pid in children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
        sleep(0.002)


def _children() -> list[int]:
    """Our children; none where the kernel does not tell."""
    found: list[int] = []
    for task in Path("/proc/self/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found += map(int, task.read_text().split())
    return found
