"""From a line of text to a cut, or to what is wrong with it.

The rules, and what the messages mean, are those of EventSelectionConfig.py of athena; see `facts/cuts.json`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from topcp_config.cuts import SIGNS, Cut
from topcp_config.cutwords import Report, Values, Word, check_energy
from topcp_config.expressions import NotAnExpression, parse_expression
from topcp_config.near import NearNames, listed
from topcp_config.spans import added

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from topcp_config.language import Argument, Form, Keyword, Language
    from topcp_config.problems import Mark, Problem

_WORD = re.compile(r"\S+")
_GLUED_SIGN = re.compile(r"[<>=]+(?=[^<>=])|(?<=[^<>=])[<>=]+")


class Line(NamedTuple):
    """A line that is read: its cut, the keyword, where its arguments begin by their names, and the line's places."""

    cut: Cut
    keyword: Keyword
    offsets: Mapping[str, int]
    place: Callable[[int], Mark]


@dataclass(slots=True)
class LineReader:
    """Reads the lines of regions and collects problems."""

    language: Language
    near: NearNames
    problems: list[Problem]
    _report: Report = field(init=False)

    def read(self, line: str, place: Callable[[int], Mark], path: str) -> Line | None:
        """Read one line; blank lines, comments and lines that are wrong give None.

        Args:
            line: the text.
            place: tells where a character of the line stands.
            path: the dotted path of the region, for the problems.
        """
        self._report = Report(self.problems, place, path)
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
                self._report.error("unknown-cut", message, word, f"Use another name than {taken}.")
                return None
        if known.known == "maybe":
            message = f"it is not known whether {self.language.release} has the cut {known.name}"
            self._report.warn("inferred-cut", message, first)
        if known.deprecated:
            message = f"{known.name} has no effect any more: every region is saved at its end"
            self._report.warn("deprecated-cut", message, first, f"Remove the line {known.name}.")
        return known

    def _unknown_keyword(self, word: Word) -> None:
        message = f"{self.language.release} does not know the cut {word.text!r:.60}"
        self._report.error("unknown-cut", message, word, self._about_keyword(word.text))

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
            self._report.warn("inferred-cut", message, words[0])
        values = Values(self.language, self._report)
        for argument, word in zip(form.arguments, arguments, strict=True):
            values.read(argument, word)
        values.check_window(words[0])
        if not values.good:
            return None
        given = MappingProxyType(values.arguments)
        cut = Cut(keyword.name, self._report.place(words[0].offset), given, flags, values.sign, values.value)
        offsets = {argument.name: word.offset for argument, word in zip(form.arguments, arguments, strict=True)}
        return Line(cut, keyword, offsets, self._report.place)

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
            self._report.warn("inferred-cut", message, words[-1])
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
        self._report.error("cut-arguments", message, words[0], hint)

    def _expression(self, keyword: Keyword, word: Word, line: str) -> Line | None:
        start = word.offset + len(word.text)
        try:
            parsed = parse_expression(line[start:], self.language)
        except NotAnExpression as bad:
            self._report.error("cut-expression", str(bad), Word("", start + bad.offset))
            return None
        value = Word(f"{parsed.value:g}", start + parsed.value_offset)
        if self.language.variables[parsed.expression.variable].energy:
            check_energy(parsed.value, value, self._report)
        mark = self._report.place(word.offset)
        cut = Cut(keyword.name, mark, sign=parsed.sign, value=parsed.value, expression=parsed.expression)
        return Line(cut, keyword, {}, self._report.place)


def _fits(argument: Argument, word: Word) -> bool:
    """Tell a b-tagging from a selection; other arguments say nothing about the form."""
    if argument.kind not in ("btag", "selection"):
        return True
    return (argument.kind == "btag") == (":" in word.text)
