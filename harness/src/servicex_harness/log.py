"""The harness's terminal: one line per event."""

from __future__ import annotations

import logging
import sys


def set_up_log() -> None:
    """Send the events of the harness, and the warnings of its libraries, to stderr."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_OneLine("%(asctime)s %(levelname)-7s %(message)s", datefmt="%H:%M:%S"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.getLogger("servicex_harness").setLevel(logging.INFO)


def printable(text: str) -> str:
    """Return `text` on one line and without terminal control sequences: it comes from users and scripts."""
    return "".join(character if character.isprintable() else repr(character)[1:-1] for character in text)


class _OneLine(logging.Formatter):
    """Keeps one event on one line; the traceback of a bug follows it unchanged."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's own name
        record.message = printable(record.message)
        return super().formatMessage(record)
