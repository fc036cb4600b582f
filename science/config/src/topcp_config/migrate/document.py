"""A text that is being migrated: its spans, its lines, and edits of them."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from topcp_config.migrate.spans import Span, read_spans

if TYPE_CHECKING:
    from collections.abc import Iterable

_BREAK = re.compile(r"\r\n|[\n\r\x85\u2028\u2029]")
"""What ends a line in YAML 1.1."""


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the characters from `start` up to `end` by `new`."""

    start: int
    end: int
    new: str


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part of a new text: kept from `old` on, or added there."""

    text: str
    old: int
    added: bool = False

    def old_index(self, index: int) -> int:
        return self.old if self.added else self.old + index


class Document:
    """A text, and for each of its lines the line of the original text that it comes from (from 1)."""

    def __init__(self, text: str, origins: tuple[int, ...] | None = None) -> None:
        self.text = text
        self._starts = [0, *(match.end() for match in _BREAK.finditer(text))]
        self._origins = origins or tuple(range(1, len(self._starts) + 1))
        self.newline = "\r\n" if "\r\n" in text else "\n"

    @cached_property
    def root(self) -> Span | None:
        """The tree of the text."""
        return read_spans(self.text)

    def raw(self, span: Span) -> str:
        """Return a span as it is written."""
        return self.text[span.start : span.end]

    def origin(self, index: int) -> int:
        """Return the line of the original text that the character `index` comes from."""
        return self._origins[self._line(index)]

    def line_start(self, index: int) -> int:
        """Return where the line of a character begins."""
        return self._starts[self._line(index)]

    def line_end(self, index: int) -> int:
        """Return where the line after that of a character begins, or where the text ends."""
        line = self._line(index) + 1
        return self._starts[line] if line < len(self._starts) else len(self.text)

    def column(self, index: int) -> int:
        """Return how many characters of its line stand before a character."""
        return index - self.line_start(index)

    def before(self, index: int) -> str:
        """Return what stands before a character on its line."""
        return self.text[self.line_start(index) : index]

    def edited(self, edits: Iterable[Edit]) -> Document:
        """Return the text after edits that do not overlap; new lines count as those that they replace."""
        pieces: list[_Piece] = []
        place = 0
        for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
            pieces += [_Piece(self.text[place : edit.start], place), _Piece(edit.new, edit.start, added=True)]
            place = edit.end
        pieces.append(_Piece(self.text[place:], place))
        text = "".join(piece.text for piece in pieces)
        return Document(text, self._origins_of([piece for piece in pieces if piece.text], text))

    def _origins_of(self, pieces: list[_Piece], text: str) -> tuple[int, ...]:
        """Return the original line of each line of `text`, by its first character."""
        offsets = [0]
        for piece in pieces:
            offsets.append(offsets[-1] + len(piece.text))
        origins = []
        for start in (0, *(match.end() for match in _BREAK.finditer(text))):
            number = min(bisect_right(offsets, start) - 1, len(pieces) - 1)
            origins.append(self.origin(pieces[number].old_index(start - offsets[number])) if pieces else 1)
        return tuple(origins)

    def _line(self, index: int) -> int:
        return bisect_right(self._starts, index) - 1
