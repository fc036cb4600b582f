"""Edits of single entries: rename, replace, remove, comment out, insert.

Each function returns the edits, or None where the text is written such that the edit would lose a comment, an anchor
or the block around it; the key then stays as it is, and the check of the result says what is wrong with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from topcp_config.migrate.document import Edit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from topcp_config.migrate.document import Document
    from topcp_config.migrate.spans import Pair, Span

Edits = list[Edit]


@dataclass(frozen=True, slots=True)
class Spot:
    """An entry of a mapping: the mapping, the position in it, and the entry whose value the mapping is, if any."""

    mapping: Span
    index: int
    holder: Pair | None = None

    @property
    def pair(self) -> Pair:
        return self.mapping.entries[self.index]

    @property
    def next(self) -> Pair | None:
        after = self.mapping.entries[self.index + 1 : self.index + 2]
        return after[0] if after else None


def replace(doc: Document, scalar: Span, old: str, new: str) -> Edits:
    """Replace the text `old` in a scalar, in the quotes that it has; the whole scalar if `old` is not seen there."""
    raw = doc.raw(scalar)
    return [Edit(scalar.start, scalar.end, raw.replace(old, new, 1) if old in raw else new)]


def remove(doc: Document, spot: Spot) -> Edits | None:
    """Take an entry out, with the comment on its line; comments on lines of their own stay."""
    if spot.pair.value.anchored or spot.pair.key.anchored:
        return None
    if spot.mapping.flow:
        return _remove_from_flow(doc, spot)
    return _take_out(doc, spot, _comments(doc, spot.pair.key.start, spot.pair.value))


def remove_item(doc: Document, sequence: Span, item: Span) -> Edits | None:
    """Take an item out of a list of blocks."""
    if sequence.flow or doc.before(item.start).strip() != "-":
        return None
    return [Edit(doc.line_start(item.start), doc.line_end(item.end), "")]


def comment_out_item(doc: Document, sequence: Span, item: Span, why: str) -> Edits | None:
    """Turn an item of a list of blocks into a comment, below a line that says why."""
    dash = doc.before(item.start)
    if sequence.flow or dash.strip() != "-":
        return None
    start, end = doc.line_start(item.start), doc.line_end(item.end)
    indent = _indent_of(dash)
    lines = [line[len(indent) :] for line in doc.text[start:end].splitlines()]
    return [Edit(start, end, _lines(doc, indent, [f"# {why}", *(f"# {line}".rstrip() for line in lines)]))]


def comment_out(doc: Document, spot: Spot, why: str) -> Edits | None:
    """Turn an entry into a comment at its place, below a line that says why."""
    if spot.pair.value.anchored or spot.pair.key.anchored:
        return None
    if not spot.mapping.flow:
        return _take_out(doc, spot, [f"# {why}", *(f"# {line}".rstrip() for line in lines_of(doc, spot.pair))])
    removed = _remove_from_flow(doc, spot)
    raw = doc.text[spot.pair.key.start : spot.pair.value.end].splitlines()
    line = doc.line_start(spot.pair.key.start)
    indent = _indent_of(doc.before(spot.pair.key.start))
    comment = "".join(f"{indent}# {text.strip()}{doc.newline}" for text in (why, *raw))
    return None if removed is None else [Edit(line, line, comment), *removed]


def insert(doc: Document, mapping: Span, lines: Sequence[str], after: int = -1) -> Edits | None:
    """Add an entry, given as lines without indentation, after another one of the mapping."""
    if mapping.kind != "mapping" or (mapping.flow and len(lines) > 1):
        return None
    if mapping.flow and not mapping.entries:
        return [Edit(mapping.start, mapping.end, f"{{{lines[0]}}}")]
    end = mapping.entries[after].value.end
    if mapping.flow:
        return [Edit(end, end, f", {lines[0]}")]
    indent = " " * doc.column(mapping.entries[0].key.start)
    return [_new_lines(doc, end, [indent + line for line in lines])]


def insert_first(doc: Document, root: Span, lines: Sequence[str]) -> Edits | None:
    """Add an entry, given as lines, before all others of the first level."""
    if root.flow:
        return None
    place = doc.line_start(root.entries[0].key.start)
    return [Edit(place, place, _lines(doc, "", lines))]


def append(doc: Document, sequence: Span, lines: Sequence[str]) -> Edits | None:
    """Add an item, given as lines without indentation, to a list of blocks."""
    if sequence.kind != "sequence" or sequence.flow:
        return None
    dash = doc.before(sequence.items[-1].start)
    if dash.strip() != "-":
        return None
    return [_new_lines(doc, sequence.end, [dash + lines[0], *(" " * len(dash) + line for line in lines[1:])])]


def lines_of(doc: Document, pair: Pair, *, alone: bool = False) -> list[str]:
    """Return the lines of an entry, without the indentation of its key; the comment on them unless it is `alone`."""
    if alone:
        return [doc.text[pair.key.start : pair.value.end]]
    column = doc.column(pair.key.start)
    first, *others = doc.text[pair.key.start : doc.line_end(pair.value.end)].splitlines()
    return [first, *(line[column:] if not line[:column].strip() else line.lstrip() for line in others)]


def comments_above(doc: Document, mapping: Span, index: int) -> list[str]:
    """Return the comments between an entry of a block and the one before it, without indentation."""
    if not index:
        return []
    return comments_between(doc, mapping.entries[index - 1].value, mapping.entries[index].key)


def comments_between(doc: Document, one: Span, other: Span) -> list[str]:
    """Return the comments on the lines between two nodes, without indentation."""
    lines = doc.text[doc.line_end(one.end) : doc.line_start(other.start)].splitlines()
    return [line.strip() for line in lines if line.strip()]


def rewrite(doc: Document, span: Span, lines: Sequence[str]) -> Edit:
    """Replace the lines of a block; comments on lines of their own that `lines` lack come first."""
    start, end = doc.line_start(span.start), doc.line_end(span.end)
    there = [line.strip() for line in lines]
    lost = [comment for comment in _comments(doc, start, span) if comment not in there]
    indent = _indent_of(lines[0])
    ended = doc.line_start(end) == end
    text = doc.newline.join([*(indent + comment for comment in lost), *lines])
    return Edit(start, end, text + (doc.newline if ended else ""))


def _comments(doc: Document, start: int, span: Span) -> list[str]:
    """Return the comments on lines of their own from `start` to the end of a node, without indentation."""
    found, place = [], start
    for scalar in (*span.leaves(), None):
        end = doc.line_start(scalar.start if scalar else span.end)
        lines = doc.text[doc.line_end(place) : end].splitlines()
        found += [line.strip() for line in lines if line.lstrip().startswith("#")]
        place = scalar.end if scalar else end
    return found


def _take_out(doc: Document, spot: Spot, comments: Sequence[str]) -> Edits | None:
    """Replace an entry of a block mapping by `comments`."""
    before = doc.before(spot.pair.key.start)
    after = doc.line_end(spot.pair.value.end)
    start = doc.line_start(spot.pair.key.start)
    if not before.strip():
        emptied = _emptied(doc, spot)
        return None if emptied is None else [Edit(start, after, _lines(doc, before, comments)), *emptied]
    if before.strip(" -"):
        return None
    indent = _indent_of(before)
    if spot.next is None:  # an item of which nothing is left stands for a block with its defaults
        return [Edit(start, after, _lines(doc, indent, comments) + f"{before}{{}}{doc.newline}")]
    # The next key takes its place behind the dash.
    between = comments_between(doc, spot.pair.value, spot.next.key)
    return [Edit(start, spot.next.key.start, _lines(doc, indent, [*comments, *between]) + before)]


def _emptied(doc: Document, spot: Spot) -> Edits | None:
    """Leave `{}` where the only entry of a block is taken out."""
    if len(spot.mapping.entries) > 1:
        return []
    if spot.holder is None:  # nothing would be left of the configuration
        return None
    colon = spot.holder.key.end + doc.text[spot.holder.key.end :].index(":") + 1
    rest = doc.text[colon : doc.line_end(colon)].strip()
    return None if rest and not rest.startswith("#") else [Edit(colon, colon, " {}")]


def _remove_from_flow(doc: Document, spot: Spot) -> Edits | None:
    start, end = spot.pair.key.start, spot.pair.value.end
    gap = (end, end)
    if spot.next is not None:
        gap = (end, spot.next.key.start)
    elif spot.index:
        gap = (spot.mapping.entries[spot.index - 1].value.end, start)
    if "#" in doc.text[gap[0] : gap[1]]:
        return None
    return [Edit(min(start, gap[0]), max(end, gap[1]), "")]


def _new_lines(doc: Document, end: int, lines: Sequence[str]) -> Edit:
    """Put lines below the line of the character `end`."""
    place = doc.line_end(end)
    text = doc.newline.join(lines)
    ended = doc.line_start(place) == place
    return Edit(place, place, text + doc.newline if ended else doc.newline + text)


def _lines(doc: Document, indent: str, lines: Sequence[str]) -> str:
    return "".join(f"{indent}{line}{doc.newline}" for line in lines)


def _indent_of(before: str) -> str:
    return before[: len(before) - len(before.lstrip())]
