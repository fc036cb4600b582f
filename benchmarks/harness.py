"""What ServiceX's dialogue on one machine costs beside the engine alone, for each file and for each request.

Run: make bench, or python benchmarks/harness.py [--files N] [--folder DIR] [--sample PHYSLITE.root]

The same file and the same configuration all the time: the engine's command alone and the transform script that runs it,
N times each, in turns, and `servicex-harness up` with one worker, over its REST API. The harness is run three times:
with one request of one file, with one of N files, and with N of one file. What the second and the third take more, by
N - 1, is a file's and a request's share. CPU seconds are those of all processes; they are what to go by on a machine
that does other things too, and how much the engine's own vary is said. The ServiceX client is not in it: it asks every
five seconds only, which would hide the rest. The figures also go to harness.json in the folder.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import stdev
from typing import Any

import httpx
from servicex import query as q
from topcp_codegen.generator import generate

HERE = Path(__file__).parent
BIN = Path(sys.executable).parent
CONFIGURATION = HERE.parent / "client" / "examples" / "talk" / "reco.yaml"
POLL_SECONDS = 0.5  # the harness says itself when a request was done; asking costs it CPU


@dataclass(frozen=True)
class Cost:
    """Seconds by the clock and of CPU."""

    clock: float
    cpu: float

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.clock + other.clock, self.cpu + other.cpu)

    def __sub__(self, other: Cost) -> Cost:
        return Cost(self.clock - other.clock, self.cpu - other.cpu)

    def by(self, number: int) -> Cost:
        """One of so many shares."""
        return Cost(self.clock / number, self.cpu / number)


def main() -> None:
    """Time it all, print the table and write the figures."""
    arguments = _arguments()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        figures = _measure(work, _copies(arguments.sample or _get_sample(), work, arguments.files))
    (arguments.folder / "harness.json").write_text(json.dumps(figures, indent=1) + "\n")
    print(_table(figures))


def _measure(work: Path, files: list[Path]) -> dict[str, dict[str, float]]:
    """Return the costs of engine and script for a file, and of the harness for a file and for a request."""
    selection = q.TopCPToolkit(conffile=str(CONFIGURATION)).generate_selection_string()
    more = len(files) - 1
    one = _session(work / "one", selection, [files[:1]])
    many_files = _session(work / "files", selection, [files])
    many_requests = _session(work / "requests", selection, [[file] for file in files])
    script = _script(selection, work / "code")
    turns = [(_run(_engine(script, file, work)), _run(_transform(script, file, work))) for file in files]
    engine, transform = (sum((turn[which] for turn in turns), Cost(0, 0)).by(len(files)) for which in (0, 1))
    file, request = (many_files - one).by(more), (many_requests - one).by(more)
    costs = {"engine": engine, "script": transform, "file": file, "request_of_one_file": request}
    figures = {name: {"seconds": cost.clock, "cpu_seconds": cost.cpu} for name, cost in costs.items()}
    figures["engine"]["cpu_deviation"] = stdev(turn[0].cpu for turn in turns)
    return figures


def _table(figures: dict[str, dict[str, float]]) -> str:
    engine, script, file, request = (Cost(each["seconds"], each["cpu_seconds"]) for each in figures.values())
    rows = [
        ("the engine's command alone, a file", engine),
        ("  + transform script", script - engine),
        ("  + harness: dialogue, upload, books", file - script),
        ("a request, beside its files", request - file),
    ]
    lines = [
        f"{what:38} {cost.clock:7.3f} s {cost.clock / engine.clock:7.1%}, "
        f"CPU {cost.cpu:7.3f} s {cost.cpu / engine.cpu:7.1%} of the engine"
        for what, cost in rows
    ]
    deviation = figures["engine"]["cpu_deviation"] / engine.cpu
    return "\n".join(
        [*lines, f"the engine's CPU seconds vary by {deviation:.1%} from file to file (standard deviation)"]
    )


def _session(home: Path, selection: str, requests: list[list[Path]]) -> Cost:
    """Start the harness, make requests one after the other, end it; what it took, CPU with start and end."""
    before = _cpu()
    with _harness(home) as url:
        seconds = [_request(url, selection, files) for files in requests]
    return Cost(sum(seconds), _cpu() - before)


def _cpu() -> float:
    """Seconds of CPU of all children that have ended, and of theirs."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=7, choices=range(2, 100), metavar="N")
    parser.add_argument("--folder", type=Path, default=HERE.parent / "build" / "bench")
    parser.add_argument("--sample", type=Path, help="the real sample of 100 events (default: fetched)")
    return parser.parse_args()


def _get_sample() -> Path:
    getter = HERE.parent / "client" / "examples" / "get_sample.py"
    command = [sys.executable, str(getter), str(HERE.parent / "build" / "samples")]
    return Path(subprocess.check_output(command, text=True).strip())


def _copies(sample: Path, work: Path, number: int) -> list[Path]:
    paths = [work / f"{index}.root" for index in range(number)]
    for path in paths:
        shutil.copyfile(sample, path)
    return paths


@contextmanager
def _harness(home: Path) -> Iterator[str]:
    """Run the harness with one worker; yield the address of its API."""
    command = [str(BIN / "servicex-harness"), "up", "--dir", str(home), "--port", "0", "--workers", "1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout
            line = process.stdout.readline()
            if not line.startswith("ready"):
                raise SystemExit("servicex-harness did not start")
            yield line.split()[1]
        finally:
            process.terminate()


def _script(selection: str, folder: Path) -> Path:
    """Lay out the code that the code generator answers, and return its script."""
    made = generate(selection, {"TRANSFORMER_SCIENCE_IMAGE": "servicex-harness/local:environment"})
    with zipfile.ZipFile(io.BytesIO(made.archive)) as archive:
        archive.extractall(folder)
    return folder / made.command.removeprefix("/generated/")


def _engine(script: Path, file: Path, work: Path) -> list[str]:
    """Lay out what the script would, and return the command it would run."""
    folder = work / "engine"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "customConfig").mkdir(parents=True)
    shutil.copy(script.with_name("reco.yaml"), folder / "customConfig")
    (folder / "input.txt").write_text(f"{file}\n")
    os.chdir(folder)
    return [str(BIN / "runTop_el.py"), "-i", "input.txt", "-o", "output", "-t", "customConfig"]


def _transform(script: Path, file: Path, work: Path) -> list[str]:
    return [sys.executable, str(script), str(file), str(work / "output.root"), "root-file"]


def _run(command: list[str]) -> Cost:
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    began, used = time.perf_counter(), _cpu()
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        raise SystemExit(f"{command[0]} failed:\n{done.stdout}{done.stderr}")
    return Cost(time.perf_counter() - began, _cpu() - used)


def _request(url: str, selection: str, files: list[Path]) -> float:
    """Submit, wait, and return the seconds until it was done."""
    body: dict[str, Any] = {"title": "bench", "selection": selection, "codegen": "topcp", "result-format": "root-file"}
    body |= {"file-list": [str(file) for file in files], "result-destination": "object-store"}
    with httpx.Client(base_url=url, timeout=120) as client:
        began = datetime.now(UTC).replace(tzinfo=None)
        request_id = client.post("/servicex/transformation", json=body).raise_for_status().json()["request_id"]
        while (status := client.get(f"/servicex/transformation/{request_id}").json())["status"] == "Running":
            time.sleep(POLL_SECONDS)
    if status["files-completed"] != len(files):
        raise SystemExit(f"files failed: {status['failure-info']}")
    return (datetime.fromisoformat(status["finish-time"]).replace(tzinfo=None) - began).total_seconds()


if __name__ == "__main__":
    main()
