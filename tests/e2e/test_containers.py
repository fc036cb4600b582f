"""All of it in containers, on a real object store: what `make e2e` promises.

The client is in an environment that holds `servicex` and our client only. Code generator, sidecar and science container
are the images that `make build-images` makes; the object store is MinIO, the one that ServiceX uses.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import uproot
import yaml
from servicex_harness.store.client import S3Address, Store
from servicex_topcp.query.toolkit import TopCPToolkitQuery

from tests.conftest import COMMANDS, EXAMPLES
from tests.e2e.test_deliver import failures
from tests.images.conftest import address
from tests.images.containers import ROOT, docker, started, tag

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900), pytest.mark.needs("docker", "minio")]
TALK = EXAMPLES / "talk" / "reco.yaml"
KEY, SECRET = "e2e-minio-key", "e2e-minio-secret-key"
PROXY = "MIIE-the-private-key-of-a-proxy"
HOLD_SECRETS = {"servicex.yaml", "token-key"}  # files of the harness that exist to hold them


def wait_until(condition: Callable[[], bool], seconds: float, said: Path) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, said.read_text()
        time.sleep(0.2)


@pytest.fixture(scope="module")
def minio_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the store; its log is there."""
    return tmp_path_factory.mktemp("minio")


@pytest.fixture(scope="module")
def minio(minio_home: Path) -> Iterator[str]:
    """A running MinIO; its address."""
    home = minio_home
    with socket.create_server(("127.0.0.1", 0)) as free:
        endpoint = f"127.0.0.1:{free.getsockname()[1]}"
    log = home / "log"
    with (
        log.open("w") as output,
        subprocess.Popen(
            ["minio", "server", "--quiet", "--address", endpoint, "--console-address", "127.0.0.1:0", home / "data"],
            env={**os.environ, "MINIO_ROOT_USER": KEY, "MINIO_ROOT_PASSWORD": SECRET, "HOME": str(home)},
            stdout=output,
            stderr=output,
        ) as process,
    ):
        try:
            wait_until(lambda: answers(f"http://{endpoint}/minio/health/live"), 60, log)
            yield endpoint
        finally:
            process.terminate()


def answers(url: str) -> bool:
    try:
        return httpx.get(url).is_success
    except httpx.TransportError:
        return False


@pytest.fixture(scope="module")
def codegen_container() -> Iterator[str]:
    """The code generator's container; its id."""
    options = ("--publish", "127.0.0.1::5000", "--env", f"TRANSFORMER_SCIENCE_IMAGE={tag('columnar')}")
    with started("codegen", options=options) as container:
        yield container


@pytest.fixture(scope="module")
def codegen(codegen_container: str) -> str:
    """The code generator's URL."""
    return address(codegen_container)


@dataclass
class Harness:
    """A running harness whose pods are containers."""

    home: Path
    url: str
    process: subprocess.Popen[str]

    def pods(self) -> list[str]:
        """The ids of its containers, and the names of its volumes."""
        ours = ("--quiet", "--filter", f"label=servicex-harness.directory={self.home}")
        return [
            *docker("ps", "--all", *ours).stdout.split(),
            *docker("volume", "ls", *ours).stdout.split(),
        ]


@pytest.fixture
def up(tmp_path: Path, minio: str, codegen: str) -> Callable[[], Any]:
    """Start a harness, the same one again after it has ended; it takes further options."""
    home = tmp_path / "servicex"

    @contextmanager
    def start(*options: str | Path) -> Iterator[Harness]:
        environment = os.environ | {"MINIO_ACCESS_KEY": KEY, "MINIO_SECRET_KEY": SECRET}
        store = ["--s3-endpoint", minio, *options]
        pods = ["--science", tag("columnar"), "--codegen", f"topcp={codegen}", "--workers", "2"]
        command = [COMMANDS / "servicex-harness", "up", "--dir", home, "--port", "0", *store, *pods]
        home.mkdir(exist_ok=True)
        log = home / "harness.log"
        with (
            log.open("a") as errors,
            subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment) as process,
        ):
            try:
                assert process.stdout
                line = process.stdout.readline()
                assert line.startswith("ready"), log.read_text()
                yield Harness(home, line.split()[1], process)
            finally:
                process.terminate()

    return start


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment with `servicex` and our client, and nothing else of this repository."""
    environment = tmp_path_factory.mktemp("client") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    pip = [sys.executable, "-m", "pip", "--quiet", "--python", environment / "bin" / "python", "install"]
    subprocess.run([*pip, "--require-hashes", "--requirement", ROOT / "requirements" / "client.txt"], check=True)
    wheels = environment / "wheels"
    build = [sys.executable, "-m", "pip", "--quiet", "wheel", "--no-deps", "--no-build-isolation"]
    subprocess.run([*build, "--wheel-dir", wheels, ROOT / "science" / "config", ROOT / "client"], check=True)
    subprocess.run([*pip, "--no-deps", "--no-index", *wheels.glob("*.whl")], check=True)
    return environment / "bin" / "python"


@pytest.fixture
def inputs(tmp_path: Path, run2_sample: Path) -> dict[str, Path]:
    """Two good files and two bad ones, readable by all, as the science container's user is another."""
    files = {name: tmp_path / f"{name}.root" for name in ("first", "second", "page", "cut")}
    sample = run2_sample.read_bytes()
    for name, content in zip(files, (sample, sample, b"<html>503</html>", sample[:100_000]), strict=True):
        files[name].write_bytes(content)
        files[name].chmod(0o644)
    return files


def test_deliver_brings_the_good_files_and_the_reasons_of_the_bad_ones(
    up: Callable[[], Any], client: Path, inputs: dict[str, Path], tmp_path: Path
) -> None:
    files = [part for file in inputs.values() for part in ("--file", file)]
    command = [client, EXAMPLES / "deliver_topcp.py", "--conffile", TALK, *files, "--out", tmp_path / "out"]
    with up() as harness:
        done = subprocess.run(command, cwd=harness.home, capture_output=True, text=True, check=False, timeout=600)
        reasons = failures(done)
    assert len(reasons) == 2
    assert any("page.root: it is no ROOT file" in reason for reason in reasons)
    assert any("cut.root was cut off" in reason for reason in reasons)
    ntuples = sorted((tmp_path / "out").iterdir())
    assert len(ntuples) == 2  # their names are shortened, as the example's client asks
    for ntuple in ntuples:
        with uproot.open(ntuple) as file:
            assert file["reco"].num_entries == 100
    assert harness.process.wait() == 0
    assert harness.pods() == []


def submit(harness: Harness, *files: Path) -> str:
    """Submit a request; its path in the API."""
    submission = {
        "title": "submitted",
        "file-list": [str(file) for file in files],
        "selection": TopCPToolkitQuery(conffile=TALK, no_systematics=True).generate_selection_string(),
        "codegen": "topcp",
        "result-destination": "object-store",
        "result-format": "root-file",
    }
    got = httpx.post(f"{harness.url}/servicex/transformation", json=submission, timeout=60)
    assert got.status_code == 200, got.text
    return f"/servicex/transformation/{got.json()['request_id']}"


def test_a_request_that_is_cancelled_and_deleted_leaves_no_pod_and_no_bucket(
    up: Callable[[], Any], inputs: dict[str, Path], minio: str
) -> None:
    with up() as harness:
        request = submit(harness, inputs["first"], inputs["second"])
        wait_until(lambda: harness.pods() != [], 60, harness.home / "harness.log")
        assert httpx.post(f"{harness.url}{request}/cancel").is_success
        wait_until(lambda: harness.pods() == [], 60, harness.home / "harness.log")
        assert httpx.get(harness.url + request).json()["status"] == "Canceled"
        assert httpx.delete(harness.url + request).is_success
        store = Store(S3Address(minio, KEY, SECRET))
        assert request.rpartition("/")[2] not in store.buckets()


def test_a_harness_that_is_killed_outright_finishes_when_it_is_started_again(
    up: Callable[[], Any], inputs: dict[str, Path]
) -> None:
    with up() as harness:
        request = submit(harness, inputs["first"], inputs["second"])
        wait_until(lambda: harness.pods() != [], 60, harness.home / "harness.log")
        harness.process.kill()
    with up() as harness:
        log = harness.home / "harness.log"
        wait_until(lambda: httpx.get(harness.url + request).json()["status"] == "Complete", 300, log)
        status = httpx.get(harness.url + request).json()
        assert (status["files"], status["files-completed"], status["files-failed"]) == (2, 2, 0), log.read_text()
    assert harness.process.wait() == 0
    assert harness.pods() == []


@pytest.fixture
def proxy(tmp_path: Path) -> Path:
    """A folder with what looks like a grid proxy, for the pods' user."""
    folder = tmp_path / "proxy"
    folder.mkdir()
    (folder / "x509up").write_text(f"-----BEGIN PRIVATE KEY-----\n{PROXY}\n-----END PRIVATE KEY-----\n")
    (folder / "x509up").chmod(0o644)
    return folder


@contextmanager
def followed(harness: Harness, folder: Path) -> Iterator[None]:
    """Write what each container of the harness's pods prints, to its end, into a file of `folder`."""
    folder.mkdir()
    ended, followers = threading.Event(), {}
    label = f"label=servicex-harness.directory={harness.home}"

    def follow() -> None:
        while not ended.wait(0.1):
            for pod in docker("ps", "--all", "--quiet", "--filter", label).stdout.split():
                if pod not in followers:
                    with (folder / pod).open("w") as said:
                        followers[pod] = subprocess.Popen(["docker", "logs", "--follow", pod], stdout=said, stderr=said)

    thread = threading.Thread(target=follow)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        for follower in followers.values():
            follower.wait()


def told_of_requests(harness: Harness, token: str) -> list[str]:
    """What the API and the pages answer of all requests; the status of one holds the store's keys by contract."""
    with httpx.Client(base_url=harness.url, headers={"Authorization": f"Bearer {token}"}) as api:
        (request,) = api.get("/servicex/transformation").json()["requests"]
        base = f"/servicex/transformation/{request['request_id']}"
        failed = api.get(base).json()["failure-info"]
        page = f"/transformation-request/{request['request_id']}/results"
        paths = [f"{base}/results", f"{base}/logs?level=info", page, *(one["log-url"] for one in failed)]
        return [api.get(path).text for path in paths]


def test_keys_tokens_and_proxy_are_in_no_log_page_file_or_ntuple(
    up: Callable[[], Any],
    client: Path,
    inputs: dict[str, Path],
    proxy: Path,
    codegen_container: str,
    minio_home: Path,
    tmp_path: Path,
) -> None:
    files = ("--file", inputs["first"], "--file", inputs["cut"])
    command = [client, EXAMPLES / "deliver_topcp.py", "--conffile", TALK, "--out", tmp_path / "out", *files]
    with up("--auth", "--x509", proxy) as harness:
        with followed(harness, tmp_path / "pods"):
            done = subprocess.run(command, cwd=harness.home, capture_output=True, text=True, check=False)
            wait_until(lambda: harness.pods() == [], 60, harness.home / "harness.log")
        (endpoint,) = yaml.safe_load((harness.home / "servicex.yaml").read_text())["api_endpoints"]
        refresh = httpx.post(f"{harness.url}/token/refresh", headers={"Authorization": f"Bearer {endpoint['token']}"})
        access = refresh.json()["access_token"]
        pages = told_of_requests(harness, access)
    folders = (harness.home, tmp_path / "pods", tmp_path / "out")
    kept = [file for folder in folders for file in folder.rglob("*") if file.is_file()]
    texts = {str(file): file.read_bytes() for file in [*kept, minio_home / "log"] if file.name not in HOLD_SECRETS}
    texts |= {f"answer {number}": page.encode() for number, page in enumerate(pages)}
    generator = docker("logs", codegen_container)
    said = {"client": done.stdout + done.stderr, "code generator": generator.stdout + generator.stderr}
    texts |= {name: text.encode() for name, text in said.items()}

    # Where it was looked: the sidecar's and the science container's words, a success, a failure and its page.
    assert len(list((tmp_path / "pods").iterdir())) >= 2
    assert all((tmp_path / "pods" / pod.name).stat().st_size > 0 for pod in (tmp_path / "pods").iterdir())
    assert len(list((tmp_path / "out").iterdir())) == 1
    assert any(b"cut.root was cut off" in text for name, text in texts.items() if name.startswith("answer"))
    secrets = (SECRET, PROXY, access, endpoint["token"], (harness.home / "token-key").read_text())
    assert not [(name, secret) for name, text in texts.items() for secret in secrets if secret.encode() in text]
