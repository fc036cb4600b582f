"""The code generator as ServiceX meets it, and pods for its script."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings
from requests_toolbelt import MultipartDecoder
from topcp_codegen import create_app
from topcp_codegen.deployment import SETTINGS

from .pods import Pod

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from flask.testing import FlaskClient

settings.register_profile("codegen", max_examples=25, deadline=None, derandomize=True)
settings.load_profile("codegen")

IMAGE = "sslhep/servicex_science_image_topcp:2.10.0-25.2.15"
SELECTION = {
    "reco": "CommonServices: {}\n",
    "parton": None,
    "particle": None,
    "max_events": -1,
    "no_systematics": True,
    "no_filter": False,
}


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
    return Codegen(create_app(dict.fromkeys(SETTINGS) | {"TRANSFORMER_SCIENCE_IMAGE": IMAGE} | settings).test_client())


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


@pytest.fixture(scope="session")
def url() -> Iterator[str]:
    """A gunicorn with the package's own configuration, on a free port."""
    command = [sys.executable, "-m", "gunicorn", "-c", "python:topcp_codegen.gunicorn_conf", "-b", "127.0.0.1:0"]
    env = os.environ | {"TRANSFORMER_SCIENCE_IMAGE": IMAGE, "TOPCP_ALLOWED_IMAGES": '["mine/"]'}
    with subprocess.Popen(command, env=env, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as server:
        for line in server.stderr:
            if found := re.search(r"Listening at: (http://\S+)", line):
                break
        yield found[1]
        server.terminate()
        server.stderr.read()
    assert server.returncode == 0
