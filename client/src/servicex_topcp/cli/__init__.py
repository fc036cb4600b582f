"""The `topcp` command. Each sub-command is one module of this package, named like the sub-command.

Answering at once is part of the job: `--help` and `validate` start in well under 0.2 s. So this is plain click (typer
imports pydantic to read any argument, and a Markdown parser to show help: 0.3 s), what a sub-command needs is imported
inside it, and `servicex` (0.5 s and more) only where it is used.
"""

from __future__ import annotations

import os
import sys
import traceback

import click

from servicex_topcp.cli.branches import branches
from servicex_topcp.cli.completion import completion
from servicex_topcp.cli.doctor import doctor
from servicex_topcp.cli.explain import explain
from servicex_topcp.cli.inspect import inspect
from servicex_topcp.cli.migrate import migrate
from servicex_topcp.cli.plot import plot
from servicex_topcp.cli.run import run
from servicex_topcp.cli.schema import schema
from servicex_topcp.cli.systematics import systematics
from servicex_topcp.cli.validate import validate
from servicex_topcp.errors import ExitCode, TopCPError

# What click exits with when the command line is wrong.
CLICK_USAGE_ERROR = 2
# What the extra `plot` brings, for the sub-commands that read ROOT files.
OPTIONAL = ("awkward", "hist", "matplotlib", "mplhep", "numpy", "uproot")


@click.group(
    context_settings={"color": False if os.environ.get("NO_COLOR") else None, "help_option_names": ["-h", "--help"]}
)
@click.version_option(package_name="servicex-topcp", prog_name="topcp", message="%(prog)s %(version)s")
def topcp() -> None:
    """TopCPToolkit configurations for ServiceX."""


COMMANDS = (validate, migrate, explain, branches, schema, run, inspect, systematics, plot, doctor, completion)

for command in COMMANDS:
    topcp.add_command(command)


def main() -> None:
    """Run the command line; its exit codes are those of `ExitCode`, and it never ends in a traceback."""
    try:
        topcp(prog_name="topcp")
    except SystemExit as stop:
        sys.exit(ExitCode.USAGE if stop.code == CLICK_USAGE_ERROR else stop.code)
    except Exception as error:  # noqa: BLE001 - one line, whatever it is
        message, code = _told(error)
        click.echo(f"topcp: {message}", err=True)
        sys.exit(code)


def _told(error: Exception) -> tuple[str, ExitCode]:
    """What is said of an error, and the exit code. What nobody raised on purpose is a bug of ours, to be reported."""
    if isinstance(error, TopCPError):
        return str(error), error.exit_code
    if isinstance(error, ModuleNotFoundError) and error.name in OPTIONAL:
        return f"this needs {error.name}: pip install 'servicex-topcp[plot]'", ExitCode.PROGRAM
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"internal error, please report it: {error!r} at {last.filename}:{last.lineno}", ExitCode.INTERNAL
