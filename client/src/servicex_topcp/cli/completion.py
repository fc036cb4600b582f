"""`topcp completion`: what a shell needs to complete the commands and options."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Write what a shell needs to complete commands and options.

    For bash: add `eval "$(topcp completion bash)"` to ~/.bashrc; for zsh likewise to ~/.zshrc; for fish, write it to
    ~/.config/fish/completions/topcp.fish.
    """
    from servicex_topcp.cli import topcp

    script = get_completion_class(shell)
    assert script is not None  # noqa: S101  the choice above has no others
    click.echo(script(topcp, {}, "topcp", "_TOPCP_COMPLETE").source())
