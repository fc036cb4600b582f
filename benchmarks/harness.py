"""What ServiceX's dialogue on one machine costs beside the engine alone, for each file and for each request.

Run: make bench, or python benchmarks/harness.py [--repeats N] [--folder DIR] [--sample PHYSLITE.root]

Of the first example and its sample: the engine's command alone and the transform script that runs it, in turns. Of the
harness: `servicex-harness up` with one worker, over its REST API, with a transformer that only copies its input, an
ntuple of the first example, so that what is left is the harness's own: one request of one file, one of many files, many
of one file. What the second and the third take more is a file's and a request's share. Of the code generator: what many
answers take more than one. CPU seconds are those of all processes; they are what to go by on a machine that does other
things too, and how much the engine's own vary is said. The ServiceX client is not in it: it asks every five seconds
only, which would hide the rest. The figures also go to harness.json in the folder.
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
TESTS = HERE.parent / "harness" / "tests"  # the transformer that copies
IMAGE = "servicex-harness/local:environment"
FILES, REQUESTS = 100, 20
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
        costs = _measure(Path(folder), (arguments.sample or _get_sample()).absolute(), arguments.repeats)
    deviation = stdev(cost.cpu for cost in costs["engine"])
    means = {name: sum(each, Cost(0, 0)).by(len(each)) for name, each in costs.items()}
    figures: dict[str, Any] = {name: {"seconds": mean.clock, "cpu_seconds": mean.cpu} for name, mean in means.items()}
    figures["engine"]["cpu_deviation"] = deviation
    (arguments.folder / "harness.json").write_text(json.dumps(figures, indent=1) + "\n")
    print(_table(means))
    print(f"the engine's CPU seconds vary by {deviation / means['engine'].cpu:.1%} (standard deviation)")


def _measure(work: Path, sample: Path, repeats: int) -> dict[str, list[Cost]]:
    """Return the costs of engine and script for a file, and of the harness for a file and for a request."""
    selection = q.TopCPToolkit(conffile=str(CONFIGURATION)).generate_selection_string()
    script = _script(selection, work / "code")
    turns = [(_run(_engine(script, sample, work)), _run(_transform(script, sample, work))) for _ in range(repeats)]
    ntuples = _copies(work / "output.root", work, FILES)
    one = _session(work / "one", [ntuples[:1]])
    file = (_session(work / "files", [ntuples]) - one).by(FILES - 1)
    request = (_session(work / "requests", [[ntuple] for ntuple in ntuples[:REQUESTS]]) - one).by(REQUESTS - 1)
    generation = (_generation(selection, REQUESTS) - _generation(selection, 1)).by(REQUESTS - 1)
    return {
        "engine": [turn[0] for turn in turns],
        "script": [turn[1] for turn in turns],
        "file": [file],
        "request_of_one_file": [request],
        "code_generation": [generation],
    }


def _table(means: dict[str, Cost]) -> str:
    engine, script, file, request, generation = means.values()
    rows = [
        ("a file: the engine's command alone", engine),
        ("  + transform script", script - engine),
        ("  + harness: dialogue, upload, books", file),
        ("a request: harness, its pod", request - file),
        ("  + code generation", generation),
    ]
    return "\n".join(
        f"{what:38} {cost.clock:7.3f} s {cost.clock / engine.clock:6.1%}, "
        f"CPU {cost.cpu:6.3f} s {cost.cpu / engine.cpu:6.1%} of the engine"
        for what, cost in rows
    )


def _session(home: Path, requests: list[list[Path]]) -> Cost:
    """Start the harness, make requests one after the other, end it; what it took, CPU with start and end."""
    before = _cpu()
    options = ["--port", "0", "--workers", "1", "--codegen", "copying=copying_codegen:create_app"]
    with _started([str(BIN / "servicex-harness"), "up", "--dir", str(home), *options]) as line:
        url = line.split()[1]
        seconds = [_request(url, files) for files in requests]
    return Cost(sum(seconds), _cpu() - before)


def _generation(selection: str, number: int) -> Cost:
    """Start the code generator as the harness does, have it answer so many times, and end it."""
    before = _cpu()
    command = [sys.executable, "-m", "servicex_harness.serve", "topcp_codegen:create_app()"]
    with _started(command) as line:
        began = time.perf_counter()
        for _ in range(number):
            url = f"http://127.0.0.1:{int(line)}/servicex/generated-code"
            httpx.post(url, json={"code": selection}, timeout=60).raise_for_status()
        seconds = time.perf_counter() - began
    return Cost(seconds, _cpu() - before)


def _cpu() -> float:
    """Seconds of CPU of all children that have ended, and of theirs."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5, choices=range(2, 100), metavar="N")
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
        path.hardlink_to(sample)
    return paths


@contextmanager
def _started(command: list[str]) -> Iterator[str]:
    """Run a server; yield the first line that it prints, which it does once it can be used."""
    environment = {**os.environ, "PYTHONPATH": str(TESTS), "TRANSFORMER_SCIENCE_IMAGE": IMAGE}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, text=True, env=environment, **pipes) as process:
        assert process.stdin
        assert process.stdout
        try:
            if not (line := process.stdout.readline()):
                raise SystemExit(f"{command} did not start")
            yield line
        finally:
            process.terminate()


def _script(selection: str, folder: Path) -> Path:
    """Lay out the code that the code generator answers, and return its script."""
    made = generate(selection, {"TRANSFORMER_SCIENCE_IMAGE": IMAGE})
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


def _request(url: str, files: list[Path]) -> float:
    """Submit, wait, and return the seconds until it was done."""
    selection = json.dumps({"mode": "quick"})
    body: dict[str, Any] = {"title": "bench", "selection": selection, "codegen": "copying"}
    body |= {"file-list": [str(file) for file in files], "result-destination": "object-store"}
    with httpx.Client(base_url=url, timeout=120) as client:
        began = datetime.now(UTC).replace(tzinfo=None)
        answer = client.post("/servicex/transformation", json=body | {"result-format": "root-file"})
        request_id = answer.raise_for_status().json()["request_id"]
        while (status := client.get(f"/servicex/transformation/{request_id}").json())["status"] == "Running":
            time.sleep(POLL_SECONDS)
    if status["files-completed"] != len(files):
        raise SystemExit(f"files failed: {status['failure-info']}")
    return (datetime.fromisoformat(status["finish-time"]).replace(tzinfo=None) - began).total_seconds()


if __name__ == "__main__":
    main()
