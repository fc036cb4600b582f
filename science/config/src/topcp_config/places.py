"""Where in a file the parts of a YAML text value stand: a cut in a block of cuts, a name in a quoted expression.

YAML folds lines, strips indentation and replaces escapes, but it never changes the order of the characters that can be
seen. So each of them in the value is found by counting those of the source, and what stands between follows.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from topcp_config.problems import Mark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from topcp_config.tree import Scalar

_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_VALUE_BREAK = re.compile("[\n\u2028\u2029]")
"""A literal value keeps two of the line breaks and turns the others into a newline."""
_PROPERTIES = re.compile(r"(?:[&!]\S*[ \t]*)*")
_HEX_DIGITS = {"x": 2, "u": 4, "U": 8}
_BLANKS = frozenset("nt rvfN_LP\t")
"""The escapes that stand for white space."""


class Source:
    """The text of a file; `lines` are those that YAML sees."""

    def __init__(self, text: str, file: str | None) -> None:
        self.text = text
        self.file = file

    @cached_property
    def lines(self) -> list[str]:
        """The lines, without their breaks."""
        return _BREAK.split(self.text)


@dataclass(slots=True)
class Places:
    """The places of the characters of one value.

    The value is cut into runs, of which the characters follow each other in the source too: `_starts` holds where in
    the value each run begins, `_places` its line and column. They are found when a place is asked for: of most values
    nobody does.
    """

    _scalar: Scalar
    _starts: list[int] = field(default_factory=list)
    _places: list[tuple[int, int]] = field(default_factory=list)
    _found: bool = False

    def at(self, offset: int) -> Mark:
        """Return the place of the character `offset` of the value."""
        if not self._found:
            self._found = True
            _find(self, self._scalar)
        mark = self._scalar.mark
        index = bisect_right(self._starts, offset) - 1
        if index < 0:
            return mark
        line, column = self._places[index]
        return Mark(mark.file, line, column + offset - self._starts[index])

    def add(self, offset: int, line: int, column: int) -> None:
        """Note the place of a character; the offsets must grow."""
        if self._starts:
            before, (last_line, last_column) = self._starts[-1], self._places[-1]
            if line == last_line and column - last_column == offset - before:
                return
        self._starts.append(offset)
        self._places.append((line, column))


def places_of(scalar: Scalar) -> Places:
    """Tell the places of the characters of a text value."""
    return Places(scalar)


def _find(places: Places, scalar: Scalar) -> None:
    if scalar.source is None or not isinstance(scalar.value, str):
        return
    lines, line, column = scalar.source.lines, scalar.mark.line, scalar.mark.column
    start = _skip_properties(lines, line, column)
    if start is None:
        return
    line, column, style = start
    if style == "|":
        _literal(places, scalar.value, lines, line)
    elif style not in "'\">" and lines[line - 1].startswith(scalar.value, column - 1):  # most are: on one line, as is
        places.add(0, line, column)
    else:
        _by_counting(places, scalar.value, _visible(style, lines, line, column))


def _skip_properties(lines: list[str], line: int, column: int) -> tuple[int, int, str] | None:
    """Return where the value begins, past its anchor and tag, and its first character."""
    at = column - 1
    while line <= len(lines):
        text = lines[line - 1]
        match = _PROPERTIES.match(text, at)
        at = match.end() if match else at
        rest = text[at:].lstrip(" \t")
        if rest and not rest.startswith("#"):
            return line, len(text) - len(rest) + 1, rest[0]
        line, at = line + 1, 0
        at = len(lines[line - 1]) - len(lines[line - 1].lstrip(" \t")) if line <= len(lines) else 0
    return None


def _literal(places: Places, value: str, lines: list[str], header: int) -> None:
    """Every line of the value is a line of the source, but for the indentation."""
    offset = 0
    for number, text in enumerate(_VALUE_BREAK.split(value), start=header + 1):
        if number > len(lines):
            return
        places.add(offset, number, max(len(lines[number - 1]) - len(text), 0) + 1)
        offset += len(text) + 1


def _by_counting(places: Places, value: str, visible: Iterator[tuple[str, int, int]]) -> None:
    for offset, char in enumerate(value):
        if not char.isspace():
            _, line, column = next(visible, ("", 0, 0))
            if not line:
                return
            places.add(offset, line, column)


def _visible(style: str, lines: list[str], line: int, column: int) -> Iterator[tuple[str, int, int]]:
    """Yield the characters of a value that can be seen, each with its line and column."""
    if style == ">":
        return _characters(lines, line + 1, 1)
    if style == "'":
        return _single_quoted(lines, line, column + 1)
    if style == '"':
        return _double_quoted(lines, line, column + 1)
    return _characters(lines, line, column)


def _characters(lines: list[str], line: int, column: int) -> Iterator[tuple[str, int, int]]:
    for number in range(line, len(lines) + 1):
        for at, char in enumerate(lines[number - 1][column - 1 :], start=column):
            if not char.isspace():
                yield char, number, at
        column = 1


def _single_quoted(lines: list[str], line: int, column: int) -> Iterator[tuple[str, int, int]]:
    """A quote in the value is written as two."""
    doubled = False
    for char, number, at in _characters(lines, line, column):
        if char != "'" or not doubled:
            yield char, number, at
        doubled = char == "'" and not doubled


def _double_quoted(lines: list[str], line: int, column: int) -> Iterator[tuple[str, int, int]]:
    """An escape is one character of the value, or white space, or a break of the line that does not count."""
    skip = 0
    for char, number, at in _characters(lines, line, column):
        if skip:
            skip -= 1
            continue
        if char != "\\":
            yield char, number, at
            continue
        after = lines[number - 1][at : at + 1]
        digits = _HEX_DIGITS.get(after, 0)
        skip = digits + (not (after.isspace() or not after))
        if after and after not in _BLANKS and not _is_blank(lines[number - 1][at + 1 : at + 1 + digits]):
            yield char, number, at


def _is_blank(digits: str) -> bool:
    return bool(digits) and chr(int(digits, 16)).isspace()
