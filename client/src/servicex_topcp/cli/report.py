"""How problems look on a terminal: the place, the message, the line of the file with a caret, the hint."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from topcp_config import Problem

    from servicex_topcp.release import UsedRelease

STYLES = {"error": "bold red", "warning": "bold yellow"}
MARGIN = 6


def show_problems(problems: Sequence[Problem], sources: Mapping[str, str]) -> None:
    """Print `problems`; `sources` holds the texts that are in no file, by the name that the problems use."""
    console = _console()
    for problem in problems:
        console.print(_headline(problem))
        line = _source_line(problem, sources)
        if line is not None and problem.column is not None:
            console.print(_excerpt(line, problem))
        if problem.hint:
            console.print(Text.assemble(" " * MARGIN, ("= hint: ", "cyan"), problem.hint))


def show_verdict(path: str, problems: Sequence[Problem], used: UsedRelease) -> None:
    """Print the last line: valid or not, and for which release."""
    console = _console()
    counts = {severity: sum(problem.severity == severity for problem in problems) for severity in STYLES}
    found = ", ".join(f"{count} {severity}{'s' * (count > 1)}" for severity, count in counts.items() if count)
    if used.note:
        console.print(Text.assemble(("note: ", "cyan"), used.note))
    word, style = ("invalid", "bold red") if counts["error"] else ("valid", "bold green")
    console.print(Text.assemble(f"{path}: ", (word, style), f" for release {used}", f"; {found}" if found else ""))


def _console() -> Console:
    # soft_wrap: one line of output for one line of text, also where the terminal is narrow or there is none.
    return Console(highlight=False, soft_wrap=True)


def _headline(problem: Problem) -> Text:
    place = ":".join(str(part) for part in (problem.file, problem.line, problem.column) if part is not None)
    return Text.assemble(
        (f"{place}: " if place else "", "bold"),
        (problem.severity, STYLES[problem.severity]),
        f": {problem.message} ",
        (f"[{problem.code}]", "dim"),
        (f" at {problem.path}" if problem.path else "", "dim"),
    )


def _excerpt(line: str, problem: Problem) -> Text:
    shown = "".join(letter if letter.isprintable() else " " for letter in line)
    caret = " " * ((problem.column or 1) - 1) + "^"
    number, blank = f"{problem.line:>{MARGIN}} | ", f"{'':>{MARGIN}} | "
    return Text.assemble((number, "blue"), shown, "\n", (blank, "blue"), (caret, STYLES[problem.severity]))


def _source_line(problem: Problem, sources: Mapping[str, str]) -> str | None:
    if problem.file is None or problem.line is None:
        return None
    text = sources.get(problem.file)
    lines = text.splitlines() if text is not None else _lines_of_file(problem.file)
    return lines[problem.line - 1] if problem.line <= len(lines) else None


@cache
def _lines_of_file(name: str) -> list[str]:
    try:
        return Path(name).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
