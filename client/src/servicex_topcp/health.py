"""What a user needs for a delivery, looked at piece by piece: versions, client configuration, ServiceX, grid proxy."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from servicex_topcp.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterator

CODEGEN = "topcp"
_PACKAGES = ("servicex-topcp", "servicex", "topcp-config", "topcp-columnar")
_TIMEOUT = 10  # seconds; an endpoint that takes longer to name itself is of no use
_SHORT = 3600  # seconds; a delivery may well take an hour

State = Literal["ok", "note", "wrong"]


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `advice` is what to do about it, where there is something to do."""

    subject: str
    state: State
    found: str
    advice: str = ""
    exit_code: ExitCode = ExitCode.OK


def examine(config: str | None, backend: str | None) -> Iterator[Finding]:
    """Look at one thing after the other.

    Args:
        config: path of the client's configuration; else it is looked for as the client does
        backend: name of the endpoint; else the client's default
    """
    yield from _versions()
    yield from _servicex(config, backend)
    yield _proxy(Path(os.environ.get("X509_USER_PROXY") or f"/tmp/x509up_u{os.getuid()}"))  # noqa: S108  as the grid's tools do


def _versions() -> Iterator[Finding]:
    yield Finding("Python", "ok", platform.python_version())
    for name in _PACKAGES:
        try:
            yield Finding(name, "ok", importlib.metadata.version(name))
        except importlib.metadata.PackageNotFoundError:
            yield Finding(name, "note", "not installed", f"only `topcp run` needs it: pip install {name}")


def _servicex(config: str | None, backend: str | None) -> Iterator[Finding]:
    """The client's configuration, and what the endpoint in it answers."""
    from servicex.configuration import Configuration  # type: ignore[import-untyped]

    try:
        read = Configuration.read(config)
    except Exception as error:  # noqa: BLE001  not there, no YAML, or not of its form
        advice = "write servicex.yaml here or in your home: `servicex init` does it, or download it from your ServiceX"
        yield Finding("client configuration", "wrong", _one_line(error), advice, ExitCode.CONFIGURATION)
        return
    yield Finding("client configuration", "ok", str(read.config_file))
    endpoints = read.endpoint_dict()
    name = backend or read.default_endpoint or next(iter(endpoints), None)
    if name not in endpoints:
        known = f"{read.config_file} names {', '.join(endpoints) or 'none'}"
        yield Finding("endpoint", "wrong", f"there is no endpoint {name!r}", known, ExitCode.CONFIGURATION)
        return
    yield from _endpoint(endpoints[name].endpoint.rstrip("/"), endpoints[name].token)


def _endpoint(url: str, token: str | None) -> Iterator[Finding]:
    """Whether ServiceX answers, whether it takes the token, and whether it has our code generator."""
    import httpx

    try:
        headers = _authorization(url, token)
        answer = httpx.get(f"{url}/servicex", headers=headers, timeout=_TIMEOUT, follow_redirects=True)
        answer.raise_for_status()
        info: dict[str, Any] = answer.json()
    except httpx.HTTPStatusError as error:
        yield _refused(url, error.response.status_code)
        return
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        advice = "is the address right, is a VPN or proxy needed, is the harness up?"
        yield Finding(
            "endpoint", "wrong", f"{url} does not answer as ServiceX: {_one_line(error)}", advice, ExitCode.UNAVAILABLE
        )
        return
    yield Finding("endpoint", "ok", f"{url}, ServiceX {info.get('app-version', 'of unknown version')}")
    yield _code_generator(url, info.get("code-gen-image") or {})


def _authorization(url: str, token: str | None) -> dict[str, str]:
    """The header of a request; the token of the configuration is one that fetches another, as the client does."""
    import httpx

    if bearer := os.environ.get("BEARER_TOKEN_FILE"):
        return {"Authorization": f"Bearer {Path(bearer).read_text(encoding='utf-8').strip()}"}
    if not token:
        return {}
    answer = httpx.post(f"{url}/token/refresh", headers={"Authorization": f"Bearer {token}"}, timeout=_TIMEOUT)
    answer.raise_for_status()
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def _refused(url: str, status: int) -> Finding:
    if status in (401, 403, 422):
        advice = "sign in at your ServiceX, and put the new token into the client's configuration"
        return Finding(
            "endpoint", "wrong", f"{url} does not accept the token ({status})", advice, ExitCode.CONFIGURATION
        )
    advice = "is this the address of a ServiceX? If it is, tell its operators"
    return Finding("endpoint", "wrong", f"{url} answers {status}", advice, ExitCode.UNAVAILABLE)


def _code_generator(url: str, images: dict[str, str]) -> Finding:
    if CODEGEN in images:
        return Finding("code generator", "ok", f"{CODEGEN}: {images[CODEGEN]}")
    offered = f"{url} offers {', '.join(sorted(images)) or 'none'}"
    advice = f"ask its operators for servicex-topcp ({offered})"
    return Finding("code generator", "wrong", f"{CODEGEN!r} is not registered", advice, ExitCode.UNAVAILABLE)


def _proxy(path: Path) -> Finding:
    """The grid proxy, which only reading the grid from this machine needs."""
    from cryptography import x509

    advice = "only for reading the grid from here, or a Rucio dataset's list: voms-proxy-init -voms atlas"
    try:
        certificates = x509.load_pem_x509_certificates(path.read_bytes())
    except FileNotFoundError:
        return Finding("grid proxy", "note", f"there is no {path}", advice)
    except (OSError, ValueError) as error:
        return Finding("grid proxy", "wrong", f"{path}: {_one_line(error)}", advice, ExitCode.INPUT)
    left = min(one.not_valid_after_utc for one in certificates).timestamp() - time.time()
    lives = f"{path}: {left / 3600:.1f} h left"
    if left < _SHORT:
        return Finding("grid proxy", "wrong", lives if left > 0 else f"{path} has expired", advice, ExitCode.INPUT)
    if path.stat().st_mode & 0o077:
        return Finding("grid proxy", "wrong", f"{path} is open to others", f"chmod 600 {path}", ExitCode.INPUT)
    return Finding("grid proxy", "ok", lives)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
