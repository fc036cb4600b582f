"""Containers of the images that `make images` builds, run by the docker command and held as tightly as a pod can be."""

from __future__ import annotations

import json
import os
import subprocess
import tomllib
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
SCIENCE_IMAGES = ("columnar", "analysisbase")
IMAGES = (*SCIENCE_IMAGES, "codegen", "sidecar", "x509")
RESTRICTED = (
    *("--read-only", "--tmpfs", "/tmp"),
    *("--user", "12345"),
    *("--cap-drop", "ALL", "--security-opt", "no-new-privileges"),
)


def tag(name: str) -> str:
    """The image as `make images` tags it, unless TOPCP_<NAME>_IMAGE names another."""
    return os.environ.get(f"TOPCP_{name.upper()}_IMAGE", f"servicex-topcp/{name}:{VERSION}")


def docker(*arguments: str | Path, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run the docker command."""
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0 or not check, done.stdout + done.stderr
    return done


def run(name: str, *command: str, options: tuple[str | Path, ...] = (), network: str = "none") -> str:
    """Run a command in a container of an image; what it printed."""
    done = docker("run", "--rm", "--network", network, *RESTRICTED, *options, tag(name), *command)
    return done.stdout + done.stderr


@contextmanager
def started(name: str, *command: str, options: tuple[str | Path, ...] = ()) -> Iterator[str]:
    """A container in the background; its id."""
    container = docker("run", "--detach", *RESTRICTED, *options, tag(name), *command).stdout.strip()
    try:
        yield container
    finally:
        docker("rm", "--force", container)


def inspect(what: str) -> dict[str, Any]:
    """What docker knows of an image or a container."""
    (found,) = json.loads(docker("inspect", what).stdout)
    return dict(found)
