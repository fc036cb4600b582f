"""Which releases are known, and which one a name, a text or an image means."""

from __future__ import annotations

import re
from dataclasses import dataclass

RELEASES = ("24.2.37", "25.2.15")
"""The AnalysisBase releases with facts of their own, oldest first."""

# TopCPToolkit -> the AnalysisBase it was made for: release notes and Dockerfiles of TopCPToolkit, iTopCPToolkit.
_TOOLKIT = {
    "2.1.0": "24.2.30", "2.2.0": "24.2.31", "2.3.0": "24.2.32", "2.4.0": "24.2.34", "2.5.0": "24.2.37",
    "2.6.0": "24.2.40", "2.6.1": "24.2.41", "2.7.0": "25.2.5", "2.8.0": "25.2.7", "2.9.0": "25.2.10",
    "2.9.1": "25.2.10", "2.9.2": "25.2.12", "2.10.0": "25.2.15", "2.11.0": "25.2.20", "2.12.0": "25.2.23",
    "2.13.0": "25.2.25", "2.14.0": "25.2.29", "2.15.0": "25.2.34", "2.15.1": "25.2.35", "2.16.0": "25.2.40",
    "2.16.1": "25.2.42", "2.17.0": "25.2.45", "2.18.0": "25.2.50", "2.19.0": "25.2.52", "2.24.0": "25.2.88",
}  # fmt: skip
_VERSION = re.compile(r"(?<![0-9.])[0-9]{1,4}\.[0-9]{1,4}\.[0-9]{1,4}(?![0-9.])")
_COMMENT = re.compile(r"^[ \t]*#[ \t]*release:[ \t]*([\w.+-]+)[ \t]*\r?$", re.MULTILINE)
_FIRST_ANALYSISBASE = 21  # AnalysisBase counts from 21, TopCPToolkit from 1: one number tells them apart


@dataclass(frozen=True, slots=True)
class Release:
    """The release whose facts serve for what was asked; `note` says what differs when it is not `exact`."""

    name: str
    asked: str
    exact: bool
    note: str | None


def resolve_release(asked: str) -> Release:
    """Find the facts for `asked`: that release, or else the nearest older one, and `note` says so."""
    if asked in RELEASES:
        return Release(asked, asked, exact=True, note=None)
    wanted = _analysisbase(asked)
    if wanted is None:
        note = f"{asked!r} is not a known release; the facts of {RELEASES[-1]}, the newest known, are used"
        return Release(RELEASES[-1], asked, exact=False, note=note)
    older = [name for name in RELEASES if _numbers(name) <= _numbers(wanted)]
    name = older[-1] if older else RELEASES[0]
    which = "nearest older one" if older else "oldest"
    note = f"there are no facts for {wanted}; those of {name}, the {which} known, are used"
    if wanted in RELEASES:
        note = f"TopCPToolkit {asked} was made for AnalysisBase {wanted}"
    return Release(name, asked, exact=wanted in RELEASES, note=note)


def find_release(text: str) -> str | None:
    """Return the release named by the last comment line `# release: 25.2.15` of `text`."""
    names: list[str] = _COMMENT.findall(text)
    return names[-1] if names else None


def release_of_image(image: str) -> str | None:
    """Return the AnalysisBase release in the tag of a container `image`, as in `repo/x:2.17.0-25.2.45`."""
    tag = image.partition("@")[0].rpartition("/")[2].partition(":")[2]
    return _analysisbase(tag)


def _analysisbase(text: str) -> str | None:
    """Find the AnalysisBase release in `text`, if need be through the version of TopCPToolkit."""
    versions = [match.group() for match in _VERSION.finditer(text)]
    for version in versions:
        if _numbers(version)[0] >= _FIRST_ANALYSISBASE:
            return version
    return next((release for version in versions if (release := _of_toolkit(version))), None)


def _of_toolkit(version: str) -> str | None:
    """Look TopCPToolkit up; a patch that the table lacks was made for the release of its minor version."""
    return _TOOLKIT.get(version) or _TOOLKIT.get(f"{version.rpartition('.')[0]}.0")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
