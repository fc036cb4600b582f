"""A pod without Kubernetes: the real script in a folder like /generated, beside stand-ins of runTop_el.py."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import pytest
import uproot
from topcp_codegen.bundle import POD

if TYPE_CHECKING:
    from collections.abc import Iterator

REQUEST = {"max_events": -1, "no_systematics": False, "no_filter": False}


@dataclass
class Pod:
    """One pod's folders. `toolkit` says how its runTop_el.py behaves; `start` and `run` give it a file."""

    home: Path
    env: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("generated", "bin", "tmp", "out", "cwd"):
            (self.home / name).mkdir()
        os.mkfifo(self.home / "alive")
        shutil.copy(POD / "transform_single_file.py", self.home / "generated")
        self.ask()
        with uproot.recreate(self.home / "good.root") as file:
            file["reco"] = {"el_pt_NOSYS": [1.0, 2.0, 3.0]}
        self.env = {
            "PATH": f"{self.home / 'bin'}:{os.environ['PATH']}",
            "TMPDIR": str(self.home / "tmp"),
            "GOOD": str(self.home / "good.root"),
            "SEEN": str(self.home / "seen.json"),
            "ALIVE": str(self.home / "alive"),
        }

    @property
    def output(self) -> Path:
        return self.home / "out" / "root:::host::data:file.root"

    def ask(self, *, levels: tuple[str, ...] = ("reco",), **request: Any) -> None:
        """What codegen's zip would say."""
        generated = self.home / "generated"
        generated.joinpath("request.json").write_text(json.dumps(REQUEST | request))
        for level in levels:
            generated.joinpath(f"{level}.yaml").write_text(f"# {level}\n")

    def toolkit(self, behaviour: str) -> None:
        """Make a runTop_el.py that does `behaviour`, which is Python."""
        program = self.home / "bin" / "runTop_el.py"
        program.write_text(f"#!{sys.executable}\nimport json, os, shutil, signal, subprocess, sys, time\n{behaviour}\n")
        program.chmod(0o755)

    def start(self, *arguments: str | bytes | Path) -> subprocess.Popen[str]:
        """Start the script as watch.sh does: its two streams are one."""
        script = self.home / "generated" / "transform_single_file.py"
        given = arguments or ("root://host//data/file.root", self.output, "root-file")
        return subprocess.Popen(
            [sys.executable, script, *given],
            cwd=self.home / "cwd",
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *arguments: str | bytes | Path) -> tuple[int, str]:
        """Exit code and log."""
        with self.start(*arguments) as process:
            log, _ = process.communicate()
            return process.returncode, log

    @contextmanager
    def alive(self) -> Iterator[BinaryIO]:
        """What reads to its end only once every process has ended that opened ALIVE or inherited it."""
        with (self.home / "alive").open("rb") as pipe:
            yield pipe

    def left_over(self) -> list[Path]:
        """Everything that should not be there after a file."""
        return [path for name in ("tmp", "out", "cwd") for path in (self.home / name).iterdir() if path != self.output]


@pytest.fixture
def pod(tmp_path: Path) -> Pod:
    return Pod(tmp_path)
