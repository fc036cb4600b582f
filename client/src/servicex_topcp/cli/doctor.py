"""`topcp doctor`: is all there that a delivery needs, and what to do where it is not."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

import click

from servicex_topcp.cli import options

_COLOURS = {"ok": "green", "note": "yellow", "wrong": "red"}


@click.command()
@click.option(
    "-c", "--config", metavar="FILE", help="Configuration of the ServiceX client; else looked for as it does."
)
@click.option("-b", "--backend", metavar="NAME", help="Endpoint in it; else its default.")
@options.json_option
def doctor(config: str | None, backend: str | None, as_json: bool) -> None:
    """Look whether all is there that a delivery needs.

    Versions, the client's configuration, the endpoint and its token, the code generator there, the grid proxy.

    Exit code: 0 all is well; else that of the first thing that is wrong: 65 configuration or token, 66 proxy, 69 the
    endpoint does not answer or has no code generator for TopCPToolkit.
    """
    from servicex_topcp.health import examine

    findings = []
    for finding in examine(config, backend):
        findings.append(finding)
        if not as_json:
            state = click.style(f"{finding.state:<5}", fg=_COLOURS[finding.state])
            click.echo(f"{state}  {finding.subject}: {finding.found}")
            if finding.advice:
                click.echo(f"       {click.style('= hint:', fg='cyan')} {finding.advice}")
    if as_json:
        click.echo(json.dumps({"findings": [asdict(finding) for finding in findings]}, indent=2))
    sys.exit(next((finding.exit_code for finding in findings if finding.state == "wrong"), 0))
