"""`topcp migrate`: rewrite configurations for another release."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from servicex_topcp.cli import options
from servicex_topcp.cli.options import STDIN
from servicex_topcp.cli.report import counted, problem_lines, show
from servicex_topcp.errors import ExitCode, MissingFileError, UsageError
from servicex_topcp.files import config_files, write_whole

if TYPE_CHECKING:
    from collections.abc import Iterator

    from topcp_config import Level
    from topcp_config.migrate import Migration, Note


@click.command()
@options.path_argument
@options.named_release("--to", "target", meaning="Release of AnalysisBase to write for.", required=True)
@options.named_release("--from", "source", meaning="Release that the YAML is for; else its comment `# release: R`.")
@options.level_option
@click.option("--check", is_flag=True, help="Write nothing; the exit code says whether anything must change.")
@click.option("--output", type=click.Path(dir_okay=False), metavar="FILE", help="Write the result to FILE.")
@click.option("--in-place", is_flag=True, help="Write the result over the file.")
@options.json_option
def migrate(
    path: str,
    target: str,
    source: str | None,
    level: Level,
    check: bool,
    output: str | None,
    in_place: bool,
    as_json: bool,
) -> None:
    """Rewrite configurations for another release.

    PATH is a YAML file, - for standard input, or, with --check or --in-place, a folder with reco.yaml, parton.yaml,
    particle.yaml or some of them. What need not change stays as it is, comments and quotes included. Without --output
    and --in-place the result is written to standard output, and what was done to standard error.

    Exit code: 0 the result is accepted by R, and with --check nothing must change; 65 it is not, or with --check
    something must change; 66 no such file, 73 cannot write, 64 wrong usage.
    """
    _check_arguments(path, check=check, output=output, in_place=in_place)
    texts = _texts(path, level)
    if len(texts) > 1 and not check and not in_place:
        raise UsageError(f"{path} holds several configurations: use --check or --in-place, or name one file")
    found = {name: _migrated(name, text, target, source, one) for name, (one, text) in texts.items()}
    written = _write(found, output, in_place=in_place and not check)
    to_stdout = not (check or output or in_place)
    if as_json:
        click.echo(json.dumps({"files": [_as_data(n, m, with_text=not written) for n, m in found.items()]}, indent=2))
    else:
        for name, migration in found.items():
            for line in _report(name, migration):
                click.echo(line, err=to_stdout)
            if to_stdout:
                sys.stdout.buffer.write(migration.text.encode())
    fine = all(m.is_accepted and not (check and m.is_changed) for m in found.values())
    sys.exit(ExitCode.OK if fine else ExitCode.CONFIGURATION)


def _check_arguments(path: str, *, check: bool, output: str | None, in_place: bool) -> None:
    if sum([check, output is not None, in_place]) > 1:
        raise UsageError("give one of --check, --output and --in-place")
    if in_place and path == "-":
        raise UsageError("standard input cannot be written in place: use --output")


def _texts(path: str, level: Level) -> dict[str, tuple[Level, str]]:
    """Return level and text of each configuration, by the name that messages give it."""
    if path == "-":
        return {STDIN: (level, options.read_stdin())}
    files = config_files(Path(path), level)
    return {str(file): (one, _read(file)) for one, file in files.items()}


def _read(file: Path) -> str:
    try:
        return options.decoded(file.read_bytes())
    except OSError as error:
        raise MissingFileError(f"cannot read {file}: {error.strerror}") from None


def _migrated(name: str, text: str, target: str, source: str | None, level: Level) -> Migration:
    """Migrate a text; if it is no YAML, show what is wrong, as validate does, and end the command."""
    from topcp_config import ConfigError
    from topcp_config.migrate import migrate_text

    from servicex_topcp.release import choose_release

    try:
        return migrate_text(text, to=target, source=source, level=level, file=name)
    except ConfigError as invalid:
        show(name, invalid.problems, choose_release(source, None, {name: text}), texts={name: text})
        sys.exit(ExitCode.CONFIGURATION)


def _write(found: dict[str, Migration], output: str | None, *, in_place: bool) -> bool:
    """Write the results to files; tell whether there was one to write to."""
    for name, migration in found.items():
        if output is not None:
            write_whole(Path(output), migration.text)
        elif in_place and migration.is_changed:
            write_whole(Path(name), migration.text)
    return output is not None or in_place


def _report(name: str, migration: Migration) -> Iterator[str]:
    """Yield what was changed, what is left to a person, what is wrong with the result, and a line with the sum."""
    source = f"{migration.source.asked}{' (guessed)' if migration.guessed else ''}"
    yield f"{click.style(name, bold=True)}: {source} -> {migration.target.asked}"
    for release in (migration.source, migration.target):
        if release.note:
            yield f"{click.style('note:', fg='cyan')} {release.note}"
    yield from _notes(migration.changes)
    if migration.decisions:
        yield click.style("for you to decide:", fg="yellow")
        yield from _notes(migration.decisions)
    if migration.problems:
        yield click.style("about the result:", fg="yellow" if migration.is_accepted else "red")
        for problem in migration.problems:
            yield from problem_lines(problem, {name: migration.text})
    yield _verdict(name, migration)


def _notes(notes: tuple[Note, ...]) -> Iterator[str]:
    width = max((len(str(note.line)) for note in notes), default=0)
    for note in notes:
        path = f"{click.style(note.path, bold=True)}: " if note.path else ""
        yield f"  {note.line:>{width}}: {path}{note.message}"


def _verdict(name: str, migration: Migration) -> str:
    errors = sum(problem.severity == "error" for problem in migration.problems)
    accepted = click.style(f"accepted by {migration.target.asked}", fg="green")
    verdict = click.style(f"{counted(errors, 'error')} left", fg="red") if errors else accepted
    return f"{name}: {counted(len(migration.changes), 'change')}, {len(migration.decisions)} to decide; {verdict}"


def _as_data(name: str, migration: Migration, *, with_text: bool) -> dict[str, Any]:
    return {
        "path": name,
        "from": asdict(migration.source) | {"guessed": migration.guessed},
        "to": asdict(migration.target),
        "changed": migration.is_changed,
        "accepted": migration.is_accepted,
        "changes": [asdict(note) for note in migration.changes],
        "decisions": [asdict(note) for note in migration.decisions],
        "problems": [problem.to_dict() for problem in migration.problems],
    } | ({"text": migration.text} if with_text else {})
