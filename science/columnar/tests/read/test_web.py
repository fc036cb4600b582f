"""Files on web servers: copied whole, whatever the server does on the way, or an error that says what it did."""

from __future__ import annotations

import datetime as dt
import resource
import tempfile
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from topcp_columnar.errors import EngineError, InputError, OutputError, RemoteError
from topcp_columnar.read import open_physlite, remote, web

from .web_server import Site, serving

CONTENT = b"root" + bytes(range(256)) * 4000


@pytest.fixture(autouse=True)
def patience(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No pauses, and a TMPDIR of the test's own."""
    monkeypatch.setattr(web, "PAUSE", 0)
    monkeypatch.setattr(web, "TIMEOUT", 5)
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    return tmp_path / "tmp"


def fetched(site: Site) -> bytes:
    path = remote.fetch(site.url)
    content = path.read_bytes()
    path.unlink()
    return content


def test_a_file_is_copied(patience: Path) -> None:
    with serving(Site(CONTENT)) as site:
        assert fetched(site) == CONTENT
    assert site.requests == [None]
    assert not list(patience.iterdir())


def test_a_transfer_that_breaks_off_is_taken_up_where_it_stopped() -> None:
    with serving(Site(CONTENT, breaks=[1000, 5000, 0, 0, 70_000])) as site:
        assert fetched(site) == CONTENT
    assert site.requests == [None, "bytes=1000-", *["bytes=6000-"] * 3, "bytes=76000-"]


@pytest.mark.parametrize("site", [Site(CONTENT, ranges=False), Site(CONTENT, version="")])
def test_a_server_that_cannot_go_on_is_asked_for_all_of_it_again(site: Site) -> None:
    site.breaks = [1000, 5000]
    with serving(site):
        assert fetched(site) == CONTENT
    assert len(site.requests) == 3


def test_halves_of_two_versions_are_never_put_together() -> None:
    site = Site(CONTENT, breaks=[1000])
    with serving(site, on_break=lambda: site.next_version(CONTENT[::-1])):
        assert fetched(site) == CONTENT[::-1]
    assert site.requests == [None, "bytes=1000-"]


def test_a_busy_server_is_asked_again() -> None:
    with serving(Site(CONTENT, answers=[503, 429, 500, 408])) as site:
        assert fetched(site) == CONTENT


@pytest.mark.parametrize(
    ("answers", "kind", "why", "requests"),
    [
        ([404], InputError, "no such file.* 404 Not Found", 1),
        ([410], InputError, "no such file.* 410 Gone", 1),
        ([403], RemoteError, "refuses it: 403 Forbidden", 1),
        ([401], RemoteError, "refuses it: 401 Unauthorized", 1),
        ([503] * 9, RemoteError, "503 Service Unavailable; tried 5 times", 5),
    ],
)
def test_what_the_server_answers_is_told(
    patience: Path, answers: list[int], kind: type[EngineError], why: str, requests: int
) -> None:
    with serving(Site(CONTENT, answers=answers)) as site, pytest.raises(kind, match=why) as raised:
        remote.fetch(site.url)
    assert str(raised.value).startswith(f"{site.url}: ")
    assert len(site.requests) == requests
    assert not list(patience.iterdir())


def test_a_transfer_that_never_ends_says_how_far_it_came(patience: Path) -> None:
    with (
        serving(Site(CONTENT, breaks=[1000] + [0] * 9)) as site,
        pytest.raises(RemoteError, match=f"after 1000 of {len(CONTENT)} bytes; tried 5 times"),
    ):
        remote.fetch(site.url)
    assert not list(patience.iterdir())


def test_a_server_that_is_not_there_cannot_be_reached() -> None:
    with serving(Site(CONTENT)) as site:
        pass
    with pytest.raises(RemoteError, match="the server cannot be reached: "):
        remote.fetch(site.url)


def test_a_log_in_page_is_called_one_and_nothing_stays_behind(patience: Path) -> None:
    with serving(Site(b"<!DOCTYPE html><html>Log in</html>")) as site, pytest.raises(InputError, match="HTML page"):
        open_physlite(site.url)
    assert not list(patience.iterdir())


def test_a_disk_that_does_not_take_the_file_is_named(patience: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with serving(Site(CONTENT)) as site:
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(CONTENT) // 2, hard))
        try:
            with pytest.raises(OutputError, match=f"cannot be copied to {patience}: File too large"):
                remote.fetch(site.url)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not list(patience.iterdir())


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of this machine that it signed itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - dt.timedelta(days=1)).not_valid_after(now + dt.timedelta(days=1))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    signed = builder.sign(key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    kept = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = tmp_path_factory.mktemp("tls") / "localhost.pem"
    path.write_bytes(signed.public_bytes(pem) + kept)
    return path


def test_a_real_file_is_read_over_tls_from_a_server_that_is_trusted(
    certificate: Path, run2_sample: Path, patience: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = run2_sample.read_bytes()
    with serving(Site(content, breaks=[len(content) // 2]), certificate) as site:
        with pytest.raises(RemoteError, match=r"not trusted: self-signed certificate.* SSL_CERT_FILE"):
            open_physlite(site.url)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        with open_physlite(site.url) as file, open_physlite(str(run2_sample)) as local:
            assert file.n_events == local.n_events
            assert file.location == site.url
            assert list(patience.iterdir())
    assert not list(patience.iterdir())
