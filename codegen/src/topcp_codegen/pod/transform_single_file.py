"""Run TopCPToolkit on one file for a ServiceX pod: `transform_single_file.py INPUT OUTPUT FORMAT`.

Exit code 0 means that OUTPUT is a whole ROOT file with something in it. With any other code, of CLASSES or 128 + n for
signal n, one line `TransformError: ERROR <class>: <what happened>` says why. The script is the same for all requests:
what is asked for stands beside it, in request.json and in reco.yaml, parton.yaml and particle.yaml.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import struct
import sys
import tempfile
import threading
from pathlib import Path
from subprocess import DEVNULL, PIPE, STDOUT, Popen
from typing import IO, Any

HERE = Path(__file__).parent
FORMATS = ("root-file", "root")  # what newer and older sidecars call a ROOT file
GRACE = 5  # seconds between asking the toolkit to end and killing it
CLASSES = {  # of sysexits.h; 137 is a shell's 128 + n for SIGKILL
    64: "usage",
    65: "bad configuration",
    66: "bad input file",
    69: "input unreachable",
    70: "toolkit failed",
    73: "output cannot be written",
    75: "temporary failure, try again",
    137: "probably out of memory (raise the pod's limit, or ask for no systematics)",
}
PROCESSING = re.compile(rb"Package\.EventLoop +INFO +Processing events \d+-(\d{1,18}) in file")


class TransformError(Exception):
    """What ends the work without an output. Its args: the exit code, and what is told."""


class Toolkit:
    """runTop_el.py in a process group that ends as a whole, with its leader or with us; and what its log said."""

    def __init__(self) -> None:
        self.group = self.stopped_by = self.events = 0
        self.error = self.last = b""  # the first line that begins with ERROR; the last that is not blank
        signal.signal(signal.SIGTERM, self.stop)
        signal.signal(signal.SIGINT, self.stop)
        signal.signal(signal.SIGALRM, lambda *_: self.send(signal.SIGKILL))

    def stop(self, number: int, _frame: object) -> None:
        self.stopped_by = number
        self.send(signal.SIGTERM)
        signal.alarm(GRACE)

    def send(self, number: int) -> None:
        if self.group:
            with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS: not permitted on the ended
                os.killpg(self.group, number)

    def run(self, command: list[str], work: Path) -> int:
        """Exit code of `command` run in `work`, 128 + n for signal n. Nothing that it started is left."""
        env = environment(work)
        try:
            child = Popen(command, cwd=work, env=env, stdin=DEVNULL, stdout=PIPE, stderr=STDOUT, start_new_session=True)
        except OSError as error:
            raise TransformError(70, f"this image cannot start {command[0]}: {error}") from error
        self.group = child.pid
        if self.stopped_by:  # by a signal that came before there was a group to pass it to
            self.send(signal.SIGTERM)
        reader = threading.Thread(target=self.follow, args=[child.stdout], daemon=True)
        reader.start()
        code = child.wait()
        self.send(signal.SIGKILL)
        self.group = 0
        reader.join(GRACE)
        return 128 - code if code < 0 else code

    def follow(self, stream: IO[bytes]) -> None:
        """Pass the log on line by line, and remember what counts."""
        for line in stream:
            with contextlib.suppress(OSError):  # a reader that has gone must not block the toolkit
                sys.stdout.buffer.write(line)
                sys.stdout.buffer.flush()
            if found := PROCESSING.match(line):
                self.events = max(self.events, int(found[1]))  # each level prints it, for the same events
            if line.startswith(b"ERROR "):
                self.error = self.error or line[6:]
            self.last = line if line.strip() else self.last

    def judge(self, code: int) -> None:
        """TransformError unless the toolkit was left alone and says that it succeeded."""
        if self.stopped_by:
            raise TransformError(128 + self.stopped_by, f"signal {self.stopped_by} came before the work was done")
        said = (self.error or self.last).decode(errors="backslashreplace")[:1000]
        if code in CLASSES:
            raise TransformError(code, said)
        if code:  # 128 + n for signal n, or of no known meaning
            raise TransformError(code if 128 < code < 193 else 70, f"runTop_el.py gave exit code {code}: {said}")


def environment(work: Path) -> dict[str, str]:
    """Ours, but the configuration in `work` is found first and temporary files stay in `work`."""
    search = ("CALIBPATH", "DATAPATH")  # where ATLAS's PathResolver looks
    paths = {name: os.pathsep.join(filter(None, [str(work), os.environ.get(name)])) for name in search}
    return {**os.environ, **paths, "TMPDIR": str(work / "tmp"), "PYTHONUNBUFFERED": "1"}


def prepare(work: Path, source: str) -> list[str]:
    """Lay out the folder that the toolkit runs in; its command line."""
    request = json.loads((HERE / "request.json").read_bytes())
    levels = [level for level in ("reco", "parton", "particle") if (HERE / f"{level}.yaml").exists()]
    (work / "tmp").mkdir()
    (work / "customConfig").mkdir()
    for level in levels:
        shutil.copyfile(HERE / f"{level}.yaml", work / "customConfig" / f"{level}.yaml")
    location = source if "://" in source else Path(source).absolute()
    (work / "input.txt").write_bytes(os.fsencode(location) + b"\n")
    command = ["runTop_el.py", "-i", "input.txt", "-o", "output", "-t", "customConfig"]
    command += [f"--{flag.replace('_', '-')}" for flag in ("no_systematics", "no_filter") if request[flag]]
    command += [f"--{level}" for level in levels if level != "reco"] + ["--no-reco"] * ("reco" not in levels)
    return command + (["-e", str(request["max_events"])] if request["max_events"] >= 0 else [])


def check_root(file: IO[bytes]) -> None:
    """An exception unless `file` is a whole ROOT file with something in it.

    Layout: root.cern/doc/master/classTFile.html and classTDirectoryFile.html. The file may be longer than its header's
    fEND, since what ROOT deletes at the end is not cut off. One that was not closed has no list of keys.
    """

    def read(at: int, layout: str) -> tuple[Any, ...]:
        file.seek(at)
        return struct.unpack(layout, file.read(struct.calcsize(layout)))

    magic, version, begin = read(0, ">4sii")
    end, _, _, _, name_length = read(12, ">qqiii" if version >= 1_000_000 else ">iiiii")
    (folder_version,) = read(begin + name_length, ">h")
    _, _, keys = read(begin + name_length + 18, ">qqq" if folder_version > 1000 else ">iii")
    if magic != b"root" or not begin < keys < end <= file.seek(0, os.SEEK_END):
        raise ValueError("header and size disagree")
    (key_length,) = read(keys + 14, ">h")
    if read(keys + key_length, ">i")[0] < 1:
        raise ValueError("nothing is in it")


def publish(produced: Path, part: Path, target: Path) -> int:
    """Bring the output to `target` in one step, once it is verified; its size in bytes."""
    if not produced.is_file():
        raise TransformError(70, "exit code 0, but no output.root")
    shutil.move(produced, part)  # a copy where the target is on another disk
    try:
        with part.open("rb") as file:
            os.fsync(file.fileno())
            check_root(file)
    except (ValueError, OSError, struct.error) as error:
        raise TransformError(70, f"exit code 0, but output.root is no whole ROOT file: {error}") from error
    part.replace(target)
    return target.stat().st_size


def transform(arguments: list[str]) -> str:
    """Make the output file; the statistics, as ServiceX looks for them in the log."""
    if len(arguments) != 3 or arguments[2] not in FORMATS:
        raise TransformError(64, f"needs INPUT OUTPUT FORMAT, and FORMAT one of {FORMATS}; got {arguments}")
    source, target = arguments[0], Path(arguments[1])
    if source != source.strip() or re.search(r"[,\r\n]", source):
        raise TransformError(66, f"runTop_el.py splits its list of inputs at commas and line ends: {source!r}")
    toolkit = Toolkit()
    part = target.with_name(f".{os.urandom(8).hex()}.part")
    part.touch()  # fails now rather than after hours of work
    try:
        with tempfile.TemporaryDirectory(prefix="topcp-") as work:
            toolkit.judge(toolkit.run(prepare(Path(work), source), Path(work)))
            size = publish(Path(work) / "output.root", part, target)
    finally:
        part.unlink(missing_ok=True)
    return f"Transform stats: Total Events: {toolkit.events}, resulting file size {size}"


def main(arguments: list[str]) -> int:
    code = 0
    try:
        line = transform(arguments)
    except TransformError as error:
        code, line = error.args
    except Exception as error:  # noqa: BLE001  the pod's log ends in a headline, never in a traceback
        code, line = 73 if isinstance(error, OSError) else 70, f"{type(error).__name__}: {error}"
    if code:
        line = f"TransformError: ERROR {CLASSES.get(code, 'killed')}: {' '.join(line.split())}"
    sys.stdout.buffer.write(line.encode(errors="backslashreplace") + b"\n")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
