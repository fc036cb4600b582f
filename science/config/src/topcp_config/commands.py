"""The commands of Output: `enable REGEX`, `disable REGEX` and, later, `rename REGEX NEW`.

The rules are those of OutputAnalysisConfig.py of athena: a command is split at single spaces; its expression is matched
with the beginning of the names of branches, and when none matches the toolkit stops, on simulation.
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

from topcp_config.branches import rule
from topcp_config.near import NearNames, listed
from topcp_config.problems import Mark, Problem, error, warning

if TYPE_CHECKING:
    from collections.abc import Callable

_WORDS = {"enable": 2, "disable": 2, "rename": 3}
_FOLLOWED = {
    "enable": "one expression, without a space",
    "disable": "one expression, without a space",
    "rename": "two words, with one space between them",
}
_USAGES = {"enable": "enable REGEX", "disable": "disable REGEX", "rename": "rename REGEX NEW"}
_MAX_LENGTH = 1000
"""Longer expressions are not looked at: compiling one can take long."""
_NOT_A_PATTERN = (re.error, RecursionError, OverflowError, IndexError)
_UNTAMED = re.compile(r"\)[*+?{]|\\\d|\(\?P=")
"""What makes a match take exponential time: repeated groups and references to them."""
_REPEATS = re.compile(r"[*+{]")
_MAX_REPEATS = 2
_MAX_NAME = 100


def is_tame(pattern: str, repeats: int = _MAX_REPEATS) -> bool:
    """Tell whether matching takes little time: no more than so many repeats, and none of them repeated."""
    return len(_REPEATS.findall(pattern)) <= repeats and not _UNTAMED.search(pattern)


@dataclass(slots=True)
class CommandChecker:
    """Checks commands one by one and collects problems.

    `names` are those of the branches that can be written, `complete` tells that there are no others. `steps` bounds
    how many steps all matches may take together: whoever has more commands is not told which match nothing.
    """

    release: str
    names: list[str]
    complete: bool
    near: NearNames
    problems: list[Problem]
    steps: int = 10_000_000

    def check(self, command: str, place: Callable[[int], Mark], path: str) -> None:
        """Check one command; `place` tells where its characters stand."""
        words = command.split(" ")
        start = 0
        optional = words[0] == "optional"
        if optional:
            self._check_since(words[0], place(0), path)
            start = len("optional ")
            words = words[1:] or [""]
        if words[0] not in _WORDS:
            self._unknown(words[0], place(start), path)
            return
        if words[0] == "rename":
            self._check_since(words[0], place(start), path)
        if len(words) != _WORDS[words[0]]:
            message = f"{words[0]} is followed by {_FOLLOWED[words[0]]}"
            hint = f"Write `{_USAGES[words[0]]}`."
            self.problems.append(error("bad-command", message, place(start), path=path, hint=hint))
            return
        at = start + len(words[0]) + 1
        pattern = self._compile(words[1], words[2:], place, at, path)
        if pattern is not None and not optional:
            self._check_match(pattern, place(at), path)

    def _unknown(self, word: str, mark: Mark, path: str) -> None:
        message = f"unknown command {word!r:.60}"
        known = [name for name in _WORDS if name != "rename" or rule("rename", self.release) != "no"]
        hint = self.near.question(word, known) or f"The commands are {listed(known, 'and')}."
        self.problems.append(error("bad-command", message, mark, path=path, hint=hint))

    def _check_since(self, word: str, mark: Mark, path: str) -> None:
        known = rule("rename", self.release)
        if known != "yes":
            make = error if known == "no" else warning
            message = f"{self.release} has no command {word}"
            if known == "maybe":
                message = f"it is not known whether {self.release} has the command {word}"
            self.problems.append(make("bad-command", message, mark, path=path))

    def _compile(
        self, text: str, new: list[str], place: Callable[[int], Mark], at: int, path: str
    ) -> re.Pattern[str] | None:
        """Compile the expression of a command, and try what is to be put in its place."""
        if len(text) > _MAX_LENGTH:
            return None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                pattern = re.compile(text)
                for replacement in new:
                    pattern.sub(replacement, "")
        except _NOT_A_PATTERN as bad:
            offset = getattr(bad, "pos", None) or 0
            said = str(getattr(bad, "msg", None) or bad)
            message = f"{text!r:.60} is no regular expression: {said:.100}"
            self.problems.append(error("bad-pattern", message, place(at + offset), path=path))
            return None
        return pattern

    def _check_match(self, pattern: re.Pattern[str], mark: Mark, path: str) -> None:
        repeats = len(_REPEATS.findall(pattern.pattern))
        if not (self.names or self.complete) or not is_tame(pattern.pattern):
            return
        self.steps -= sum(min(len(name), _MAX_NAME) ** repeats for name in self.names)
        if self.steps < 0 or any(pattern.match(name[:_MAX_NAME]) for name in self.names):
            return
        make = error if self.complete else warning
        which = "no branch" if self.complete else "no branch that is known of"
        message = f"{which} matches {pattern.pattern!r:.60}; on simulation the toolkit then stops"
        self.problems.append(make("unmatched-pattern", message, mark, path=path, hint=self._near(pattern.pattern)))

    def _near(self, text: str) -> str | None:
        return self.near.question(re.sub(r"[^\w]+$", "", text), self.names)
