"""A configuration rewritten for another release: rules are applied in passes until none has anything to change."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from topcp_config.api import check_file, check_text
from topcp_config.errors import ConfigError
from topcp_config.facts import load_facts
from topcp_config.migrate import regions
from topcp_config.migrate.added_blocks import listed, not_added
from topcp_config.migrate.document import Document
from topcp_config.migrate.language import language
from topcp_config.migrate.leftovers import commented_out, dropped
from topcp_config.migrate.remarks import remarks
from topcp_config.migrate.renames import renamed
from topcp_config.migrate.scene import Here, Scene, Step
from topcp_config.migrate.scores import moved_scores
from topcp_config.migrate.selections import renamed_selections
from topcp_config.migrate.values import rewritten_value
from topcp_config.problems import Problem, has_errors
from topcp_config.reader import read_text
from topcp_config.releases import RELEASES, find_release, resolve_release

if TYPE_CHECKING:
    from topcp_config.config import Level
    from topcp_config.migrate.edits import Edits
    from topcp_config.releases import Release

MAX_PASSES = 50
"""How often the rules are applied; each moves an entry at most a few times."""

_RULES = (
    listed,
    not_added,
    renamed_selections,
    moved_scores,
    renamed,
    rewritten_value,
    dropped,
    commented_out,
)
_RELEASE_LINE = re.compile(r"^([ \t]*#[ \t]*release:[ \t]*)([\w.+-]+)(?=[ \t]*\r?$)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Note:
    """Something that was changed, or that a person must decide; `line` is that of the original text."""

    line: int
    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.line}: {self.path}: {self.message}" if self.path else f"{self.line}: {self.message}"


@dataclass(frozen=True, slots=True)
class Migration:
    """A text for the release `target`, made of one for `source`, and what became of it.

    `problems` are those of `text` in the target. `guessed`: nothing said what release the original was written for.
    """

    original: str
    text: str
    source: Release
    target: Release
    guessed: bool
    changes: tuple[Note, ...]
    decisions: tuple[Note, ...]
    problems: tuple[Problem, ...]

    @property
    def is_changed(self) -> bool:
        """Whether the text is another one now."""
        return self.text != self.original

    @property
    def is_accepted(self) -> bool:
        """Whether the target takes the text."""
        return not has_errors(list(self.problems))


def migrate_text(
    text: str, *, to: str, source: str | None = None, level: Level = "reco", file: str | None = None
) -> Migration:
    """Rewrite a configuration for the release `to`.

    All that need not change stays as it is, character by character. What the target cannot express becomes a comment
    at its place; what nobody knows stays, and is among the problems.

    Args:
        text: YAML.
        to: release of AnalysisBase.
        source: the release that the text is written for; else its line `# release: 25.2.15` says it, else it is the
            newest one that finds the fewest errors in it.
        level: which of the three levels the text configures.
        file: its name, for the places of problems, and to find what it includes.

    Raises:
        ConfigError: the text is not YAML.
    """
    _, problems = read_text(text, file)
    if has_errors(problems):
        raise ConfigError(problems)
    named = source or find_release(text)
    release = resolve_release(named) if named else _likely_release(text, level, file)
    target = resolve_release(to)
    work = _Work(Document(text.removeprefix("\ufeff")), release, target, level)
    work.run()
    new = "\ufeff" * text.startswith("\ufeff") + _signed(work.doc, target.asked, work.changes)
    found = tuple(_check(new, to, level, file))
    return Migration(
        text, new, release, target, named is None, tuple(work.changes), tuple(_sorted(work.decisions)), found
    )


@dataclass(slots=True)
class _Work:
    doc: Document
    source: Release
    target: Release
    level: Level
    changes: list[Note] = field(default_factory=list)
    decisions: list[Note] = field(default_factory=list)

    def run(self) -> None:
        for _ in range(MAX_PASSES):
            steps = self._steps()
            if not steps:
                break
            self._apply(steps)
        scene = self._scene()
        if scene is not None:
            self.decisions += [Note(self.doc.origin(index), path, message) for index, path, message in remarks(scene)]
        self.changes = _sorted(self.changes)

    def _scene(self) -> Scene | None:
        root = self.doc.root
        if root is None or root.kind != "mapping" or not root.entries:
            return None
        source, target = (language(load_facts(release.name), root) for release in (self.source, self.target))
        return Scene(self.doc, root, source, target, self.level)

    def _steps(self) -> list[Step]:
        """Return one step for each entry that has one to take, as far as they do not touch the same text."""
        scene = self._scene()
        steps: list[Step] = []
        taken = _Taken()
        if scene is None:
            return steps
        for here in scene.entries():
            step = _step(scene, here)
            if step is not None and taken.reserve(step.edits):
                steps.append(step)
        return steps

    def _apply(self, steps: list[Step]) -> None:
        for step in steps:
            line, path = self.doc.origin(step.here.pair.key.start), step.here.shown
            self.changes.append(Note(line, path, step.message))
            if step.decide:
                self.decisions.append(Note(line, path, step.decide))
        self.doc = self.doc.edited(edit for step in steps for edit in step.edits)


def _step(scene: Scene, here: Here) -> Step | None:
    """Return what the first rule that has something to say makes of an entry."""
    if regions.concerns(scene, here):
        return regions.reshaped_regions(scene, here)
    return next((step for rule in _RULES if (step := rule(scene, here))), None)


@dataclass(slots=True)
class _Taken:
    """The parts of a text that edits change; two that touch the same place cannot both be made."""

    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)

    def reserve(self, edits: Edits) -> bool:
        """Reserve what the edits change, if nothing of it is reserved."""
        if any(self._overlaps(edit.start, edit.end) for edit in edits):
            return False
        for edit in edits:
            place = bisect_left(self.starts, edit.start)
            self.starts.insert(place, edit.start)
            self.ends.insert(place, edit.end)
        return True

    def _overlaps(self, start: int, end: int) -> bool:
        place = bisect_left(self.starts, start)
        before = place > 0 and self.ends[place - 1] > start
        after = place < len(self.starts) and (self.starts[place] == start or self.starts[place] < end)
        return before or after


def _sorted(notes: list[Note]) -> list[Note]:
    return sorted(notes, key=lambda note: note.line)


def _likely_release(text: str, level: Level, file: str | None) -> Release:
    """Return the newest release that finds the fewest errors in a text."""

    def errors(name: str) -> int:
        return sum(problem.severity == "error" for problem in _check(text, name, level, file))

    return resolve_release(min(reversed(RELEASES), key=errors))


def _check(text: str, release: str, level: Level, file: str | None) -> list[Problem]:
    if file is not None and Path(file).is_file():
        return check_file(file, release=release, level=level, text=text)
    return check_text(text, release=release, level=level, file=file)


def _signed(doc: Document, release: str, changes: list[Note]) -> str:
    """Bring the line `# release:` up to date, or add it on top."""
    lines = list(_RELEASE_LINE.finditer(doc.text))
    if not lines:
        changes.insert(0, Note(1, "", f"added the line `# release: {release}`"))
        return f"# release: {release}{doc.newline}{doc.text}"
    last = lines[-1]
    if last[2] != release:
        changes.append(Note(doc.origin(last.start()), "", f"release {last[2]} is {release} now"))
        changes.sort(key=lambda note: note.line)
    return f"{doc.text[: last.start(2)]}{release}{doc.text[last.end(2) :]}"


__all__ = ["Migration", "Note", "migrate_text"]
