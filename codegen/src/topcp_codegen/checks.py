"""Checks every YAML of a selection with the facts of the release that it is meant for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from topcp_config import RELEASES, ConfigError, find_release, load_text, release_of_image, resolve_release

from .errors import SelectionRefused

if TYPE_CHECKING:
    from topcp_config import Config, Level, Problem, Release

    from .selection import Selection


@dataclass(frozen=True)
class Checked:
    """The release that the configuration was found good for, what may still be wrong, and what it says."""

    release: str
    warnings: tuple[str, ...]
    configs: dict[Level, Config]

    @property
    def trees(self) -> dict[str, list[str]]:
        """The trees that each level writes, unless no event passes."""
        return {
            level: [block.options["treeName"] for block in config.blocks if block.name == "Output"]
            for level, config in self.configs.items()
        }


def check(selection: Selection, image: str, default_release: str | None) -> Checked:
    """Check all levels; SelectionRefused lists every error with its file, line and column."""
    release = _release_of(selection, image, default_release)
    found: list[Problem] = []
    configs: dict[Level, Config] = {}
    for level, text in selection.texts.items():
        try:
            configs[level] = load_text(text, release=release.name, level=level, file=f"{level}.yaml")
            found += configs[level].problems
        except ConfigError as error:
            found += error.problems
    errors = [str(problem) for problem in found if problem.severity == "error"]
    if errors:
        raise SelectionRefused(f"The configuration is wrong for release {release.asked}:", *errors)
    notes = [note for note in (release.note, _disagreement(release, image)) if note]
    return Checked(release.asked, (*notes, *(str(problem) for problem in found)), configs)


def default_release(image: str, default: str | None) -> str:
    """Return the release for a YAML that names none: that of the image, of the deployment, or the newest known."""
    return release_of_image(image) or default or RELEASES[-1]


def _release_of(selection: Selection, image: str, default: str | None) -> Release:
    """Find the release in the comment of a YAML, else the default; the levels of one job must agree."""
    named = {f"{level}.yaml": name for level, text in selection.texts.items() if (name := find_release(text))}
    if len(set(named.values())) > 1:
        said = ", ".join(f"{file} says {name}" for file, name in named.items())
        raise SelectionRefused(f"One job runs in one release, but {said}: make their `# release:` comments equal")
    return resolve_release(next(iter(named.values()), None) or default_release(image, default))


def _disagreement(release: Release, image: str) -> str | None:
    """Say so where the image holds a release with other facts than those the YAML was checked with."""
    inside = release_of_image(image)
    if inside is None or resolve_release(inside).name == release.name:
        return None
    return f"checked for release {release.asked}, but the image {image} holds {inside}"
