"""How problems look on a terminal: the place and the message, the line of the file with a caret, the hint."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from topcp_config import Problem

    from servicex_topcp.release import UsedRelease

COLOURS = {"error": "red", "warning": "yellow"}
MARGIN = 6
ADVICE = "name your release with --release, or with a comment `# release: 25.2.15` in the YAML"


def show(path: str, problems: Sequence[Problem], used: UsedRelease, *, texts: Mapping[str, str]) -> None:
    """Print each problem at its place, then one line with the verdict.

    `texts` holds what is in no file, by the name that the problems give it.
    """
    for problem in problems:
        for line in problem_lines(problem, texts):
            click.echo(line)
    for note in filter(None, (used.note, None if used.stated else ADVICE)):
        click.echo(f"{click.style('note:', fg='cyan')} {note}")
    click.echo(_verdict(path, problems, used))


def problem_lines(problem: Problem, texts: Mapping[str, str]) -> list[str]:
    """Return the lines that show one problem; see `show` for `texts`."""
    return [_headline(problem), *_excerpt(problem, texts)]


def counted(number: int, what: str) -> str:
    """Return `1 error`, `2 errors`."""
    return f"{number} {what}{'s' * (number != 1)}"


def _headline(problem: Problem) -> str:
    place = ":".join(str(part) for part in (problem.file, problem.line, problem.column) if part is not None)
    severity = click.style(f"{problem.severity}:", fg=COLOURS[problem.severity], bold=True)
    tail = click.style(f"[{problem.code}]{f' at {problem.path}' if problem.path else ''}", dim=True)
    return " ".join([*([click.style(f"{place}:", bold=True)] if place else []), severity, problem.message, tail])


def _excerpt(problem: Problem, texts: Mapping[str, str]) -> list[str]:
    """Return the source line with a caret under the place, as far as there is one, and the hint."""
    bar = click.style("|", fg="blue")
    lines = []
    source = _source_line(problem, texts)
    if source is not None and problem.column is not None:
        shown = "".join(letter if letter.isprintable() else " " for letter in source)
        caret = click.style("^", fg=COLOURS[problem.severity], bold=True)
        lines += [f"{problem.line:>{MARGIN}} {bar} {shown}", f"{'':>{MARGIN}} {bar} {'':>{problem.column - 1}}{caret}"]
    if problem.hint:
        lines.append(f"{'':>{MARGIN}} {click.style('= hint:', fg='cyan')} {problem.hint}")
    return lines


def _source_line(problem: Problem, texts: Mapping[str, str]) -> str | None:
    if problem.file is None or problem.line is None:
        return None
    lines = texts[problem.file].splitlines() if problem.file in texts else _lines_of_file(problem.file)
    return lines[problem.line - 1] if problem.line <= len(lines) else None


@cache
def _lines_of_file(name: str) -> list[str]:
    try:
        return Path(name).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []


def _verdict(path: str, problems: Sequence[Problem], used: UsedRelease) -> str:
    counts = {severity: sum(problem.severity == severity for problem in problems) for severity in COLOURS}
    found = ", ".join(counted(count, severity) for severity, count in counts.items() if count)
    verdict = click.style("invalid", fg="red") if counts["error"] else click.style("valid", fg="green")
    return f"{path}: {verdict} for release {used}{f'; {found}' if found else ''}"
