"""`topcp branches`: what a configuration writes, before it is run."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from servicex_topcp.cli import options
from servicex_topcp.cli.options import STDIN
from servicex_topcp.cli.report import show
from servicex_topcp.errors import ExitCode
from servicex_topcp.files import config_files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from topcp_config import Config, Level
    from topcp_config.ntuple import Branch, FileObject, Ntuple

    from servicex_topcp.release import UsedRelease


@click.command()
@options.path_argument
@options.release_option
@options.level_option
@options.json_option
def branches(path: str, release: str | None, level: Level, as_json: bool) -> None:
    """List the branches, trees and histograms to be written.

    PATH is a YAML file, a folder with reco.yaml, parton.yaml, particle.yaml or some of them, or - for standard input.
    In a name, %SYS% stands for NOSYS and for each systematic that changes it, * for parts that are not known here.

    Exit code: 0 done, 65 the configuration is invalid, 66 no such file, 64 wrong usage.
    """
    from topcp_config.ntuple import describe

    if path == "-":
        text = options.read_stdin()
        used, read = _of_text(text, release, level)
    else:
        text = ""
        used, read = _of_path(Path(path), release, level)
    found = {name: describe(_loaded(name, load, used, text)) for name, load in read.items()}
    if as_json:
        files = [{"path": name, **ntuple.to_dict()} for name, ntuple in found.items()]
        click.echo(json.dumps({"release": options.release_as_data(used), "files": files}, indent=2))
    else:
        for name, ntuple in found.items():
            for line in _lines(name, ntuple, used):
                click.echo(line)


def _of_text(text: str, release: str | None, level: Level) -> tuple[UsedRelease, dict[str, Callable[[], Config]]]:
    from topcp_config import load_text

    from servicex_topcp.release import choose_release

    used = choose_release(release, None, {STDIN: text})
    return used, {STDIN: lambda: load_text(text, release=used.name, level=level, file=STDIN)}


def _of_path(path: Path, release: str | None, level: Level) -> tuple[UsedRelease, dict[str, Callable[[], Config]]]:
    from topcp_config import load_file

    from servicex_topcp.check import release_of

    files = config_files(path, level)
    used = release_of(files, release)

    def loader(file: Path, name: Level) -> Callable[[], Config]:
        return lambda: load_file(file, release=used.name, level=name)

    return used, {str(file): loader(file, name) for name, file in files.items()}


def _loaded(name: str, load: Callable[[], Config], used: UsedRelease, text: str) -> Config:
    """Load a configuration; show what is wrong, as validate does, and end the command if it is invalid."""
    from topcp_config import ConfigError

    try:
        return load()
    except ConfigError as invalid:
        show(name, invalid.problems, used, texts={STDIN: text})
        sys.exit(ExitCode.CONFIGURATION)


def _lines(name: str, ntuple: Ntuple, used: UsedRelease) -> list[str]:
    """Return what is told of one file."""
    lines = [f"{click.style(name, bold=True)}: release {used}"]
    lines += [f"{click.style('note:', fg='cyan')} {used.note}"] * bool(used.note)
    for tree in ntuple.trees:
        lines.append(f"tree {click.style(tree.name, bold=True)} ({len(tree.branches)} branches)")
        lines += _table(tree.branches)
        lines += [f"{click.style('note:', fg='yellow')} {remark}" for remark in tree.remarks]
    lines += ["beside the trees", *_table(ntuple.objects)]
    if ntuple.systematics:
        lines.append("systematics")
        lines += [f"  {one}: {' '.join(f'{part}*' for part in parts)}" for one, parts in ntuple.systematics.items()]
    if ntuple.unknown:
        lines.append(f"{click.style('note:', fg='yellow')} not known what is written by {', '.join(ntuple.unknown)}")
    return lines


def _table(rows: Iterable[Branch | FileObject]) -> list[str]:
    rows = list(rows)
    width = max((len(row.name) for row in rows), default=0)
    return [f"  {row.name:<{width}}  {'  '.join(_remarks(row))}".rstrip() for row in rows]


def _remarks(row: Branch | FileObject) -> list[str]:
    """Return what stands behind a name: the block, the sample if it matters, whether it is sure."""
    sample = [click.style(f"{row.sample} only", fg="cyan")] if row.sample else []
    doubt = [click.style("not sure", fg="yellow")] if row.known != "yes" else []
    return [click.style(row.block or "every run", dim=True), *sample, *doubt]
