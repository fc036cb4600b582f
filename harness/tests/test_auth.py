"""With --auth a client needs the token of servicex.yaml, as it does for ServiceX."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import httpx
import jwt
import pytest
import yaml
from servicex_harness.api.auth import Tokens
from servicex_harness.errors import AuthorizationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from .support import HarnessProcess

KEY = "a key that is long enough to sign with"


@pytest.fixture(scope="module")
def guarded(
    tmp_path_factory: pytest.TempPathFactory, start_module_harness: Callable[..., HarnessProcess]
) -> HarnessProcess:
    return start_module_harness(tmp_path_factory.mktemp("guarded") / "state", "--auth")


def token_of(harness: HarnessProcess) -> str:
    configuration = yaml.safe_load((harness.directory / "servicex.yaml").read_text())
    token: str = configuration["api_endpoints"][0]["token"]
    return token


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_the_real_client_gets_in_with_its_configuration(guarded: HarnessProcess) -> None:
    assert guarded.client("-m", "servicex.app.main", "transforms", "list").returncode == 0


def test_the_configuration_with_the_token_is_for_its_owner_only(guarded: HarnessProcess) -> None:
    assert (guarded.directory / "servicex.yaml").stat().st_mode & 0o777 == 0o600
    assert (guarded.directory / "token-key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "path", ["/", "/servicex/transformation", "/servicex/datasets", "/servicex/transformation/x/logs"]
)
def test_without_a_token_nothing_is_told(guarded: HarnessProcess, path: str) -> None:
    answer = guarded.get(path)
    assert answer.status_code == 401
    assert "Missing Authorization Header" in answer.json()["message"]


def test_a_submission_without_a_token_is_refused(guarded: HarnessProcess) -> None:
    assert guarded.submit("root://host//a.root").status_code == 401


def test_an_access_token_opens_what_a_refresh_token_does_not(guarded: HarnessProcess) -> None:
    refresh = bearer(token_of(guarded))
    assert httpx.get(f"{guarded.url}/servicex/transformation", headers=refresh).status_code == 401
    access = httpx.post(f"{guarded.url}/token/refresh", headers=refresh).json()["access_token"]
    assert httpx.get(f"{guarded.url}/servicex/transformation", headers=bearer(access)).json() == {"requests": []}
    assert httpx.post(f"{guarded.url}/token/refresh", headers=bearer(access)).status_code == 401


def test_what_the_server_is_can_be_asked_by_anybody(guarded: HarnessProcess) -> None:
    assert guarded.get("/servicex").status_code == 200


def forged(**claims: object) -> str:
    return jwt.encode({"type": "access", "exp": int(time.time()) + 3600} | claims, KEY, algorithm="HS256")


@pytest.mark.parametrize(
    ("header", "complaint"),
    [
        (None, "Missing Authorization Header"),
        ("Basic abc", "Missing Authorization Header"),
        ("Bearer nonsense", "not one of this harness"),
        (f"Bearer {jwt.encode({'type': 'access'}, KEY, algorithm='HS256')}", "exp"),
        (f"Bearer {forged(exp=1)}", "Token has expired"),
        (f"Bearer {forged(type='refresh')}", "Only access tokens are allowed"),
        (f"Bearer {jwt.encode({'type': 'access', 'exp': 9999999999}, 'x' * 40, algorithm='HS256')}", "not one of this"),
        (f"Bearer {jwt.encode({'type': 'access', 'exp': 9999999999}, None, algorithm='none')}", "not one of this"),
    ],
)
def test_a_token_that_is_not_good_is_refused_with_the_reason(header: str | None, complaint: str) -> None:
    with pytest.raises(AuthorizationError, match=complaint):
        Tokens(KEY).check(header, "access")


def test_a_good_token_is_taken() -> None:
    Tokens(KEY).check(f"Bearer {Tokens(KEY).access_token()}", "access")
