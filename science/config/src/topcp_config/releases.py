"""Which releases are known, and which one a name, a text or an image means.

The package knows the releases of `SHIPPED`. Files `<release>.json` in the directory that the environment variable
TOPCP_FACTS names, written by `export_facts.py`, add others, or know one of these better.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

SHIPPED = ("24.2.37", "25.2.15", "25.2.29", "25.2.52", "25.2.88", "25.2.110")
_FACTS_FILE = re.compile(r"[0-9]{1,4}(\.[0-9]{1,4}){2}\.json")

# TopCPToolkit -> the AnalysisBase it was made for: its change log up to 2.19.0; then the Dockerfile of iTopCPToolkit
# and tags of images that name both.
_TOOLKIT = {
    "1.2.0": "24.2.18", "1.3.0": "24.2.19", "1.4.0": "24.2.22", "1.5.0": "24.2.23", "1.6.0": "24.2.25",
    "1.7.0": "24.2.27", "2.0.0": "24.2.28", "2.1.0": "24.2.30", "2.2.0": "24.2.31", "2.3.0": "24.2.32",
    "2.4.0": "24.2.34", "2.5.0": "24.2.37", "2.6.0": "24.2.40", "2.6.1": "24.2.41", "2.7.0": "25.2.5",
    "2.8.0": "25.2.7", "2.9.0": "25.2.10", "2.9.1": "25.2.10", "2.9.2": "25.2.12", "2.10.0": "25.2.15",
    "2.11.0": "25.2.20", "2.12.0": "25.2.23", "2.13.0": "25.2.25", "2.14.0": "25.2.29", "2.15.0": "25.2.34",
    "2.15.1": "25.2.35", "2.16.0": "25.2.40", "2.16.1": "25.2.42", "2.17.0": "25.2.45", "2.17.1": "25.2.45",
    "2.18.0": "25.2.50", "2.19.0": "25.2.52", "2.23.0": "25.2.74", "2.24.0": "25.2.88",
}  # fmt: skip
_VERSION = re.compile(r"(?<![0-9.])[0-9]{1,4}\.[0-9]{1,4}\.[0-9]{1,4}(?![0-9.])")
_COMMENT = re.compile(r"^[ \t]*#[ \t]*release:[ \t]*([\w.+-]+)[ \t]*\r?$", re.MULTILINE)
_FIRST_ANALYSISBASE = 21  # AnalysisBase counts from 21, TopCPToolkit from 1: one number tells them apart


def numbers(version: str) -> tuple[int, ...]:
    """Return what orders versions: 25.2.9 comes before 25.2.15."""
    return tuple(int(part) for part in version.split("."))


def _added_files() -> dict[str, str]:
    """Find the files of facts in TOPCP_FACTS, by release."""
    given = os.environ.get("TOPCP_FACTS")
    if not given or not Path(given).is_dir():
        return {}
    return {file.stem: str(file) for file in sorted(Path(given).iterdir()) if _FACTS_FILE.fullmatch(file.name)}


ADDED_FILES = _added_files()
"""The files of facts that are not part of the package, by release."""

RELEASES = tuple(sorted({*SHIPPED, *ADDED_FILES}, key=numbers))
"""The AnalysisBase releases with facts of their own, oldest first."""


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
    wanted = _analysisbase(asked) or _of_older_toolkit(asked)
    if wanted is None:
        note = f"{asked!r} is not a known release; the facts of {RELEASES[-1]}, the newest known, are used"
        return Release(RELEASES[-1], asked, exact=False, note=note)
    older = [name for name in RELEASES if numbers(name) <= numbers(wanted)]
    name = older[-1] if older else RELEASES[0]
    if _analysisbase(asked) is None:
        note = f"of TopCPToolkit {asked} no AnalysisBase is known; the facts of {name} are used, as for an older one"
        return Release(name, asked, exact=False, note=note)
    which = "nearest older one" if older else "oldest"
    note = f"there are no facts for {wanted}; those of {name}, the {which} known, are used"
    if wanted in RELEASES:
        note = f"TopCPToolkit {asked} was made for AnalysisBase {wanted}"
    return Release(name, asked, exact=wanted in RELEASES, note=note)


def find_release(text: str) -> str | None:
    """Return the release named by the last comment line `# release: 25.2.15` of `text`."""
    names: list[str] = _COMMENT.findall(text.removeprefix("\ufeff"))
    return names[-1] if names else None


def release_of_image(image: str) -> str | None:
    """Return the AnalysisBase release in the tag of a container `image`, as in `repo/x:2.17.0-25.2.45`."""
    tag = image.partition("@")[0].rpartition("/")[2].partition(":")[2]
    return _analysisbase(tag)


def _analysisbase(text: str) -> str | None:
    """Find the AnalysisBase release in `text`, if need be through the version of TopCPToolkit."""
    versions = [match.group() for match in _VERSION.finditer(text)]
    for version in versions:
        if numbers(version)[0] >= _FIRST_ANALYSISBASE:
            return version
    return next((release for version in versions if (release := _of_toolkit(version))), None)


def _of_toolkit(version: str) -> str | None:
    """Look TopCPToolkit up; a patch that the table lacks was made for the release of its minor version."""
    return _TOOLKIT.get(version) or _TOOLKIT.get(f"{version.rpartition('.')[0]}.0")


def _of_older_toolkit(text: str) -> str | None:
    """Return the AnalysisBase of the newest TopCPToolkit in the table that is older than the one in `text`."""
    found = _VERSION.search(text)
    older = [known for known in _TOOLKIT if found and numbers(known) <= numbers(found.group())]
    return _TOOLKIT[older[-1]] if older else None
