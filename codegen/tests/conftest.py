"""The code generator as ServiceX meets it, and a pod without Kubernetes: the real script beside stand-in toolkits."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import pytest
import uproot
from requests_toolbelt import MultipartDecoder
from topcp_codegen import create_app
from topcp_codegen.bundle import POD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flask.testing import FlaskClient

IMAGE = "sslhep/servicex_science_image_topcp:2.10.0-25.2.15"
SELECTION = {
    "reco": "CommonServices: {}\n",
    "parton": None,
    "particle": None,
    "max_events": -1,
    "no_systematics": True,
    "no_filter": False,
}
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


@dataclass(frozen=True)
class Answer:
    """A code generator's answer, read as ServiceX's app does: by the order of its parts alone."""

    image: str
    language: str
    command: str
    zip_data: bytes

    @classmethod
    def read(cls, body: bytes, content_type: str) -> Answer:
        image, language, command, archive = MultipartDecoder(body, content_type).parts
        return cls(image.text.strip(), language.text.strip(), command.text.strip(), archive.content)

    @property
    def members(self) -> dict[str, bytes]:
        with zipfile.ZipFile(io.BytesIO(self.zip_data)) as archive:
            return {name: archive.read(name) for name in archive.namelist()}

    @property
    def request(self) -> dict[str, Any]:
        return json.loads(self.members["request.json"])


@dataclass(frozen=True)
class Codegen:
    """A code generator in this process, with settings of its own."""

    http: FlaskClient

    def post(self, selection: object = None, **changes: Any) -> tuple[int, Answer | str]:
        """Status, and the answer or the Message."""
        code = selection if isinstance(selection, str) else json.dumps(selection or SELECTION | changes)
        got = self.http.post("/servicex/generated-code", json={"code": code})
        if got.status_code == 200:
            return 200, Answer.read(got.data, got.content_type)
        return got.status_code, got.get_json()["Message"]

    def made(self, selection: object = None, **changes: Any) -> Answer:
        status, answer = self.post(selection, **changes)
        assert isinstance(answer, Answer), f"{status}: {answer}"
        return answer

    def refused(self, selection: object = None, **changes: Any) -> str:
        """The Message of a 400."""
        status, message = self.post(selection, **changes)
        assert status == 400
        assert isinstance(message, str)
        return message


def make_codegen(**settings: Any) -> Codegen:
    nothing = dict.fromkeys(("TOPCP_ALLOWED_IMAGES", "TOPCP_DEFAULT_RELEASE"))
    return Codegen(create_app(nothing | {"TRANSFORMER_SCIENCE_IMAGE": IMAGE} | settings).test_client())


@pytest.fixture(scope="session")
def answer_of() -> Callable[[bytes, str], Answer]:
    """Read an answer's body, given its content type."""
    return Answer.read


@pytest.fixture
def selection() -> dict[str, Any]:
    """The selection that is posted where a test says nothing."""
    return dict(SELECTION)


@pytest.fixture
def image() -> str:
    """The image that the code generator is set to."""
    return IMAGE


@pytest.fixture(scope="session")
def codegen_with() -> Callable[..., Codegen]:
    """Make a code generator with these settings."""
    return make_codegen


@pytest.fixture(scope="session")
def codegen() -> Codegen:
    """A code generator whose settings name an image and no more."""
    return make_codegen()
