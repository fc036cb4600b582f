"""YAML text to tree, safely: what `topcp_config.builder` builds, and every way in which reading can fail."""

from __future__ import annotations

import yaml

from topcp_config.builder import Refused, TreeBuilder
from topcp_config.places import Source
from topcp_config.problems import Mark, Problem, error
from topcp_config.syntax import explain
from topcp_config.tree import Node, mark_at

MAX_BYTES = 256 * 1024

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def decode(data: bytes, file: str | None) -> tuple[str | None, list[Problem]]:
    """Decode UTF-8 strictly; return the text, or None and what is wrong."""
    if len(data) > MAX_BYTES:
        return None, [_too_large(len(data), file)]
    try:
        return data.decode("utf-8"), []
    except UnicodeDecodeError as bad:
        before = data[: bad.start].decode("utf-8")
        message = f"the text is not UTF-8: the byte 0x{data[bad.start]:02x} cannot stand here"
        return None, [error("not-utf8", message, mark_at(before, len(before), file), hint="Save the file as UTF-8.")]


def read_text(text: str, file: str | None) -> tuple[Node | None, list[Problem]]:
    """Read one YAML document.

    Returns:
        The tree, None for a text without any value or one that cannot be read; and the problems. Duplicate keys are
        listed and reading goes on; every other problem ends it.
    """
    try:
        size = len(text.encode("utf-8"))
    except UnicodeEncodeError as bad:
        message = "the text holds half of a surrogate pair, which is no character"
        return None, [error("not-utf8", message, mark_at(text, bad.start, file))]
    if size > MAX_BYTES:
        return None, [_too_large(size, file)]
    builder = TreeBuilder(Source(text, file))
    try:
        for event in iter(_LOADER(text).get_event, None):
            builder.take(event)
    except Refused as refused:
        return None, [*builder.problems, refused.problem]
    except yaml.YAMLError as bad:
        return None, [*builder.problems, explain(bad, text, file)]
    return builder.root, builder.problems


def _too_large(size: int, file: str | None) -> Problem:
    """Say that a text of `size` bytes is over the limit."""
    message = f"the configuration has {size} bytes; it may have {MAX_BYTES}"
    return error("too-large", message, Mark(file, 1, 1))
