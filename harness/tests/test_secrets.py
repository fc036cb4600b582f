"""A request from end to end, with tokens and keys: afterwards they are in no log, page, report or table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest
import yaml

from .support import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .support import HarnessProcess

# Files that exist to hold a secret; each is its owner's alone.
KEPT = {"servicex.yaml", "token-key", "access-key"}


def signed_in(harness: HarnessProcess) -> tuple[str, httpx.Client]:
    """The refresh token, and a client with an access token."""
    configuration = yaml.safe_load((harness.directory / "servicex.yaml").read_text())
    refresh: str = configuration["api_endpoints"][0]["token"]
    answer = httpx.post(f"{harness.url}/token/refresh", headers={"Authorization": f"Bearer {refresh}"})
    return refresh, httpx.Client(
        base_url=harness.url, headers={"Authorization": f"Bearer {answer.json()['access_token']}"}
    )


def pages(client: httpx.Client, request_id: str) -> list[str]:
    """Everything that is told of a request but the status, which the contract makes hold the store's keys."""
    base = f"/servicex/transformation/{request_id}"
    failures = client.get(base).json()["failure-info"]
    paths = [f"{base}/results", f"{base}/logs?level=info", f"/transformation-request/{request_id}/results"]
    return [client.get(path).text for path in [*paths, *(one["log-url"] for one in failures)]]


def look_everywhere(harness: HarnessProcess, client: httpx.Client, refresh: str, inputs: list[str]) -> None:
    """Run a request, and look for its secrets in all that is left of it."""
    body = {"file-list": inputs, "codegen": "copying"}
    body |= {"selection": '{"mode": "copy", "events": 5}', "result-destination": "object-store"}
    request_id = client.post("/servicex/transformation", json=body | {"result-format": "root-file"}).json()[
        "request_id"
    ]
    path = f"/servicex/transformation/{request_id}"
    wait_until(lambda: client.get(path).json()["files-remaining"] == 0)
    status = client.get(path).json()
    secrets = {refresh, client.headers["Authorization"].removeprefix("Bearer ")}
    secrets |= {status["minio-secret-key"], (harness.directory / "token-key").read_text()}
    assert all(len(secret) > 16 for secret in secrets)

    written = [file for file in harness.directory.rglob("*") if file.is_file() and file.name not in KEPT]
    texts = [file.read_bytes() for file in [*written, harness.terminal]]
    texts += [page.encode() for page in pages(client, request_id)]
    assert any(b"is <not> a ROOT file" in text for text in texts)
    assert not [text for text in texts for secret in secrets if secret.encode() in text]


@pytest.fixture
def guarded(tmp_path: Path, start_harness: Callable[..., HarnessProcess]) -> HarnessProcess:
    return start_harness(tmp_path / "state", "--auth")


def test_tokens_and_keys_are_left_nowhere(guarded: HarnessProcess, root_files: list[Path], bad_file: Path) -> None:
    refresh, client = signed_in(guarded)
    with client:
        look_everywhere(guarded, client, refresh, [str(root_files[0]), str(bad_file)])


def test_the_files_that_hold_secrets_are_their_owners_alone(guarded: HarnessProcess) -> None:
    kept = [file for file in guarded.directory.rglob("*") if file.name in KEPT]
    assert {file.name for file in kept} == KEPT
    assert all(file.stat().st_mode & 0o077 == 0 for file in kept)
