"""What the keeper of the grid proxy promises: there is always a complete, private proxy, and it says how good it is."""

from __future__ import annotations

import base64
import json
import os
import stat
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from servicex_harness.x509.destinations import Folder, Secret
from servicex_harness.x509.renewal import FIRST_PAUSE, Renewal
from servicex_harness.x509.voms import Maker, Proxy, ProxyError
from servicex_harness.x509.web import WebServer

from .grid import PASSPHRASE, Grid, make_grid

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def grid(tmp_path_factory: pytest.TempPathFactory) -> Grid:
    return make_grid(tmp_path_factory.mktemp("grid"))


@pytest.fixture
def maker(grid: Grid, monkeypatch: pytest.MonkeyPatch) -> Maker:
    monkeypatch.setenv("X509_CERT_DIR", str(grid.authorities))
    return Maker(grid.certificate("user"), grid.key("user"), PASSPHRASE, "", 12, 60)


def stand_in(
    folder: Path, monkeypatch: pytest.MonkeyPatch, init: str, left: int = 43200, attributes: int = 43200
) -> None:
    """Put commands in the place of VOMS's; `init` is bash, with the file to write in $out."""
    find = 'while (($#)); do if [ "$1" = -out ]; then out=$2; fi; shift; done\n'
    info = f'case "$*" in *actimeleft*) echo {attributes};; *) echo {left};; esac\n'
    for name, text in (("voms-proxy-init", find + init), ("voms-proxy-info", info)):
        (folder / name).write_text(f"#!/usr/bin/env bash\n{text}")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


@pytest.mark.needs("voms-proxy-init", "openssl")
def test_a_real_proxy_is_made_from_a_key_with_a_passphrase(maker: Maker, tmp_path: Path) -> None:
    proxy = maker.make()
    assert 11.9 * 3600 < proxy.seconds <= 12 * 3600
    Folder(tmp_path).write(proxy.content)
    said = subprocess.run(
        ["voms-proxy-info", "-file", tmp_path / "x509up", "-identity"], capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == "/DC=test/CN=A User"


@pytest.mark.needs("voms-proxy-init", "openssl")
def test_a_wrong_passphrase_is_told(maker: Maker) -> None:
    wrong = Maker(maker.certificate, maker.key, "wrong", "", 12, 60)
    with pytest.raises(ProxyError, match="voms-proxy-init failed with code"):
        wrong.make()


@pytest.mark.needs("openssl")
def test_the_passphrase_is_on_no_command_line(maker: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(
        tmp_path, monkeypatch, f'tr "\\0" " " </proc/$$/cmdline >{tmp_path}/seen; cat >{tmp_path}/read; echo p >"$out"'
    )
    maker.make()
    assert PASSPHRASE not in (tmp_path / "seen").read_text()
    assert (tmp_path / "read").read_text() == f"{PASSPHRASE}\n"


@pytest.mark.needs("openssl")
@pytest.mark.parametrize(
    ("init", "word"),
    [
        ("echo no such VO >&2; exit 3", "no such VO"),
        ("exit 0", "left no proxy"),
        ("sleep 3600 & sleep 3600", "not done within"),
    ],
    ids=["fails", "says nothing", "hangs"],
)
def test_a_command_that_fails_or_hangs_is_told_and_the_old_proxy_stays(
    init: str,
    word: str,
    maker: Maker,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    stand_in(tmp_path, monkeypatch, init)
    quick = Maker(maker.certificate, maker.key, "", "atlas", 12, 0.5)
    folder = Folder(tmp_path / "proxy")
    folder.write(b"old")
    renewal = Renewal(quick.make, [folder], 0.5, 3600)
    renewal.ends = time.time() + 7200
    assert renewal.step() == FIRST_PAUSE
    assert renewal.step() == 2 * FIRST_PAUSE
    assert word in caplog.text
    assert (tmp_path / "proxy" / "x509up").read_text() == "old"
    assert renewal.ready


@pytest.mark.needs("openssl")
def test_attributes_that_end_early_shorten_the_life(
    maker: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(tmp_path, monkeypatch, 'echo proxy >"$out"', attributes=600)
    assert Maker(maker.certificate, maker.key, "", "atlas", 12, 60).make().seconds == 600


def renewal_of(*proxies: Proxy, destinations: list[Any], now: list[float]) -> Renewal:
    coming = iter(proxies)
    return Renewal(lambda: next(coming), destinations, 0.5, 3600, clock=lambda: now[0])


def test_a_proxy_is_renewed_at_a_fraction_of_its_life(tmp_path: Path) -> None:
    now = [0.0]
    renewal = renewal_of(Proxy(b"one", 40000), Proxy(b"two", 40000), destinations=[Folder(tmp_path)], now=now)
    assert renewal.step() == 20000
    now[0] = 20000.0
    assert renewal.seconds_left == 20000
    assert renewal.step() == 20000
    assert (tmp_path / "x509up").read_text() == "two"
    assert renewal.seconds_left == 40000


def test_a_short_life_is_refused_while_the_old_proxy_is_good(tmp_path: Path) -> None:
    now = [0.0]
    proxies = (Proxy(b"long", 40000), Proxy(b"short", 100), Proxy(b"ends first", 10000))
    renewal = renewal_of(*proxies, destinations=[Folder(tmp_path)], now=now)
    renewal.step()
    for _ in range(2):
        assert renewal.step() < 60
        assert (tmp_path / "x509up").read_text() == "long"
    assert renewal.ready
    now[0] = 36500.0
    assert not renewal.ready


@pytest.mark.parametrize("mode", [0o400, 0o600])
def test_the_file_is_private_and_replaced_as_a_whole(mode: int, tmp_path: Path) -> None:
    previous = os.umask(0)
    try:
        folder = Folder(tmp_path / "proxy", mode)
        folder.write(b"one")
        with (tmp_path / "proxy" / "x509up").open("rb") as reader:
            folder.write(b"two")
            assert reader.read() == b"one"
    finally:
        os.umask(previous)
    (file,) = (tmp_path / "proxy").iterdir()
    assert (file.name, file.read_bytes(), stat.S_IMODE(file.stat().st_mode)) == ("x509up", b"two", mode)


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ProxyError, match="cannot be written"):
        Folder(tmp_path / "file").write(b"proxy")


class _Kubernetes(BaseHTTPRequestHandler):
    """As much of Kubernetes' API as Secrets of one namespace need."""

    secrets: ClassVar[dict[str, dict[str, str]]]
    methods: ClassVar[list[str]]

    def do_PATCH(self) -> None:
        name, body = self.path.rsplit("/", 1)[1], self._body()
        self.methods.append("PATCH")
        if self.headers["Authorization"] != "Bearer token":
            self._answer(401)
        elif name in self.secrets:
            self.secrets[name] |= body["data"]
            self._answer(200)
        else:
            self._answer(404)

    def do_POST(self) -> None:
        body = self._body()
        self.methods.append("POST")
        self.secrets[body["metadata"]["name"]] = body["data"]
        self._answer(201)

    def _body(self) -> Any:
        return json.loads(self.rfile.read(int(self.headers["Content-Length"])))

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def kubernetes() -> Iterator[tuple[type[_Kubernetes], str]]:
    class Handler(_Kubernetes):
        secrets: ClassVar[dict[str, dict[str, str]]] = {}
        methods: ClassVar[list[str]] = []

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield Handler, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_secret_is_made_once_and_then_updated_in_place(
    kubernetes: tuple[type[_Kubernetes], str], tmp_path: Path
) -> None:
    handler, url = kubernetes
    (tmp_path / "token").write_text("token\n")
    secret = Secret("x509-proxy", "servicex", url, tmp_path / "token", None)
    secret.write(b"one")
    secret.write(b"two")
    assert handler.methods == ["PATCH", "POST", "PATCH"]
    assert base64.b64decode(handler.secrets["x509-proxy"]["x509up"]) == b"two"


def test_a_secret_that_is_refused_is_told(kubernetes: tuple[type[_Kubernetes], str], tmp_path: Path) -> None:
    _, url = kubernetes
    (tmp_path / "token").write_text("of somebody else")
    with pytest.raises(ProxyError, match="401"):
        Secret("x509-proxy", "servicex", url, tmp_path / "token", None).write(b"proxy")


def get(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_readiness_and_metrics_tell_the_life_that_is_left(tmp_path: Path) -> None:
    now = [0.0]
    renewal = renewal_of(Proxy(b"secret content", 40000), destinations=[Folder(tmp_path)], now=now)
    with WebServer(0, renewal) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}"
        assert get(f"{url}/ready")[0] == 503
        renewal.step()
        assert get(f"{url}/ready") == (200, "40000 s left\n")
        now[0] = 38000.0
        assert get(f"{url}/ready") == (503, "2000 s left\n")
        assert get(f"{url}/live")[0] == 200
        status, metrics = get(f"{url}/metrics")
        server.shutdown()
        thread.join()
    assert status == 200
    assert "\nx509_proxy_seconds_left 2000.0\n" in metrics
    assert "\nx509_proxy_renewals_total 1\n" in metrics
    assert "secret content" not in metrics


@pytest.mark.needs("voms-proxy-init", "openssl")
def test_the_command_makes_a_proxy_with_the_passphrase_from_standard_input(grid: Grid, tmp_path: Path) -> None:
    files = ["--certificate", grid.certificate("user"), "--key", grid.key("user"), "--passphrase-file", "-"]
    done = subprocess.run(
        [sys.executable, "-m", "servicex_harness.x509", *files, "--out", tmp_path, "--once"],
        env={**os.environ, "X509_CERT_DIR": str(grid.authorities)},
        input=f"{PASSPHRASE}\n",
        capture_output=True,
        text=True,
        check=True,
    )
    assert (tmp_path / "x509up").read_bytes().startswith(b"-----BEGIN CERTIFICATE-----")
    assert PASSPHRASE not in done.stderr


@pytest.mark.parametrize("arguments", [(), ("--out", "/tmp/x", "--mode", "0644"), ("--secret", "outside")])
def test_what_cannot_be_is_refused_at_once(arguments: tuple[str, ...]) -> None:
    done = subprocess.run([sys.executable, "-m", "servicex_harness.x509", *arguments], capture_output=True, check=False)
    assert done.returncode == 64
