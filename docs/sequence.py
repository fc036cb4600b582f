"""Draws who tells what to whom, from a text: `A | B | C` in the first line, then one `A -> B: message` a line.

Run: python docs/sequence.py TEXT > PICTURE.svg
"""

from __future__ import annotations

import sys
import textwrap
from dataclasses import dataclass
from html import escape
from pathlib import Path

COLUMN, LINE, LETTER = 190, 16, 6.4  # pixels: between two participants, of a line of text, of a letter
TOP, MARGIN = 62, 100
SELF = 26  # how far the arrow of somebody to himself reaches out
STYLE = """text { font: 12px system-ui, sans-serif; fill: #1f2933; text-anchor: middle }
.who { font-weight: 600 } .own { text-anchor: start }
rect { fill: #eef2ff; stroke: #4f5d95 } .ground { fill: #fff; stroke: none }
path { fill: none; stroke: #4f5d95; stroke-width: 1.3 } .life { stroke: #c5cad8; stroke-dasharray: 4 4 }"""
ARROW = (
    '<defs><marker id="a" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
    '<path d="M0,0 L8,4 L0,8"/></marker></defs>'
)


@dataclass(frozen=True)
class Message:
    """From the column of one participant to that of another, or back to itself."""

    start: int
    end: int
    lines: list[str]

    @property
    def height(self) -> int:
        """How much room it takes."""
        return LINE * len(self.lines) + 18


def read(text: str) -> tuple[list[str], list[Message]]:
    """Return the participants and the messages."""
    first, *rest = text.splitlines()
    who = first.split(" | ")
    return who, [_message(who, line) for line in rest]


def _message(who: list[str], line: str) -> Message:
    ends, _, said = line.partition(": ")
    start, end = (who.index(name) for name in ends.split(" -> "))
    room = COLUMN * max(1, abs(end - start)) - (40 if start == end else 16)
    return Message(start, end, textwrap.wrap(said, int(room / LETTER)))


def draw(who: list[str], messages: list[Message]) -> str:
    """Return the picture."""
    # Beside the last participant there is room for what it does itself.
    own = any(message.start == message.end == len(who) - 1 for message in messages)
    width = COLUMN * (len(who) - 1) + 2 * MARGIN + (own and COLUMN - MARGIN)
    height = TOP + sum(message.height for message in messages) + 20
    parts = [f'<rect class="ground" width="{width}" height="{height}"/>', ARROW]
    for column, name in enumerate(who):
        parts += _participant(_x(column), name, height)
    y = TOP
    for message in messages:
        parts += _arrow(message, y)
        y += message.height
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}">'
    return "\n".join([head, f"<style>{STYLE}</style>", *parts, "</svg>", ""])


def _x(column: int) -> int:
    return MARGIN + COLUMN * column


def _participant(x: int, name: str, height: int) -> list[str]:
    return [
        f'<path class="life" d="M{x},44 V{height - 8}"/>',
        f'<rect x="{x - 80}" y="14" width="160" height="30" rx="6"/>',
        f'<text class="who" x="{x}" y="33">{escape(name)}</text>',
    ]


def _arrow(message: Message, y: int) -> list[str]:
    """The text, and the arrow below it; beside it, where somebody does something himself."""
    x, end = _x(message.start), _x(message.end)
    below = y + LINE * len(message.lines)
    if x == end:
        lines = _text(message.lines, x + SELF + 6, y + LINE // 2 + 6, "own")
        return [*lines, f'<path marker-end="url(#a)" d="M{x},{y + 6} h{SELF} v{below - y} H{x + 2}"/>']
    lines = _text(message.lines, (x + end) // 2, y + LINE - 4, "said")
    return [*lines, f'<path marker-end="url(#a)" d="M{x},{below + 4} H{end}"/>']


def _text(lines: list[str], x: int, y: int, kind: str) -> list[str]:
    return [
        f'<text class="{kind}" x="{x}" y="{y + LINE * number}">{escape(line)}</text>'
        for number, line in enumerate(lines)
    ]


if __name__ == "__main__":
    print(draw(*read(Path(sys.argv[1]).read_text())), end="")
