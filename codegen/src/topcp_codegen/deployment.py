"""What an operator sets, by environment or Flask configuration: images, and the release to take by default."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .errors import NotReady, SelectionRefused
from .images import Image, Rule

if TYPE_CHECKING:
    from collections.abc import Mapping

IMAGE = "TRANSFORMER_SCIENCE_IMAGE"
ALLOWED = "TOPCP_ALLOWED_IMAGES"
RELEASE = "TOPCP_DEFAULT_RELEASE"
PARSER = "TOPCP_STATS_PARSER"
PARSERS = ("RawUprootStats", "TopCPStats")  # of the sidecar: the first is in all releases; an unknown one hangs a pod
# Limits of the work on one file, in seconds but for TRIES. The script in the pod has them from here, and the pod's own
# environment goes before.
LIMITS = {
    "TOPCP_WALL_SECONDS": 36_000.0,  # in all; the newest sidecar gives up after twelve hours
    "TOPCP_IDLE_SECONDS": 7_200.0,  # with neither a word nor a byte from the toolkit
    "TOPCP_GRACE_SECONDS": 10.0,  # between asking the toolkit to end and killing it
    "TOPCP_TRIES": 3.0,  # where an input cannot be reached
    "TOPCP_RETRY_SECONDS": 20.0,  # before the second try; doubled before each further one, at random within a half
    "TOPCP_CONNECT_SECONDS": 30.0,  # for a server to answer
    "TOPCP_PROXY_SECONDS": 1_800.0,  # that a grid proxy must live on
}
SETTINGS = (IMAGE, ALLOWED, RELEASE, PARSER, *LIMITS)


@dataclass(frozen=True)
class Deployment:
    """The settings, checked."""

    image: str
    allowed: dict[str, Rule]  # as written -> as read; the deployment's own image comes first
    default_release: str | None
    stats_parser: str
    limits: dict[str, float]

    @classmethod
    def read(cls, config: Mapping[str, Any]) -> Deployment:
        """Take the settings out of `config`; NotReady names the one that is missing or wrong."""
        image = config.get(IMAGE)
        if not image:
            raise NotReady(f"{IMAGE} is not set: name the image that runs TopCPToolkit")
        try:
            allowed = {image: Rule.one(Image.parse(image))}
            allowed |= {text: Rule.parse(text) for text in _strings(config.get(ALLOWED) or "[]")}
        except ValueError as error:
            raise NotReady(f"{IMAGE} or {ALLOWED}: {error}") from error
        limits = {name: _positive(name, config.get(name) or default) for name, default in LIMITS.items()}
        parser = config.get(PARSER) or PARSERS[0]
        if parser not in PARSERS:
            raise NotReady(f"{PARSER} must be one of {', '.join(PARSERS)}, not {parser!r}")
        return cls(image, allowed, config.get(RELEASE) or None, parser, limits)

    def choose_image(self, asked: str | None) -> str:
        """Return `asked` if it is allowed, the deployment's image if none is asked for; else SelectionRefused."""
        if asked is None:
            return self.image
        try:
            image = Image.parse(asked)
        except ValueError as error:
            raise SelectionRefused(f"image: {error}") from error
        if any(rule.admits(image) for rule in self.allowed.values()):
            return asked
        raise SelectionRefused(f"image: {asked!r} is not allowed here; allowed: {', '.join(self.allowed)}")


def _strings(text: str) -> list[str]:
    found = json.loads(text)
    if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
        raise ValueError('not a JSON list of strings such as ["repository/", "repository/image:tag"]')
    return found


def _positive(name: str, given: str | float) -> float:
    try:
        number = float(given)
    except ValueError:
        number = 0.0
    if not 0 < number < 1e9:
        raise NotReady(f"{name} must be a positive number, not {given!r}")
    return number
