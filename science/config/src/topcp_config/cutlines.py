"""From a line of text to a cut, or to what is wrong with it.

The rules, and what the messages mean, are those of EventSelectionConfig.py of athena; see `facts/cuts.json`.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from topcp_config.cuts import SIGNS, Cut, Sign
from topcp_config.expressions import NotAnExpression, parse_expression
from topcp_config.near import NearNames, listed
from topcp_config.problems import Mark, Problem, error, warning
from topcp_config.spans import added

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from topcp_config.language import Argument, Form, Keyword, Language

_WORD = re.compile(r"\S+")
_GLUED_SIGN = re.compile(r"[<>=]+(?=[^<>=])|(?<=[^<>=])[<>=]+")
_OTHER_SIGNS: dict[str, Sign] = {"=": "==", "===": "==", "=>": ">=", "=<": "<=", "≥": ">=", "≤": "<=", "≡": "=="}
_GHOSTS = re.compile(r"[A-Za-z]+(![A-Za-z]+)?")
_ONE_GEV = 1000.0


class Word(NamedTuple):
    """A word of a line, and where it begins there."""

    text: str
    offset: int


class Line(NamedTuple):
    """A line that is read: its cut, the keyword, where its arguments begin by their names, and the line's places."""

    cut: Cut
    keyword: Keyword
    offsets: Mapping[str, int]
    place: Callable[[int], Mark]


@dataclass(slots=True)
class _Values:
    """The arguments of a cut as far as they are read."""

    arguments: dict[str, str | float] = field(default_factory=dict)
    sign: Sign | None = None
    value: float | None = None
    good: bool = True


@dataclass(slots=True)
class LineReader:
    """Reads the lines of regions and collects problems."""

    language: Language
    near: NearNames
    problems: list[Problem] = field(default_factory=list)
    path: str = ""
    _place: Callable[[int], Mark] = field(default=lambda _: Mark(None, 1, 1))

    def read(self, line: str, place: Callable[[int], Mark], path: str) -> Line | None:
        """Read one line; blank lines, comments and lines that are wrong give None.

        Args:
            line: the text.
            place: tells where a character of the line stands.
            path: the dotted path of the region, for the problems.
        """
        self._place, self.path = place, path
        words = [Word(match.group(), match.start()) for match in _WORD.finditer(line)]
        if not words or words[0].text.startswith("#"):
            return None
        keyword = self._keyword(words)
        if keyword is None:
            return None
        if keyword.is_expression:
            return self._expression(keyword, words[0], line)
        return self._cut(keyword, words)

    def _keyword(self, words: list[Word]) -> Keyword | None:
        """Find the keyword of a line, as the toolkit does."""
        first = words[0]
        known = self.language.keywords.get(first.text)
        if known is None:
            self._unknown_keyword(first)
            return None
        if self.language.rules["anywhere"] == "yes":
            texts = {word.text for word in words}
            taken = next(name for name in self.language.keywords if name in texts)
            if taken != known.name:
                word = next(word for word in words if word.text == taken)
                message = f"the toolkit finds {taken} in this line and takes it for a cut on that"
                self._error("unknown-cut", message, word, f"Use another name than {taken}.")
                return None
        if known.known == "maybe":
            message = f"it is not known whether {self.language.release} has the cut {known.name}"
            self._warn("inferred-cut", message, first)
        if known.deprecated:
            message = f"{known.name} has no effect any more: every region is saved at its end"
            self._warn("deprecated-cut", message, first, f"Remove the line {known.name}.")
        return known

    def _unknown_keyword(self, word: Word) -> None:
        message = f"{self.language.release} does not know the cut {word.text!r:.60}"
        self._error("unknown-cut", message, word, self._about_keyword(word.text))

    def _about_keyword(self, name: str) -> str | None:
        """Say what is known of a keyword that the release does not have."""
        span = self.language.spans.get(name)
        if span is not None:
            return f"It was added {added(span)}; {self.language.release} does not have it."
        if name.upper() in self.language.keywords:
            return f"Keywords are written in capitals: {name.upper()}."
        if _GLUED_SIGN.search(name):
            return "Put spaces around the sign."
        if name in SIGNS or name[:1].isdigit():
            return "A line begins with its keyword, as in `JET_N 25000 >= 4`."
        return self.near.question(name, self.language.keywords)

    def _cut(self, keyword: Keyword, words: list[Word]) -> Line | None:
        arguments, flags = self._without_flags(keyword, words[1:])
        form = self._form(keyword, arguments)
        if form is None:
            self._wrong_count(keyword, words)
            return None
        if form.known == "maybe" and keyword.known == "yes":
            message = f"it is not known whether {self.language.release} takes `{keyword.name} {form.usage}`"
            self._warn("inferred-cut", message, words[0])
        values = _Values()
        for argument, word in zip(form.arguments, arguments, strict=True):
            self._argument(argument, word, values)
        self._check_window(words[0], values)
        if not values.good:
            return None
        given = MappingProxyType(values.arguments)
        cut = Cut(keyword.name, self._place(words[0].offset), given, flags, values.sign, values.value)
        offsets = {argument.name: word.offset for argument, word in zip(form.arguments, arguments, strict=True)}
        return Line(cut, keyword, offsets, self._place)

    def _without_flags(self, keyword: Keyword, words: list[Word]) -> tuple[list[Word], frozenset[str]]:
        """Take the flags out of the arguments."""
        if not keyword.flags or keyword.flags_known == "no":
            return words, frozenset()
        rest, flags = list(words), []
        for word in words if self.language.rules["flagsAnywhere"] == "yes" else reversed(words):
            name = word.text if self.language.rules["flagsAnyCase"] == "no" else word.text.lower()
            if name in keyword.flags:
                rest.remove(word)
                flags.append(name)
            elif self.language.rules["flagsAnywhere"] != "yes":
                break
        if flags and keyword.flags_known == "maybe":
            message = f"it is not known whether {self.language.release} takes {listed(flags, 'and')} here"
            self._warn("inferred-cut", message, words[-1])
        return rest, frozenset(flags)

    def _form(self, keyword: Keyword, words: list[Word]) -> Form | None:
        """Find the form that the arguments have: by their number, and by `:` where two have the same."""
        fitting = [form for form in keyword.forms if form.known != "no" and len(form.arguments) == len(words)]
        for form in fitting:
            kinds = zip(form.arguments, words, strict=True)
            if all(_fits(argument, word) for argument, word in kinds):
                return form
        return fitting[0] if fitting else None

    def _wrong_count(self, keyword: Keyword, words: list[Word]) -> None:
        given = len(words) - 1
        message = f"the number of arguments of {keyword.name} is wrong: {given} {'is' if given == 1 else 'are'} given"
        hint = f"Write {listed([f'`{usage}`' for usage in keyword.usages()])}."
        glued = next((word for word in words[1:] if _GLUED_SIGN.search(word.text)), None)
        comment = next((word for word in words[1:] if word.text.startswith("#")), None)
        if comment:
            hint = f"A comment needs a line of its own. {hint}"
        elif glued:
            hint = f"Put spaces around the sign in {glued.text:.40}. {hint}"
        self._error("cut-arguments", message, words[0], hint)

    def _argument(self, argument: Argument, word: Word, values: _Values) -> None:
        """Read one argument into `values`."""
        if argument.kind == "sign":
            self._sign(word, values)
        elif argument.kind in ("energy", "count", "number"):
            self._number(argument, word, values)
        elif argument.kind == "btag":
            self._btag(word, values)
        elif argument.kind == "ghost":
            self._ghost(word, values)
        else:
            if argument.choices and word.text not in argument.choices:
                message = f"{argument.name} must be {listed([*argument.choices])}, not {word.text!r:.40}"
                self._bad("cut-value", message, word, values)
            values.arguments[argument.name] = word.text

    def _sign(self, word: Word, values: _Values) -> None:
        sign = next((sign for sign in SIGNS if sign == word.text), None)
        if sign is None:
            meant = _OTHER_SIGNS.get(word.text)
            hint = f"Write {meant}." if meant else None
            message = f"{word.text!r:.40} should be one of {' '.join(SIGNS)}"
            self._bad("cut-sign", message, word, values, hint)
        values.sign = sign

    def _number(self, argument: Argument, word: Word, values: _Values) -> None:
        number = self._whole(word) if argument.kind == "count" else _float(word.text)
        unit = " of MeV" if argument.kind == "energy" else ""
        if number is None:
            what = "a whole number" if argument.kind == "count" else f"a number{unit}"
            self._bad("cut-value", f"{argument.name} should be {what}, not {word.text!r:.40}", word, values)
            return
        if number < 0 and argument.kind != "number":
            self._bad("cut-value", f"{argument.name} cannot be negative, as {word.text:.40} is", word, values)
        elif not math.isfinite(number):
            self._warn("not-finite", f"{argument.name} is {number}, which is no finite number", word)
        elif argument.kind == "energy":
            self._check_energy(number, word)
        if argument.is_value:
            values.value = number
        else:
            values.arguments[argument.name] = number

    def _check_energy(self, number: float, word: Word) -> None:
        if 0 < number < _ONE_GEV:
            message = f"{word.text:.40} MeV is less than 1 GeV; energies are in MeV"
            hint = f"For {word.text:.40} GeV write {number * _ONE_GEV:.15g}."
            self._warn("suspicious-energy", message, word, hint)

    def _whole(self, word: Word) -> int | None:
        """Read a count; int() is what the toolkit uses, and later float()."""
        try:
            return int(word.text)
        except ValueError:
            number = _float(word.text) if self.language.rules["wholeFloats"] == "yes" else None
        return int(number) if number is not None and math.isfinite(number) and number == int(number) else None

    def _btag(self, word: Word, values: _Values) -> None:
        tagger, _, point = word.text.partition(":")
        if not tagger or not point or ":" in point:
            message = f"b-tagging should be given as tagger:WP, not {word.text!r:.40}"
            self._bad("cut-value", message, word, values, "For instance GN2v01:FixedCutBEff_77.")
        values.arguments |= {"tagger": tagger, "workingPoint": point}

    def _ghost(self, word: Word, values: _Values) -> None:
        if not _GHOSTS.fullmatch(word.text):
            message = f"a ghost is a name, or two as in B!C, not {word.text!r:.40}"
            self._bad("cut-value", message, word, values)
        ghost, _, vetoed = word.text.partition("!")
        for name in (ghost, vetoed):
            if name and name.upper() not in self.language.ghosts:
                message = f"{name!r:.40} is no ghost that the toolkit names: it is taken for a decoration of the jets"
                self._warn("unknown-ghost", message, word, f"It names {listed([*self.language.ghosts], 'and')}.")
        values.arguments |= {"ghost": ghost, "vetoedGhost": vetoed}

    def _check_window(self, keyword: Word, values: _Values) -> None:
        low, high = values.arguments.get("low"), values.arguments.get("high")
        if isinstance(low, float) and isinstance(high, float) and low >= high:
            message = f"nothing lies above {low:.15g} and below {high:.15g} MeV"
            hint = f"To leave a window out, write `{high:.15g} {low:.15g}` and `veto` at the end."
            self._warn("empty-window", message, keyword, hint)

    def _expression(self, keyword: Keyword, word: Word, line: str) -> Line | None:
        start = word.offset + len(word.text)
        try:
            parsed = parse_expression(line[start:], self.language)
        except NotAnExpression as bad:
            self._error("cut-expression", str(bad), Word("", start + bad.offset))
            return None
        value = Word(f"{parsed.value:g}", start + parsed.value_offset)
        if self.language.variables[parsed.expression.variable].energy:
            self._check_energy(parsed.value, value)
        mark = self._place(word.offset)
        cut = Cut(keyword.name, mark, sign=parsed.sign, value=parsed.value, expression=parsed.expression)
        return Line(cut, keyword, {}, self._place)

    def _bad(self, code: str, message: str, word: Word, values: _Values, hint: str | None = None) -> None:
        values.good = False
        self._error(code, message, word, hint)

    def _error(self, code: str, message: str, word: Word, hint: str | None = None) -> None:
        self.problems.append(error(code, message, self._place(word.offset), path=self.path, hint=hint))

    def _warn(self, code: str, message: str, word: Word, hint: str | None = None) -> None:
        self.problems.append(warning(code, message, self._place(word.offset), path=self.path, hint=hint))


def _fits(argument: Argument, word: Word) -> bool:
    """Tell a b-tagging from a selection; other arguments say nothing about the form."""
    if argument.kind not in ("btag", "selection"):
        return True
    return (argument.kind == "btag") == (":" in word.text)


def _float(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return None if math.isnan(number) else number
