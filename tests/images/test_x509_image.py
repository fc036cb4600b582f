"""The image that keeps a grid proxy: VOMS's own commands in it, a certificate authority made for the test."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.tests.grid import PASSPHRASE, make_grid

from .containers import run

pytestmark = [pytest.mark.images, pytest.mark.needs("docker", "openssl")]


def test_a_proxy_is_made_from_what_is_mounted_by_any_user(tmp_path: Path) -> None:
    grid, proxies, passphrase = make_grid(tmp_path / "grid"), tmp_path / "proxies", tmp_path / "passphrase"
    grid.key("user").chmod(0o444)  # the user of the container is another; a Secret has such a mode too
    passphrase.write_text(PASSPHRASE)
    proxies.mkdir(mode=0o777)
    proxies.chmod(0o777)
    mounted = ((grid.folder, "/etc/grid-certs"), (grid.folder, "/etc/grid-security"), (passphrase, "/passphrase"))
    options = tuple(word for here, there in mounted for word in ("--volume", f"{here}:{there}:ro"))
    options += ("--volume", f"{proxies}:/proxies")

    run("x509", "--out", "/proxies", "--passphrase-file", "/passphrase", "--once", options=options)

    info = run("x509", "-file", "/proxies/x509up", "-all", options=(*options, "--entrypoint", "voms-proxy-info"))
    assert "/DC=test/CN=A User" in info
    assert (proxies / "x509up").stat().st_mode & 0o777 == 0o600
