"""`topcp schema`: the JSON Schema of a release, for editors."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from servicex_topcp.cli import options

if TYPE_CHECKING:
    from topcp_config import Level


@click.command()
@options.any_release_option
@options.level_option
def schema(release: str | None, level: Level) -> None:
    """Write the JSON Schema of a release's configurations.

    Editors complete and check YAML with it. For VS Code (extension YAML): save it as topcp.schema.json beside the
    configuration, which then begins with the line

        # yaml-language-server: $schema=topcp.schema.json

    Exit code: 0 done, 64 wrong usage.
    """
    from topcp_config import resolve_release
    from topcp_config.editor_schema import json_schema

    used = options.known_release(release)
    click.echo(json.dumps(json_schema(resolve_release(used.name).name, level), indent=1))
