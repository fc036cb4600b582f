"""Fuzzes the reader, the checker and the migration: any bytes give a list of problems, or the same text migrated.

Run: make fuzz, or python science/config/fuzz/check.py [options of libFuzzer] FOLDER [corpus]. What it finds worth
keeping goes to FOLDER. An exception, more than ten seconds or a gigabyte for one input are failures; each leaves its
input in a file that begins with `crash-`, `timeout-` or `oom-`. The first byte of an input tells the release.
"""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["topcp_config"]):
    from topcp_config import CODES, RELEASES, check_text
    from topcp_config.migrate import migrate_text
    from topcp_config.problems import has_errors
    from topcp_config.reader import read_text


def one_input(data: bytes) -> None:
    """Check one input as every user's text is checked."""
    release = RELEASES[data[0] % len(RELEASES)] if data else RELEASES[0]
    text = data[1:].decode(errors="surrogateescape")
    for problem in check_text(text, release=release):
        if problem.code not in CODES or not problem.line or not str(problem).isprintable():
            raise AssertionError(problem)
    if not has_errors(read_text(text, None)[1]):
        migrate_text(text, to=RELEASES[-1], source=release)


if __name__ == "__main__":
    atheris.Setup([*sys.argv, "-timeout=10", "-rss_limit_mb=1024", "-max_len=4096"], one_input)
    atheris.Fuzz()
