"""What a physicist is told when the YAML parser gives up."""

from __future__ import annotations

import yaml
from yaml.reader import ReaderError

from topcp_config.problems import Mark, Problem, error
from topcp_config.tree import mark_at

_START = "this character cannot begin a value"
_USE_SPACES = "Indent with spaces, never with tabs; put text that begins with % @ ` in quotes."
_INDENT = "the indentation does not fit, or a `:` or a quote is missing"
_QUOTE = "a quote is opened and never closed"
_BRACKET = "a bracket is opened and not closed, or a comma is missing"

# What the two parsers of PyYAML say, what it means, and what to do. The first entry that fits is taken.
_MEANINGS = (
    ("cannot start any token", _START, _USE_SPACES),
    ("found a tab character", "a tab is used to indent", "Indent with spaces."),
    (
        "mapping values are not allowed",
        "a `:` stands where no key can be",
        "Is the line before it complete and equally indented? Text that holds `: ` needs quotes.",
    ),
    ("could not find expected ':'", "a key without its `:`", "Write `key: value`, with a space after the colon."),
    ("did not find expected key", _INDENT, "Keys of one mapping begin in the same column."),
    ("expected <block end>", _INDENT, "Keys of one mapping begin in the same column."),
    ("expected '-' indicator", "the indentation of this list does not fit", "Put every `-` of one list in one column."),
    ("block sequence entries are not", "a list cannot begin here", "Put the `-` on a line of its own, below the key."),
    ("unexpected end of stream", _QUOTE, None),
    ("unexpected document indicator", _QUOTE, None),
    ("expected ',' or", _BRACKET, None),
    ("unknown escape character", "an unknown escape after a backslash", "Single quotes take backslashes as they are."),
    ("undefined tag handle", "an unknown YAML tag", "Text that begins with `!` needs quotes."),
)


def explain(bad: yaml.YAMLError, text: str, file: str | None) -> Problem:
    """Say in a sentence what the parser could not read, and where."""
    if isinstance(bad, ReaderError):
        return _unreadable_character(text, file)
    said = str(getattr(bad, "problem", None) or bad)
    place = getattr(bad, "problem_mark", None) or getattr(bad, "context_mark", None)
    mark = Mark(file, place.line + 1, place.column + 1) if place else Mark(file, 1, 1)
    sentence, hint = next(((meaning, hint) for part, meaning, hint in _MEANINGS if part in said), (said, None))
    return error("yaml-syntax", f"this is not YAML: {sentence}", mark, hint=_with_context(hint, bad))


def _with_context(hint: str | None, bad: yaml.YAMLError) -> str | None:
    """Add where the thing began that could not be finished."""
    began, place = getattr(bad, "context_mark", None), getattr(bad, "problem_mark", None)
    parts = [hint] if hint else []
    if began and place and began.line != place.line:
        parts.append(f"What could not be finished began in line {began.line + 1}, column {began.column + 1}.")
    return " ".join(parts) or None


def _unreadable_character(text: str, file: str | None) -> Problem:
    """Find the control character that YAML forbids (the C parser counts bytes, so its position is of no use)."""
    index = next((i for i, char in enumerate(text) if yaml.SafeLoader.NON_PRINTABLE.match(char)), 0)
    message = f"the character U+{ord(text[index]):04X} cannot stand in YAML" if text else "the text cannot be read"
    return error("yaml-syntax", message, mark_at(text, index, file))
