"""The output: verified before anybody sees it, then brought to its place in one step."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
from pathlib import Path
from typing import Any

from pod_failures import Failure, of_oserror
from pod_log import Log
from pod_root import NotWhole, RootFile

# What is made here and may be cleared away later. A folder for outputs may be shared by many pods, each with its own
# numbers of processes.
OWN = f"topcp-{os.uname().nodename}-"
COUNTS = "EventLoop_EventCount"  # a TH1D of EventLoop: events that reached each algorithm, then those that passed all


def reserve(target: Path) -> Path:
    """Make the file that becomes `target`; fails now rather than after hours of work. Clears away those of the dead."""
    part = target.with_name(f".{OWN}{os.getpid()}.part")
    try:
        for left in left_by_the_dead(target.parent, f".{OWN}"):
            left.unlink()
        part.touch()
    except OSError as error:
        raise of_oserror(error, 73) from error
    return part


def left_by_the_dead(folder: Path, prefix: str) -> list[Path]:
    """What scripts of this pod made whose processes are gone: names of `prefix` and the number of the process."""
    found = []
    for path in folder.glob(f"{prefix}*"):
        number = re.match(r"\d{1,9}(?=[-.])", path.name[len(prefix) :])
        if number and not _is_alive(int(number[0])):
            found.append(path)
    return found


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def verified(produced: Path, part: Path, log: Log, trees: dict[str, list[str]]) -> dict[str, Any]:
    """Move the toolkit's file to `part` and see that it is whole and complete; what is in it."""
    if not produced.is_file():
        raise Failure(76, "the toolkit said that it succeeded, but there is no output.root")
    try:
        shutil.move(produced.resolve(), part)  # what a link points to; a copy where the target is on another disk
        with part.open("rb") as file:
            os.fsync(file.fileno())
            return _contents(RootFile(file), log, trees) | _fingerprint(file)
    except NotWhole as error:
        raise Failure(76, f"the toolkit said that it succeeded, but output.root is not whole: {error}") from error
    except OSError as error:
        raise of_oserror(error, 73) from error


def publish(part: Path, target: Path) -> None:
    """Give the file its name, and see that the name survives a loss of power."""
    try:
        part.chmod(0o644)  # the sidecar may run as another user
        part.replace(target)
        folder = os.open(target.parent, os.O_RDONLY)
        with contextlib.suppress(OSError):  # some file systems do not know of it
            os.fsync(folder)
        os.close(folder)
    except OSError as error:
        raise of_oserror(error, 73) from error


def _fingerprint(file: Any) -> dict[str, Any]:
    digest = hashlib.sha256()
    file.seek(0)
    while piece := file.read(1 << 20):
        digest.update(piece)
    return {"bytes": file.tell(), "sha256": digest.hexdigest()}


def _contents(file: RootFile, log: Log, trees: dict[str, list[str]]) -> dict[str, Any]:
    """Trees with their entries, the number of events, and remarks; Failure if something is missing."""
    if not file.keys:
        raise Failure(76, "the toolkit said that it succeeded, but nothing is in output.root")
    entries = {key.name: file.entries(key) for key in file.keys.values() if key.kind.startswith("TTree")}
    counts = file.bins(file.keys[COUNTS])[1:-1] if COUNTS in file.keys else []
    events = _events(log.events, int(counts[0]) if counts else None)
    wanted = [(level, tree) for level, names in trees.items() for tree in names]
    remarks = [_missing_tree(*one, log, counts) for one in wanted if one[1] not in file.keys]
    for name, number in entries.items():
        if number is not None and 0 <= events < number:
            raise Failure(76, f"tree {name} has {number} entries, but only {events} events were processed")
    if wanted and all(entries.get(tree, 0) == 0 for _, tree in wanted):
        remarks.append("no events passed the selection")
    return {"events": max(events, 0), "trees": entries, "remarks": remarks}


def _events(said: int, counted: int | None) -> int:
    """The number of events that went in, -1 if nobody tells; Failure if log and file tell different ones."""
    if counted is None or said in (-1, counted):
        return said if counted is None else counted
    raise Failure(76, f"the log says {said} events, {COUNTS} in output.root says {counted}: some were lost")


def _missing_tree(level: str, tree: str, log: Log, counts: list[float]) -> str:
    """Why a tree is not there; Failure if there is no good reason."""
    if tree in log.removed or (counts and counts[-1] == 0):
        return f"no tree {tree}, since the toolkit removes trees without events"
    if log.is_data and level != "reco":
        return f"no tree {tree}, since data have no {level} level"
    raise Failure(76, f"the toolkit said that it succeeded, but output.root has no tree {tree}")
