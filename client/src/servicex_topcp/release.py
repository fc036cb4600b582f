"""Which release of AnalysisBase a configuration is written for.

In this order: what was asked for, the tag of the image, the comment line `# release: 25.2.15` in the YAML, and else
the deployment's default. Nobody tells the client what that default is, so without a release the newest one known here
serves for the check, and no release is sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from topcp_config import RELEASES, find_release, release_of_image, resolve_release

from servicex_topcp.errors import UsageError
from servicex_topcp.names import names_release

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class UsedRelease:
    """The release that a configuration was checked for, and who named it.

    `stated` is False when nobody named one: the deployment then applies its own default.
    `note` says what differs when the facts of another release had to serve.
    """

    name: str
    origin: str
    stated: bool
    note: str | None = None

    def __str__(self) -> str:
        return f"{self.name} ({self.origin})"


def choose_release(asked: str | None, image: str | None, texts: Mapping[str, str]) -> UsedRelease:
    """Choose the release for the YAML `texts` (by file name).

    Raises:
        UsageError: `asked` is no release, or the files name different ones.
    """
    if asked:
        if not names_release(asked):
            raise UsageError(f"{asked!r} is no release; known are {', '.join(RELEASES)}")
        return _used(asked, "as asked")
    if image and (tag := release_of_image(image)):
        return _used(tag, f"from the tag of {image}")
    if comment := _common_release(texts):
        return _used(*comment)
    return UsedRelease(RELEASES[-1], "none was named, so the newest known here", stated=False)


def with_comments(text: str, release: UsedRelease, *more: str) -> str:
    """Return `text` with the release in a trailing comment, if anybody named one, and `more` comments.

    The code generators in the field refuse any key that they do not know, so it cannot be a key of its own.
    """
    comments = [*([f"release: {release.name}"] if release.stated else []), *more]
    return text + "\n" * (not text.endswith("\n")) + "".join(f"# {comment}\n" for comment in comments)


def _used(name: str, origin: str) -> UsedRelease:
    return UsedRelease(name, origin, stated=True, note=resolve_release(name).note)


def _common_release(texts: Mapping[str, str]) -> tuple[str, str] | None:
    """Return the release of the comments and where it stands; all levels of a request run in one release."""
    found = {file: release for file, text in texts.items() if (release := find_release(text))}
    if len(set(found.values())) > 1:
        listed = ", ".join(f"{file} says {release}" for file, release in found.items())
        raise UsageError(f"the files are written for different releases ({listed}); name the one to use with release=")
    return next(((release, f"from the comment in {file}") for file, release in found.items()), None)
