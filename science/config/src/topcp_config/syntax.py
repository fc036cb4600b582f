"""What a physicist is told when the YAML parser gives up."""

from __future__ import annotations

import yaml
from yaml.reader import ReaderError

from topcp_config.problems import Mark, Problem, error
from topcp_config.tree import mark_at

# What the two parsers of PyYAML say (libyaml's first), and what it means. The first entry that fits is taken.
_MEANINGS = (
    ("found character that cannot start any token", "this character cannot begin a value", "Indent with spaces, never with tabs; put text that begins with % @ ` or a tab in quotes."),
    ("cannot start any token", "this character cannot begin a value", "Indent with spaces, never with tabs; put text that begins with % @ ` or a tab in quotes."),
    ("mapping values are not allowed", "a `:` stands where no key can be", "Is the line before it complete and equally indented? Text that holds `: ` needs quotes."),
    ("could not find expected ':'", "a key without its `:`", "Write `key: value`, with a space after the colon."),
    ("did not find expected key", "the indentation does not fit, or a `:` or a quote is missing", "Keys of one mapping begin in the same column."),
    ("expected <block end>", "the indentation does not fit, or a `:` or a quote is missing", "Keys of one mapping begin in the same column."),
    ("did not find expected '-' indicator", "the indentation of this list does not fit", "Every `-` of one list stands in the same column."),
    ("block sequence entries are not allowed", "a list cannot begin here", "Put the `-` on a line of its own, below the key."),
    ("unexpected end of stream", "a quote is opened and never closed", None),
    ("unexpected document indicator", "a quote is opened and never closed", None),
    ("did not find expected ',' or", "a bracket is opened and not closed, or a comma is missing", None),
    ("expected ',' or", "a bracket is opened and not closed, or a comma is missing", None),
    ("unknown escape character", "an unknown escape after a backslash", "Use single quotes: they take backslashes as they are."),
    ("found a tab character", "a tab is used to indent", "Indent with spaces."),
    ("undefined tag handle", "an unknown YAML tag", "Text that begins with `!` needs quotes."),
)  # fmt: skip


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
    began = getattr(bad, "context_mark", None)
    parts = [hint] if hint else []
    if began and getattr(bad, "problem_mark", None) and began.line != bad.problem_mark.line:  # type: ignore[attr-defined]
        parts.append(f"What could not be finished began in line {began.line + 1}, column {began.column + 1}.")
    return " ".join(parts) or None


def _unreadable_character(text: str, file: str | None) -> Problem:
    """Find the control character that YAML forbids (the C parser counts bytes, so its position is of no use)."""
    index = next((i for i, char in enumerate(text) if yaml.SafeLoader.NON_PRINTABLE.match(char)), 0)
    message = f"the character U+{ord(text[index]):04X} cannot stand in YAML" if text else "the text cannot be read"
    return error("yaml-syntax", message, mark_at(text, index, file))
