"""A grid of its own: a certificate authority, a host and a user, made by openssl for one test run."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

PASSPHRASE = "correct horse battery staple"


def openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


@dataclass(frozen=True)
class Grid:
    """`authorities` is what X509_CERT_DIR names; keys and certificates of host and user are beside it."""

    folder: Path

    @property
    def authorities(self) -> Path:
        return self.folder / "certificates"

    def certificate(self, name: str) -> Path:
        return self.folder / f"{name}cert.pem"

    def key(self, name: str) -> Path:
        return self.folder / f"{name}key.pem"


def make_grid(folder: Path) -> Grid:
    """Make all of it; the user's key has a passphrase, as grid certificates do."""
    grid = Grid(folder)
    grid.authorities.mkdir(parents=True)
    authority, authority_key = grid.authorities / "ca.pem", folder / "cakey.pem"
    new = ("req", "-x509", "-newkey", "rsa:2048", "-noenc", "-days", "2", "-subj", "/DC=test/CN=Test CA")
    extensions = ("-addext", "keyUsage=critical,keyCertSign,cRLSign")
    openssl(*new, *extensions, "-keyout", authority_key, "-out", authority)
    for name, subject in (("host", "/DC=test/CN=localhost"), ("user", "/DC=test/CN=A User")):
        request, extra = folder / f"{name}.csr", folder / f"{name}.ext"
        locked = ("-passout", f"pass:{PASSPHRASE}") if name == "user" else ("-noenc",)
        openssl("req", "-newkey", "rsa:2048", *locked, "-subj", subject, "-keyout", grid.key(name), "-out", request)
        extra.write_text(
            "keyUsage=critical,digitalSignature,keyEncipherment\nsubjectAltName=DNS:localhost,DNS:host.docker.internal\n"
        )
        signed = ("x509", "-req", "-in", request, "-CA", authority, "-CAkey", authority_key, "-CAcreateserial")
        openssl(*signed, "-days", "2", "-extfile", extra, "-out", grid.certificate(name))
        grid.key(name).chmod(0o400)
    _policy(grid, authority)
    openssl("rehash", grid.authorities)
    return grid


def _policy(grid: Grid, authority: Path) -> None:
    """Say whom the authority may sign for: grid software does not believe it otherwise."""
    said = subprocess.run(
        ["openssl", "x509", "-in", authority, "-noout", "-hash"], check=True, capture_output=True, text=True
    )
    policy = (
        "access_id_CA X509 '/DC=test/CN=Test CA'\npos_rights globus CA:sign\ncond_subjects globus '\"/DC=test/*\"'\n"
    )
    (grid.authorities / f"{said.stdout.strip()}.signing_policy").write_text(policy)
