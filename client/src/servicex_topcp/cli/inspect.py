"""`topcp inspect`: what is in a PHYSLITE file or an ntuple."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from servicex_topcp.cli import options
from servicex_topcp.cli.report import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from servicex_topcp.contents import Contents
    from servicex_topcp.ntuple import Ntuple

_BYTES_PER_MB = 1e6


@click.command("inspect")
@click.argument("path", type=click.Path(path_type=Path))
@options.json_option
def inspect(path: Path, as_json: bool) -> None:
    """Show what is in a PHYSLITE file or an ntuple.

    Of PHYSLITE: its events, and the containers with their number of variables. Of an ntuple: its trees, the objects
    with their number of branches, the systematics, and which program wrote it for which release.

    Exit code: 0 done, 66 no such file, 64 no tree in it, 71 without the extra `plot`.
    """
    if as_json:
        click.echo(json.dumps(as_data(path), indent=2))
        return
    for line in _lines(path, *_found(path)):
        click.echo(line)


def as_data(path: Path) -> dict[str, Any]:
    """What is in the file, as `--json` writes it."""
    found, more = _found(path)
    return {"path": str(path), **asdict(found), **more}


def _found(path: Path) -> tuple[Contents, dict[str, Any]]:
    """What any file tells of itself, and what an ntuple tells besides."""
    from servicex_topcp.contents import contents

    found = contents(path)
    return found, _of_ntuple(path) if found.kind == "ntuple" else {}


def _of_ntuple(path: Path) -> dict[str, Any]:
    from servicex_topcp.ntuple import Ntuple

    with Ntuple(path, None) as ntuple:
        return {"systematics": list(ntuple.systematics), "written": _written(ntuple)}


def _written(ntuple: Ntuple) -> dict[str, Any]:
    """Who wrote it: what its report says, or nothing."""
    return {key: ntuple.report[key] for key in ("generator", "release", "payload") if ntuple.report.get(key)}


def _lines(path: Path, found: Contents, more: dict[str, Any]) -> Iterator[str]:
    yield f"{click.style(str(path), bold=True)}: {found.kind}, {found.size / _BYTES_PER_MB:.1f} MB"
    written = more.get("written", {})
    if "generator" in written:
        yield f"written by {written['generator']} for release {written['release']['name']}"
    what = "variables" if found.kind == "PHYSLITE" else "branches"
    for tree in found.trees:
        yield f"{click.style(tree.name, bold=True)}: {tree.format}, {tree.entries} events, {tree.columns} {what}"
        width = max(map(len, tree.groups), default=0)
        for group, columns in tree.groups.items():
            yield f"  {group:<{width}}  {columns:>5}"
    if found.histograms:
        yield counted(found.histograms, "histogram")
    if "systematics" in more:
        yield f"{counted(len(more['systematics']), 'systematic variation')} (topcp systematics lists them)"
