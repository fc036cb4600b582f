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
SETTINGS = (IMAGE, ALLOWED, RELEASE)


@dataclass(frozen=True)
class Deployment:
    """The settings, checked."""

    image: str
    allowed: dict[str, Rule]  # as written -> as read; the deployment's own image comes first
    default_release: str | None

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
        return cls(image, allowed, config.get(RELEASE) or None)

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
