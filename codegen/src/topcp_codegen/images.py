"""Names of container images: read, brought to one spelling, and compared with what a deployment allows.

Grammar and defaults: https://github.com/distribution/reference (reference.go, normalize.go). Upper-case hosts, which
that grammar also takes, are refused: only one spelling of a host is needed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_LENGTH = 128  # ServiceX keeps the name in a database column of this width

_COMPONENT = r"[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*"
_HOST = rf"{_COMPONENT}(?::[0-9]+)?"
_NAME = rf"(?:{_HOST}/)?{_COMPONENT}(?:/{_COMPONENT})*"
_REFERENCE = re.compile(
    rf"(?P<name>{_NAME})"
    r"(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?"
    r"(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)
_FOLDER = re.compile(rf"(?:{_HOST}(?:/{_COMPONENT})*/|{_NAME})")


@dataclass(frozen=True)
class Image:
    """An image in full, `x` being docker.io/library/x:latest: the same image always compares equal."""

    repository: tuple[str, ...]  # host, then the components of the path
    tag: str | None
    digest: str | None

    @classmethod
    def parse(cls, text: str) -> Image:
        """Read an image name; ValueError where it is none (a space, a capital, a look-alike letter, too long)."""
        if len(text) > MAX_LENGTH:
            raise ValueError(f"{text[:MAX_LENGTH]!r}… has more than {MAX_LENGTH} characters")
        if not (found := _REFERENCE.fullmatch(text)):
            raise ValueError(f"{text!r} is not the name of a container image")
        name = found["name"] if "/" in found["name"] else f"docker.io/{found['name']}"
        host, *path = _split(name)
        if host == "docker.io" and len(path) == 1:
            path = ["library", *path]
        tag = found["tag"] or (None if found["digest"] else "latest")
        return cls((host, *path), tag, found["digest"])


@dataclass(frozen=True)
class Rule:
    """What an operator allows: one image, or every image in a repository or below it."""

    repository: tuple[str, ...]
    image: Image | None  # None: all of the repository

    @classmethod
    def one(cls, image: Image) -> Rule:
        """Allow `image` and no other."""
        return cls(image.repository, image)

    @classmethod
    def parse(cls, text: str) -> Rule:
        """Read `repo/x:1.0` (one image), `repo/x` or `registry.example:5000/` (all below); ValueError otherwise."""
        if _FOLDER.fullmatch(text):
            return cls(tuple(_split(text.removesuffix("/"))), None)
        return cls.one(Image.parse(text))

    def admits(self, image: Image) -> bool:
        """Tell whether `image` is allowed; repositories are compared by whole components."""
        if self.image:
            return image == self.image
        return image.repository[: len(self.repository)] == self.repository


def _split(name: str) -> list[str]:
    """Host and path of a name; Docker Hub is the host that may be left out, under either of its names."""
    parts = name.split("/")
    if not re.search(r"[.:]", parts[0]) and parts[0] != "localhost":
        return ["docker.io", *parts]
    return ["docker.io", *parts[1:]] if parts[0] == "index.docker.io" else parts
