"""The images' code generator at work, its answer, and the pods that it is for."""

from __future__ import annotations

import io
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from requests_toolbelt import MultipartDecoder
from servicex_topcp.query.toolkit import TopCPToolkitQuery

from .containers import ROOT, docker, started, tag
from .pod import Pod

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TALK = ROOT / "client" / "examples" / "talk" / "reco.yaml"


@pytest.fixture(scope="session")
def talk() -> Path:
    """The YAML of the first TopCPToolkit example."""
    return TALK


def address(container: str) -> str:
    """The address on this machine of a code generator's container, once it takes connections."""
    url = f"http://{docker('port', container, '5000').stdout.split()[0]}"
    deadline = time.monotonic() + 60
    while True:
        try:
            httpx.get(f"{url}/version")
        except httpx.TransportError:
            assert time.monotonic() < deadline, docker("logs", container).stderr
            time.sleep(0.1)
        else:
            return url


@pytest.fixture(scope="session")
def codegen() -> Iterator[str]:
    """A container of the code generator; its id."""
    options = ("--publish", "127.0.0.1::5000", "--env", f"TRANSFORMER_SCIENCE_IMAGE={tag('columnar')}")
    with started("codegen", options=options) as container:
        yield container


@pytest.fixture(scope="session")
def codegen_url(codegen: str) -> str:
    return address(codegen)


@pytest.fixture(scope="session")
def answer(codegen_url: str) -> list[bytes]:
    """What the code generator answers to the client's query: image, language, command and zip."""
    selection = TopCPToolkitQuery(conffile=TALK, no_systematics=True).generate_selection_string()
    got = httpx.post(f"{codegen_url}/servicex/generated-code", json={"code": selection})
    assert got.status_code == 200, got.text
    return [part.content for part in MultipartDecoder(got.content, got.headers["Content-Type"]).parts]


@pytest.fixture(scope="session")
def generated(answer: list[bytes]) -> dict[str, bytes]:
    """The files that ServiceX mounts at /generated."""
    with zipfile.ZipFile(io.BytesIO(answer[3])) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture
def pod(tmp_path: Path, generated: dict[str, bytes]) -> Callable[..., Pod]:
    """Make a pod, given the options of its bash."""
    return lambda *shell: Pod(tmp_path, generated, shell)


@pytest.fixture(scope="session")
def ntuple(tmp_path_factory: pytest.TempPathFactory, run2_sample: Path) -> Path:
    """What the engine makes of the sample outside of any container."""
    work = tmp_path_factory.mktemp("host")
    (work / "customConfig").mkdir()
    (work / "customConfig" / "reco.yaml").write_text(TALK.read_text())
    (work / "input.txt").write_text(f"{run2_sample.absolute()}\n")
    command = [Path(sys.executable).with_name("runTop_el.py"), "-i", "input.txt", "-o", "output", "-t", "customConfig"]
    subprocess.run([*command, "--no-systematics"], cwd=work, check=True, capture_output=True)
    return work / "output.root"
