"""A running harness, and helpers to watch it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import httpx
import psutil

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

TESTS = Path(__file__).parent
READY_SECONDS = 60


def wait_until(condition: Callable[[], bool], seconds: float = 30) -> None:
    """Poll until the condition holds; fail if it does not."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the awaited condition did not come"
        time.sleep(0.05)


def descendants(pid: int) -> set[int]:
    """Return the ids of all processes below `pid`."""
    try:
        return {process.pid for process in psutil.Process(pid).children(recursive=True)}
    except psutil.NoSuchProcess:
        return set()


def alive(pid: int) -> bool:
    """Whether a process runs (a zombie does not)."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def watch_the_log(directory: Path, sample: Path, *options: str) -> None:
    """Run `servicex-harness transform` on a file that comes only once the script is seen to wait for it."""
    source, query = directory / "input.root", directory / "query.json"
    source.touch()
    query.write_text(json.dumps({"mode": "waits", "events": 5}))
    command = [sys.executable, "-m", "servicex_harness", "transform", "--codegen", "copying_codegen:create_app"]
    command += ["--query", str(query), "--input", str(source), "--dir", str(directory / "out"), *options]
    environment = {**os.environ, "PYTHONPATH": str(TESTS)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert any(line == "  | waiting\n" for line in process.stdout)
        source.write_bytes(sample.read_bytes())
        said = process.stdout.read()
    assert process.returncode == 0, said
    assert said.count("Transform stats: Total Events: 5") == 1
    assert (directory / "out" / "output").read_bytes() == sample.read_bytes()


def outputs(status: dict[str, Any]) -> dict[str, bytes]:
    """Return what the store holds for a request, by key."""
    keys = {"aws_access_key_id": status["minio-access-key"], "aws_secret_access_key": status["minio-secret-key"]}
    client = boto3.client("s3", endpoint_url=f"http://{status['minio-endpoint']}", region_name="us-east-1", **keys)
    bucket = status["request_id"]
    listed = client.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    found = [item["Key"] for page in listed for item in page.get("Contents", [])]
    return {key: client.get_object(Bucket=bucket, Key=key)["Body"].read() for key in found}


@dataclass
class HarnessProcess:
    """A `servicex-harness up` that has said it is ready."""

    process: subprocess.Popen[str]
    directory: Path
    url: str
    terminal: Path

    def get(self, path: str, **params: str) -> httpx.Response:
        """Ask the API."""
        return httpx.get(f"{self.url}{path}", params=params)

    def submit(self, *files: Path | str, mode: str = "copy", **fields: object) -> httpx.Response:
        """Send a submission as the client does, some fields changed."""
        body = {
            "title": mode,
            "file-list": [str(file) for file in files],
            "selection": json.dumps({"mode": mode, "events": 5}),
            "codegen": "copying",
            "result-destination": "object-store",
            "result-format": "root-file",
        }
        return httpx.post(f"{self.url}/servicex/transformation", json=body | fields, timeout=30)

    def status(self, request_id: str) -> dict[str, Any]:
        """Return the status of a request."""
        reply: dict[str, Any] = self.get(f"/servicex/transformation/{request_id}").json()
        return reply

    def finished(self, request_id: str) -> dict[str, Any]:
        """Return the status once the request is done."""
        wait_until(lambda: self.status(request_id)["status"] != "Running")
        return self.status(request_id)

    def client(self, *command: str | Path, text: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command of the real client where servicex.yaml is."""
        environment = {**os.environ, "COLUMNS": "300", "BROWSER": "true"}
        return subprocess.run(
            [sys.executable, *command],
            cwd=self.directory,
            env=environment,
            input=text,
            capture_output=True,
            text=True,
            check=True,
        )

    def stop(self) -> int:
        """Ask the harness to end, and return its exit code."""
        self.process.terminate()
        return self.process.wait(30)


def up(directory: Path, *arguments: str | Path, before: Sequence[str | Path] = ()) -> subprocess.Popen[str]:
    """Start `servicex-harness up` with the copying transformer, by way of another command if one is named before it."""
    command = [*before, sys.executable, "-m", "servicex_harness", "up", "--port", "0", "--dir", directory, *arguments]
    with directory.with_suffix(".terminal").open("w") as terminal:
        return subprocess.Popen(
            [*command, "--codegen", "copying=copying_codegen:create_app"],
            env={**os.environ, "PYTHONPATH": str(TESTS)},
            stdout=subprocess.PIPE,
            stderr=terminal,
            text=True,
        )


def ready(directory: Path, *arguments: str | Path, before: Sequence[str | Path] = ()) -> HarnessProcess:
    """Start a harness and wait until it says that it is ready."""
    process = up(directory, *arguments, before=before)
    assert process.stdout
    line = process.stdout.readline()
    terminal = directory.with_suffix(".terminal")
    assert line.startswith("ready: http://127.0.0.1:"), terminal.read_text()
    process.stdout.close()
    return HarnessProcess(process, directory, line.split()[1], terminal)
