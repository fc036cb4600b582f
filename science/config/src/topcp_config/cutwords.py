"""The words of a cut: its arguments, from text to numbers and names, or to what is wrong with them."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from topcp_config.cuts import SIGNS, Sign
from topcp_config.near import listed
from topcp_config.problems import Mark, Problem, error, warning

if TYPE_CHECKING:
    from collections.abc import Callable

    from topcp_config.language import Argument, Language

_OTHER_SIGNS: dict[str, Sign] = {"=": "==", "===": "==", "=>": ">=", "=<": "<=", "≥": ">=", "≤": "<=", "≡": "=="}
_GHOSTS = re.compile(r"[A-Za-z]+(![A-Za-z]+)?")
_MAX_COUNT = 2**32 - 1
"""Counts and run numbers are unsigned integers of 32 bits."""
_ONE_GEV = 1000.0


class Word(NamedTuple):
    """A word of a line, and where it begins there."""

    text: str
    offset: int


@dataclass(frozen=True, slots=True)
class Report:
    """Takes the problems of one line.

    `place` tells where a character of the line stands; `path` is the dotted path of the region.
    """

    problems: list[Problem]
    place: Callable[[int], Mark]
    path: str

    def error(self, code: str, message: str, word: Word, hint: str | None = None) -> None:
        """Report an error at a word."""
        self.problems.append(error(code, message, self.place(word.offset), path=self.path, hint=hint))

    def warn(self, code: str, message: str, word: Word, hint: str | None = None) -> None:
        """Report a warning at a word."""
        self.problems.append(warning(code, message, self.place(word.offset), path=self.path, hint=hint))


@dataclass(slots=True)
class Values:
    """Reads the arguments of a cut; `good` tells whether none is wrong so far."""

    language: Language
    report: Report
    arguments: dict[str, str | float] = field(default_factory=dict)
    sign: Sign | None = None
    value: float | None = None
    good: bool = True

    def read(self, argument: Argument, word: Word) -> None:
        """Read one argument."""
        if argument.kind == "sign":
            self._sign(word)
        elif argument.kind in ("energy", "count", "number"):
            self._number(argument, word)
        elif argument.kind == "btag":
            self._btag(word)
        elif argument.kind == "ghost":
            self._ghost(word)
        else:
            if argument.choices and word.text not in argument.choices:
                message = f"{argument.name} must be {listed([*argument.choices])}, not {word.text!r:.40}"
                self._bad("cut-value", message, word)
            self.arguments[argument.name] = word.text

    def _sign(self, word: Word) -> None:
        sign = next((sign for sign in SIGNS if sign == word.text), None)
        if sign is None:
            meant = _OTHER_SIGNS.get(word.text)
            hint = f"Write {meant}." if meant else None
            message = f"{word.text!r:.40} should be one of {' '.join(SIGNS)}"
            self._bad("cut-sign", message, word, hint)
        self.sign = sign

    def _number(self, argument: Argument, word: Word) -> None:
        number = self._whole(word) if argument.kind == "count" else _float(word.text)
        unit = " of MeV" if argument.kind == "energy" else ""
        if number is None:
            what = "a whole number" if argument.kind == "count" else f"a number{unit}"
            self._bad("cut-value", f"{argument.name} should be {what}, not {word.text!r:.40}", word)
            return
        if number < 0 and argument.kind != "number":
            self._bad("cut-value", f"{argument.name} cannot be negative, as {word.text:.40} is", word)
        elif argument.kind == "count" and number > _MAX_COUNT:
            self._bad("cut-value", f"{argument.name} cannot be as large as {word.text:.40}", word)
        elif not math.isfinite(number):
            self.report.warn("not-finite", f"{argument.name} is {number}, which is no finite number", word)
        elif argument.kind == "energy":
            check_energy(number, word, self.report)
        if argument.is_value:
            self.value = number
        else:
            self.arguments[argument.name] = number

    def _whole(self, word: Word) -> int | None:
        """Read a count; int() is what the toolkit uses, and later float()."""
        try:
            return int(word.text)
        except ValueError:
            number = _float(word.text) if self.language.rules["wholeFloats"] == "yes" else None
        return int(number) if number is not None and math.isfinite(number) and number == int(number) else None

    def _btag(self, word: Word) -> None:
        tagger, _, point = word.text.partition(":")
        if not tagger or not point or ":" in point:
            message = f"b-tagging should be given as tagger:WP, not {word.text!r:.40}"
            self._bad("cut-value", message, word, "For instance GN2v01:FixedCutBEff_77.")
        self.arguments |= {"tagger": tagger, "workingPoint": point}

    def _ghost(self, word: Word) -> None:
        if not _GHOSTS.fullmatch(word.text):
            message = f"a ghost is a name, or two as in B!C, not {word.text!r:.40}"
            self._bad("cut-value", message, word)
        ghost, _, vetoed = word.text.partition("!")
        for name in (ghost, vetoed):
            if name and name.upper() not in self.language.ghosts:
                message = f"{name!r:.40} is no ghost that the toolkit names: it is taken for a decoration of the jets"
                self.report.warn("unknown-ghost", message, word, f"It names {listed([*self.language.ghosts], 'and')}.")
        self.arguments |= {"ghost": ghost, "vetoedGhost": vetoed}

    def check_window(self, keyword: Word) -> None:
        """Warn of a window in which nothing can be."""
        low, high = self.arguments.get("low"), self.arguments.get("high")
        if isinstance(low, float) and isinstance(high, float) and low >= high:
            message = f"nothing lies above {low:.15g} and below {high:.15g} MeV"
            hint = f"To leave a window out, write `{high:.15g} {low:.15g}` and `veto` at the end."
            self.report.warn("empty-window", message, keyword, hint)

    def _bad(self, code: str, message: str, word: Word, hint: str | None = None) -> None:
        self.good = False
        self.report.error(code, message, word, hint)


def check_energy(number: float, word: Word, report: Report) -> None:
    """Warn of an energy that looks like one in GeV."""
    if 0 < number < _ONE_GEV:
        message = f"{word.text:.40} MeV is less than 1 GeV; energies are in MeV"
        hint = f"For {word.text:.40} GeV write {number * _ONE_GEV:.15g}."
        report.warn("suspicious-energy", message, word, hint)


def _float(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return None if math.isnan(number) else number
