"""What ServiceX's dialogue on one machine costs beside the engine alone, for each file and for each request.

Run: make bench, or python benchmarks/harness.py [--repeats N] [--folder DIR] [--sample PHYSLITE.root]

The same file and the same configuration, in turns: the engine's command alone, the transform script that runs it, and
requests of one file and of two to `servicex-harness up` with one worker, over its REST API. Of each the best time
counts, since all else that runs on the machine only adds. The ServiceX client is not in it: it asks every five seconds
only, which would hide all the rest. The figures also go to harness.json in the folder.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from requests_toolbelt import MultipartDecoder
from servicex import query as q

HERE = Path(__file__).parent
BIN = Path(sys.executable).parent
CONFIGURATION = HERE.parent / "client" / "examples" / "talk" / "reco.yaml"
POLL_SECONDS = 0.02


def main() -> None:
    """Time all four, print the table and write the figures."""
    arguments = _arguments()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        files = _copies(arguments.sample or _get_sample(), work)
        figures = _measure(work, files, arguments.repeats)
    (arguments.folder / "harness.json").write_text(json.dumps(figures, indent=1) + "\n")
    print(_table(figures))


def _measure(work: Path, files: list[Path], repeats: int) -> dict[str, float]:
    """Return the best seconds: of engine and script for a file, of requests of one file and of two."""
    selection = q.TopCPToolkit(conffile=str(CONFIGURATION)).generate_selection_string()
    with _harness(work / "harness") as url:
        script = _script(url, selection, work / "code")
        turns = [_turn(url, selection, script, files, work) for _ in range(repeats)]
    return {name: min(turn[name] for turn in turns) for name in turns[0]} | {"repeats": repeats}


def _turn(url: str, selection: str, script: Path, files: list[Path], work: Path) -> dict[str, float]:
    one, two = _request(url, selection, files[:1]), _request(url, selection, files)
    return {
        "engine_per_file": _seconds(_engine(script, files[0], work)),
        "script_per_file": _seconds(_transform(script, files[0], work)),
        "submission": one["submitted"],
        "request_of_one_file": one["done"],
        "request_of_two_files": two["done"],
    }


def _table(figures: dict[str, float]) -> str:
    per_file = figures["request_of_two_files"] - figures["request_of_one_file"]
    rows = [
        ("the engine's command alone, a file", figures["engine_per_file"]),
        ("  + transform script", figures["script_per_file"] - figures["engine_per_file"]),
        ("  + harness: dialogue, upload, books", per_file - figures["script_per_file"]),
        ("a request, beside its files", figures["request_of_one_file"] - per_file),
        ("  of it code generation and submission", figures["submission"]),
    ]
    engine = figures["engine_per_file"]
    return "\n".join(f"{what:42} {seconds:8.3f} s {seconds / engine:8.1%} of the engine" for what, seconds in rows)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5, choices=range(1, 100), metavar="N")
    parser.add_argument("--folder", type=Path, default=HERE.parent / "build" / "bench")
    parser.add_argument("--sample", type=Path, help="the real sample of 100 events (default: fetched)")
    return parser.parse_args()


def _get_sample() -> Path:
    getter = HERE.parent / "client" / "examples" / "get_sample.py"
    command = [sys.executable, str(getter), str(HERE.parent / "build" / "samples")]
    return Path(subprocess.check_output(command, text=True).strip())


def _copies(sample: Path, work: Path) -> list[Path]:
    paths = [work / "first.root", work / "second.root"]
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


def _script(url: str, selection: str, folder: Path) -> Path:
    """Unpack the generated code, and return its script."""
    codegen = httpx.get(f"{url}/servicex").json()["code-gen-image"]["topcp"]
    answer = httpx.post(f"{codegen}/servicex/generated-code", json={"code": selection}, timeout=60)
    parts = MultipartDecoder(answer.content, answer.headers["content-type"]).parts
    zipfile.ZipFile(io.BytesIO(parts[3].content)).extractall(folder)
    return folder / parts[2].text.strip().removeprefix("/generated/")


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


def _seconds(command: list[str]) -> float:
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    began = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        raise SystemExit(f"{command[0]} failed:\n{done.stdout}{done.stderr}")
    return time.perf_counter() - began


def _request(url: str, selection: str, files: list[Path]) -> dict[str, float]:
    """Submit and wait; return the seconds until it was accepted and until it was done."""
    body: dict[str, Any] = {"title": "bench", "selection": selection, "codegen": "topcp", "result-format": "root-file"}
    body |= {"file-list": [str(file) for file in files], "result-destination": "object-store"}
    with httpx.Client(base_url=url, timeout=120) as client:
        began = time.perf_counter()
        request_id = client.post("/servicex/transformation", json=body).raise_for_status().json()["request_id"]
        submitted = time.perf_counter() - began
        while (status := client.get(f"/servicex/transformation/{request_id}").json())["status"] == "Running":
            time.sleep(POLL_SECONDS)
        done = time.perf_counter() - began
    if status["files-completed"] != len(files):
        raise SystemExit(f"files failed: {status['failure-info']}")
    return {"submitted": submitted, "done": done}


if __name__ == "__main__":
    main()
