"""`topcp doctor`: what is wrong is named, with what to do. Against a ServiceX that answers: tests/e2e."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from servicex_topcp.health import examine

from .command import topcp


def findings(folder: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    done = topcp("doctor", "--json", *arguments, cwd=folder)
    return done.returncode, {one["subject"]: one for one in json.loads(done.stdout)["findings"]}


def state_of_the_proxy() -> str:
    """As the command tells it, without the start of another process."""
    (found,) = [one for one in examine("nowhere.yaml", None) if one.subject == "grid proxy"]
    return found.state


def proxy(path: Path, hours: float, mode: int = 0o600) -> None:
    """Write a certificate that lives so long, as a proxy file begins with one."""
    now = dt.datetime.now(dt.UTC)
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a user")])
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(now - dt.timedelta(days=2)).not_valid_after(now + dt.timedelta(hours=hours))
    path.write_bytes(made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    path.chmod(mode)


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("X509_USER_PROXY", str(tmp_path / "proxy"))
    monkeypatch.delenv("BEARER_TOKEN_FILE", raising=False)


def test_without_a_configuration_it_says_where_to_get_one(tmp_path: Path) -> None:
    code, found = findings(tmp_path)
    assert code == 65
    assert found["client configuration"]["state"] == "wrong"
    assert "servicex.yaml" in found["client configuration"]["advice"]
    assert found["servicex"]["state"] == "ok"


def test_an_endpoint_that_is_down_is_named(tmp_path: Path) -> None:
    url = "http://127.0.0.1:1"  # no server ever listens there
    (tmp_path / "servicex.yaml").write_text(f"api_endpoints: [{{endpoint: '{url}', name: mine}}]\n")
    code, found = findings(tmp_path)
    assert code == 69
    assert found["endpoint"]["state"] == "wrong"
    assert url in found["endpoint"]["found"]


def test_a_backend_that_is_not_configured_is_refused_with_those_that_are(tmp_path: Path) -> None:
    (tmp_path / "servicex.yaml").write_text("api_endpoints: [{endpoint: 'http://x', name: mine}]\n")
    code, found = findings(tmp_path, "--backend", "yours")
    assert code == 65
    assert "mine" in found["endpoint"]["advice"]


@pytest.mark.parametrize(
    ("hours", "mode", "state"), [(12, 0o600, "ok"), (0.5, 0o600, "wrong"), (-1, 0o600, "wrong"), (12, 0o644, "wrong")]
)
def test_a_proxy_must_be_private_and_live_for_an_hour(tmp_path: Path, hours: float, mode: int, state: str) -> None:
    proxy(tmp_path / "proxy", hours, mode)
    assert state_of_the_proxy() == state


def test_no_proxy_is_no_fault_and_a_broken_one_is(tmp_path: Path) -> None:
    assert findings(tmp_path)[1]["grid proxy"]["state"] == "note"
    (tmp_path / "proxy").write_text("nothing")
    assert state_of_the_proxy() == "wrong"
