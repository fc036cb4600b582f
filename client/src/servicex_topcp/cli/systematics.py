"""`topcp systematics`: the variations in an ntuple, where they come from, and how large they are."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from servicex_topcp.cli import options

if TYPE_CHECKING:
    from servicex_topcp.ntuple import Ntuple


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--tree", help="Tree to read; else the first.")
@options.json_option
def systematics(path: Path, tree: str | None, as_json: bool) -> None:
    """List the variations in an ntuple: kind, source, and size.

    The size is that of the variable which changes most: the mean of how much it changes, over the mean of its size.
    Angles count only where no other number changes, and flags only where nothing else does.

    Exit code: 0 done, 66 no such file, 64 wrong usage, 71 without the extra `plot`.
    """
    from servicex_topcp.ntuple import Ntuple

    with Ntuple(path, tree) as ntuple:
        rows = _rows(ntuple)
    if as_json:
        click.echo(json.dumps({"path": str(path), "systematics": rows}, indent=2))
        return
    width = max((len(row["name"]) for row in rows), default=0)
    for row in rows:
        mark = "" if row["official"] else click.style("approximate ", fg="yellow")
        size = "changes nothing" if not row["variable"] else f"{100 * row['size']:.3g} % of {row['variable']}"
        click.echo(f"{row['name']:<{width}}  {row['kind']:<16}  {size:<32}  {mark}{row['source']}")
    click.echo(f"{len(rows)} variations in {path}")


_FLAG, _ANGLE, _NUMBER = range(3)


def _rank(ntuple: Ntuple, variable: str) -> int:
    """Tell how much a variable counts: numbers most, then angles, which have no size."""
    if ntuple.is_flag(f"{variable}_NOSYS"):
        return _FLAG
    return _ANGLE if variable.endswith("phi") else _NUMBER


def _rows(ntuple: Ntuple) -> list[dict[str, Any]]:
    largest: dict[str, tuple[int, float, str]] = dict.fromkeys(ntuple.systematics, (0, 0.0, ""))
    for variable in ntuple.variables:
        if not (varied := ntuple.variations_of(variable)):
            continue
        nominal, rank = ntuple.values(f"{variable}_NOSYS"), _rank(ntuple, variable)
        scale = float(abs(nominal).mean()) if len(nominal) else 0.0
        for systematic, branch in varied.items():
            change = ntuple.values(branch) - nominal
            if rank == _ANGLE:
                change = (change + math.pi) % (2 * math.pi) - math.pi
            size = float(abs(change).mean()) / scale if scale else 0.0
            if size:
                largest[systematic] = max(largest[systematic], (rank, size, variable))
    return [
        {"name": name, **asdict(ntuple.source_of(name)), "size": size, "variable": variable}
        for name, (_, size, variable) in largest.items()
    ]
