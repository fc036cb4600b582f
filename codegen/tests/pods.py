"""A pod without Kubernetes: the real script and the real dialogue, beside toolkits that behave as a test says."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, BinaryIO

import uproot
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hist import Hist, axis, storage
from topcp_codegen.bundle import POD
from topcp_codegen.deployment import LIMITS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import ModuleType

ROOT = Path(__file__).parents[2]
WATCH = ROOT / "harness/src/servicex_harness/pod_sidecar/scripts/watch.sh"
REQUEST_ID = "b2d1c6de-9b1f-4a0c-8f4b-0d3f6a1c7e55"
REQUEST = {
    "max_events": -1,
    "no_systematics": False,
    "no_filter": False,
    "limits": LIMITS | {"TOPCP_GRACE_SECONDS": 0.3, "TOPCP_RETRY_SECONDS": 0.05},
}
HEADLINE = re.compile(r"^TransformError: ERROR (.*?): (.*); (.*) \(exit code (\d+)\)$", re.MULTILINE)
# What stands in for the toolkit: it does what lies beside the input as .py, in Python, else it writes a good file.
TOOLKIT = """#!{python} -IS
import json, os, resource, shutil, signal, subprocess, sys, time
SOURCE = open("input.txt", "rb").read().strip().decode("utf-8", "surrogateescape")
GOOD, HOME = {good!r}, {home!r}
def write(name=GOOD):
    shutil.copy(name, "output.root")
def processing(events=3):
    print(f"Package.EventLoop        INFO    Processing events 0-{{events}} in file {{SOURCE}}", flush=True)
behaviour = os.path.join(HOME, "behaviours", os.path.basename(SOURCE) + ".py")
if os.path.exists(behaviour):
    exec(open(behaviour).read())
else:
    processing()
    write()
"""
# What stands in for the pod's python: it tells the exit code, which the dialogue hides, and can limit one file alone.
LANGUAGE = """#!/bin/sh
case $2 in *bad.root) . {home}/limits ;; esac
{python} -S "$@"
code=$?
echo $code >>{home}/codes
exit $code
"""


def load(path: Path) -> ModuleType:
    """A module that is no part of a package."""
    spec = spec_from_file_location(path.stem, path)
    assert spec
    assert spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SIDECAR = load(ROOT / "tests" / "dialogue" / "sidecar.py")


@dataclass(frozen=True)
class Answer:
    """What became of one file: the word that the sidecar got, the script's exit code and its log."""

    said: str
    code: int
    log: str

    @property
    def headlines(self) -> list[str]:
        """What ServiceX's parsers take for the cause of a failure (TopCPStats, RawUprootStats)."""
        newest = re.findall(r"^.*ERROR.*", self.log, re.MULTILINE)
        older = re.findall(r"^\S*Exception.*", self.log, re.MULTILINE) or re.findall(
            r"^\S*Error.*", self.log, re.MULTILINE
        )
        return [*newest[:1], *older[:1]]

    @property
    def events(self) -> list[int]:
        """What the parsers take for the number of events: nothing unless the log says it exactly once."""
        newest = re.findall(r"Package.EventLoop        INFO    Processing events 0-(\d+) in file", self.log)
        older = re.findall(r"Transform stats: Total Events: (\d+), resulting file size \d+", self.log)
        return [int(found[0]) for found in (newest, older) if len(found) == 1]

    @property
    def result(self) -> dict[str, Any]:
        """The one line of JSON."""
        (line,) = re.findall(r"^Transform result: (.*)$", self.log, re.MULTILINE)
        return dict(json.loads(line))


@dataclass
class Pod:
    """One pod's folders. `toolkit` says what its runTop_el.py does with a file; `run` and `transform` give it files."""

    home: Path
    env: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("generated", "bin", "tmp", "cwd", "data", "behaviours"):
            (self.home / name).mkdir()
        self.scratch.mkdir(parents=True)
        for module in POD.glob("*.py"):
            shutil.copy(module, self.home / "generated")
        self.ask()
        (self.home / "good.root").write_bytes(good_ntuple())
        self._program("runTop_el.py", TOOLKIT.format(python=sys.executable, good=str(self.good), home=str(self.home)))
        self.program("xrdfs", "")  # of a real one, if this machine has it, a test's server would not be understood
        (self.home / "limits").touch()
        self._program("python", LANGUAGE.format(python=sys.executable, home=self.home))
        self.env = {
            "PATH": f"{self.home / 'bin'}:{os.environ['PATH']}",
            "TMPDIR": str(self.home / "tmp"),
            "X509_USER_PROXY": str(self.home / "proxy"),
            "TOPCP_PROXY_SECRET": str(self.home / "secret"),
            "WATCH_DELAY": "0",
            "POD_UNDER_TEST": str(self.home),
        }

    @property
    def good(self) -> Path:
        return self.home / "good.root"

    @property
    def scratch(self) -> Path:
        return self.home / "output" / REQUEST_ID / "scratch"

    @property
    def bytecode(self) -> Path:
        """Where the script keeps that of its modules."""
        return self.home / "tmp" / f"topcp-bytecode-{os.getuid()}"

    @property
    def output(self) -> Path:
        """Where `run` puts the output unless it is told otherwise."""
        return self.scratch / ":data:file.root"

    def ask(self, *, levels: Sequence[str] = ("reco",), **request: Any) -> None:
        """What codegen's zip would say."""
        generated = self.home / "generated"
        for level in ("reco", "parton", "particle"):
            (generated / f"{level}.yaml").unlink(missing_ok=True)
        for level in levels:
            (generated / f"{level}.yaml").write_text(f"# {level}\n")
        asked = REQUEST | {"trees": {level: [level] for level in levels}} | request
        (generated / "request.json").write_text(json.dumps(asked))

    def _program(self, name: str, text: str) -> None:
        (self.home / "bin" / name).write_text(text)
        (self.home / "bin" / name).chmod(0o755)

    def program(self, name: str, behaviour: str) -> None:
        """Put another command into the image, in Python."""
        self._program(name, f"#!{sys.executable} -IS\n{behaviour}\n")

    def file(self, name: str, behaviour: str | None = None) -> Path:
        """Make an input, and say what the toolkit does with it."""
        path = self.home / "data" / name
        shutil.copy(self.good, path)
        if behaviour is not None:
            self.toolkit(name, behaviour)
        return path

    def limit(self, limits: dict[str, str]) -> None:
        """Set variables for bad.root alone: the next file is to have all the time that a busy machine takes."""
        (self.home / "limits").write_text("".join(f"export {name}={value}\n" for name, value in limits.items()))

    def toolkit(self, name: str, behaviour: str) -> None:
        """Say what the toolkit does with a file of this name, in Python."""
        (self.home / "behaviours" / f"{name}.py").write_text(behaviour)

    def start(self, *arguments: str | bytes | Path) -> subprocess.Popen[bytes]:
        """Start the script as watch.sh does: its two streams are one."""
        script = self.home / "generated" / "transform_single_file.py"
        given = arguments or (self.home / "data" / "file.root", self.output, "root-file")
        command = [sys.executable, "-S", script, *given]
        return subprocess.Popen(
            command, cwd=self.home / "cwd", env=self.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )

    def run(self, *arguments: str | bytes | Path) -> Answer:
        """Run the script without a dialogue."""
        with self.start(*arguments) as process:
            log, _ = process.communicate()
        return Answer("", process.returncode, log.decode(errors="backslashreplace"))

    def transform(self, *sources: str | Path, target: Path | None = None, form: str = "root-file") -> list[Answer]:
        """Hand files out over ServiceX's socket, one after the other, to its watch.sh and the real script."""
        folder = self.home / "output"
        documents = [self._document(number, str(source), target, form) for number, source in enumerate(sources)]
        (folder / "jobs.json").write_text(json.dumps(documents))
        (self.home / "codes").unlink(missing_ok=True)
        sidecar = threading.Thread(target=SIDECAR.main, args=[folder, 0], daemon=True)
        sidecar.start()
        while not (folder / "listening").exists():
            assert sidecar.is_alive()
            time.sleep(0.001)
        port = (folder / "listening").read_text()
        (folder / "listening").unlink()
        script = self.home / "generated" / "transform_single_file.py"
        command = ["bash", WATCH, "python", script, folder / REQUEST_ID, "127.0.0.1", port]
        subprocess.run(command, cwd=self.home / "cwd", env=self.env, stdout=subprocess.DEVNULL, check=True)
        sidecar.join()
        codes = map(int, (self.home / "codes").read_text().split())
        answers = json.loads((folder / "answers.json").read_text())
        for name in ("jobs.json", "answers.json", f"{REQUEST_ID}/abc.log"):
            (folder / name).unlink()
        return [Answer(answer["said"], code, answer["log"]) for answer, code in zip(answers, codes, strict=True)]

    def _document(self, number: int, source: str, target: Path | None, form: str) -> dict[str, object]:
        """What the sidecar tells of a file; a target of its own is for the first alone."""
        name = source.replace("/", ":")
        place = target if target and not number else self.scratch / name
        return {
            "file-id": number,
            "request-id": REQUEST_ID,
            "status": "unknown",
            "error": None,
            "file-path": source,
            "downloadPath": source,
            "safeOutputFileName": str(place),
            "result-format": "root-file" if number else form,
        }

    def outputs(self) -> list[str]:
        """The names of what was delivered, and of what should not be there: bytecode may stay."""
        places = (self.scratch, self.home / "tmp", self.home / "cwd", self.home / "output")
        found = {path.name for place in places for path in place.iterdir()}
        return sorted(found - {REQUEST_ID, self.bytecode.name})

    def processes(self, patience: float = 10) -> list[str]:
        """The command lines of what this pod has left running; what is about to end has some seconds for it."""
        deadline = time.monotonic() + patience
        while (found := self._processes()) and time.monotonic() < deadline:
            time.sleep(0.02)
        return found

    def _processes(self) -> list[str]:
        mark = f"POD_UNDER_TEST={self.home}".encode()
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (process / "environ").read_bytes().split(b"\0"):
                    found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
            except OSError:  # it has ended
                continue
        return found


@cache
def good_ntuple() -> bytes:
    """What the toolkit writes where a test says nothing."""
    with TemporaryDirectory() as folder:
        write_ntuple(Path(folder) / "good.root")
        return (Path(folder) / "good.root").read_bytes()


def write_ntuple(path: Path, events: int = 3, **trees: int) -> None:
    """A small file as the toolkit writes it: trees with so many entries each, and EventLoop's count."""
    with uproot.recreate(path) as file:
        for name, entries in (trees or {"reco": events}).items():
            file.mktree(name, {"el_pt_NOSYS": "float64"})
            file[name].extend({"el_pt_NOSYS": [float(n) for n in range(entries)]})
        file["EventLoop_EventCount"] = event_count(events)


def event_count(events: int, passed: int | None = None) -> Any:
    """EventLoop's histogram: what reached the first algorithm, the second, and what passed both."""
    made = Hist(axis.Regular(3, 0, 3), storage=storage.Double())
    made.values()[:] = [events, events, events if passed is None else passed]
    return made


def write_proxy(path: Path, seconds: float = 86_400, mode: int = 0o600) -> None:
    """A certificate that ends in so many seconds, and the key that comes with it, as in a grid proxy."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "proxy")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1).not_valid_before(now - timedelta(days=2))
    certificate = builder.not_valid_after(now + timedelta(seconds=seconds)).sign(key, hashes.SHA256())
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(certificate.public_bytes(Encoding.PEM) + private)
    path.chmod(mode)


@contextmanager
def server(answers: bool = True) -> Iterator[str]:
    """An address where somebody takes connections, or where nobody does any more."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        if answers:
            yield f"root://127.0.0.1:{port}/"
    if not answers:
        yield f"root://127.0.0.1:{port}/"


@contextmanager
def opened(fifo: Path) -> Iterator[BinaryIO]:
    """What reads to its end only once every process has ended that opened the FIFO or inherited it."""
    with fifo.open("rb") as pipe:
        yield pipe
