"""What the code generator and the script in the pod cost, each beside the least that it could be, in the same run.

Run: make bench, or python benchmarks/codegen.py [--requests N] [--files N] [--folder DIR]

Code generator: gunicorn with its own settings answers the YAML of the first example, to 1 and to 8 clients, beside a
bare Flask route under the same gunicorn. Script: the time from its start to its end, beside that of the toolkit alone,
which here is a shell that copies a ready file; Python may not write beside its modules, as in a pod. The figures also
go to codegen.json in the folder.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter
from typing import Any

import httpx
import uproot
from served import IMAGE, YAML, gunicorn
from servicex_topcp.query.toolkit import TopCPToolkitQuery
from topcp_codegen.generator import generate

ROOT = Path(__file__).parents[1]
BARE = """
from flask import Flask, request
app = Flask(__name__)
@app.post("/servicex/generated-code")
def answer():
    return {"length": len(request.get_json()["code"])}
"""
MAX_OVERHEAD_MS = 150  # a file


def main() -> None:
    """Measure, print a table, write the figures."""
    arguments = _arguments()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    rows = [*codegen_rows(arguments.requests), script_row(arguments.files)]
    (arguments.folder / "codegen.json").write_text(json.dumps(rows, indent=1) + "\n")
    for row in rows:
        print("  ".join(f"{name} {_figure(value)}" for name, value in row.items()))


def codegen_rows(requests: int) -> list[dict[str, Any]]:
    """Times of an answer, those of the bare route first: each row can be seen beside its like."""
    selection = TopCPToolkitQuery(conffile=YAML).generate_selection_string()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "bare.py").write_text(BARE)
        for what, app in (("bare Flask route", "bare:app"), ("code generator", "topcp_codegen:create_app()")):
            with gunicorn(app, folder) as url:
                rows += [
                    {"what": what, "clients": clients, **latencies(url, selection, clients, requests)}
                    for clients in (1, 8)
                ]
    return rows


def latencies(url: str, selection: str, clients: int, requests: int) -> dict[str, float]:
    """Percentiles of the time of an answer, in milliseconds, and answers a second; the first answers do not count."""

    def ask(number: int) -> list[float]:
        times = []
        with httpx.Client(base_url=url, timeout=60) as client:
            for _ in range(number):
                began = perf_counter()
                client.post("/servicex/generated-code", json={"code": selection}).raise_for_status()
                times.append(1000 * (perf_counter() - began))
        return times

    ask(20)
    began = perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        times = [ms for some in pool.map(ask, [requests // clients] * clients) for ms in some]
    percentiles = quantiles(times, n=100)
    return {"p50_ms": median(times), "p99_ms": percentiles[98], "per_s": len(times) / (perf_counter() - began)}


def script_row(files: int) -> dict[str, Any]:
    """What the script takes beyond the toolkit's own time, a file."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        _lay_out(home)
        environment = {**os.environ, "PATH": f"{home / 'bin'}:{os.environ['PATH']}", "TMPDIR": folder}
        environment["PYTHONDONTWRITEBYTECODE"] = "1"
        script = [sys.executable, "-S", str(home / "transform_single_file.py"), str(home / "good.root")]
        commands = {
            "script": [*script, str(home / "out.root"), "root-file"],
            "toolkit": [str(home / "bin" / "runTop_el.py")],
        }
        runs: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
        for _ in range(files):
            for name, command in commands.items():
                runs[name].append(_seconds(command, environment, home))
    wall, cpu, least = (
        1000 * (figure(run[i] for run in runs["script"]) - figure(run[i] for run in runs["toolkit"]))
        for figure, i in ((median, 0), (median, 1), (min, 0))
    )
    toolkit = 1000 * median(run[0] for run in runs["toolkit"])
    row = {"what": "script", "toolkit_ms": toolkit, "overhead_ms": wall, "least_overhead_ms": least}
    return {**row, "overhead_cpu_ms": cpu, "within_150_ms": wall < MAX_OVERHEAD_MS}


def _lay_out(home: Path) -> None:
    """A pod's folder with the generator's own answer, and a toolkit that takes no time."""
    selection = TopCPToolkitQuery(conffile=YAML).generate_selection_string()
    made = generate(selection, {"TRANSFORMER_SCIENCE_IMAGE": IMAGE})
    (home / "zip").write_bytes(made.archive)
    shutil.unpack_archive(home / "zip", home, "zip")
    request = json.loads((home / "request.json").read_text())
    with uproot.recreate(home / "good.root") as file:
        for tree in request["trees"]["reco"]:
            file.mktree(tree, {"x": "float64"})
            file[tree].extend({"x": [float(n) for n in range(100_000)]})
    (home / "bin").mkdir()
    (home / "bin" / "runTop_el.py").write_text(f"#!/bin/sh\ncp {home}/good.root output.root\n")
    (home / "bin" / "runTop_el.py").chmod(0o755)


def _seconds(command: list[str], env: dict[str, str], folder: Path) -> tuple[float, float]:
    """How long a command takes, and how long the processor works for it."""
    before, began = _processor_time(), perf_counter()
    done = subprocess.run(command, env=env, cwd=folder, capture_output=True, text=True, check=False)
    wall, cpu = perf_counter() - began, _processor_time() - before
    if done.returncode:
        raise SystemExit(f"{command} failed:\n{done.stdout}{done.stderr}")
    return wall, cpu


def _processor_time() -> float:
    """Seconds that the processor has worked for commands that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _figure(value: object) -> str:
    return f"{value:.1f}" if isinstance(value, float) else str(value)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=400)
    parser.add_argument("--files", type=int, default=20)
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "bench")
    return parser.parse_args()


if __name__ == "__main__":
    main()
