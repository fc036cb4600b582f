"""What the sub-commands have in common: arguments, standard input, and a release in JSON."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from servicex_topcp.files import LEVELS
from servicex_topcp.names import names_release

if TYPE_CHECKING:
    from collections.abc import Callable

    from servicex_topcp.release import UsedRelease

STDIN = "<stdin>"


def named_release(*names: str, meaning: str, required: bool = False) -> Callable[[Any], Any]:
    """An option that names a release, or the tag of an image that does; shells complete those that are known."""
    return click.option(
        *names,
        metavar="R",
        required=required,
        callback=_checked_release,
        shell_complete=lambda _, __, begun: [known for known in _releases() if known.startswith(begun)],
        help=meaning,
    )


def _checked_release(_: click.Context, option: click.Parameter, asked: str | None) -> str | None:
    if asked is not None and not names_release(asked):
        raise click.BadParameter(f"{asked!r} is no release; known are {', '.join(_releases())}", param=option)
    return asked


def _releases() -> tuple[str, ...]:
    from topcp_config import RELEASES

    return RELEASES


path_argument = click.argument("path")
release_option = named_release(
    "--release", meaning="Release of AnalysisBase; else the comment `# release: R` in the YAML."
)
any_release_option = named_release("--release", meaning="Release of AnalysisBase; else the newest known.")
level_option = click.option(
    "--level", type=click.Choice(LEVELS), default="reco", show_default=True, help="What one file is for."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Write the result as JSON.")


def read_stdin() -> str:
    """Return the text of standard input."""
    return decoded(sys.stdin.buffer.read())


def decoded(data: bytes) -> str:
    """Return the text of `data`; what is not UTF-8 becomes lone surrogates, which the check refuses at their place."""
    return data.decode("utf-8", "surrogateescape")


def known_release(asked: str | None) -> UsedRelease:
    """Return the release that a command without a configuration speaks of."""
    from servicex_topcp.release import choose_release

    return choose_release(asked, None, {})


def release_as_data(used: UsedRelease) -> dict[str, Any]:
    """Return a release as JSON has it."""
    return {"name": used.name, "origin": used.origin, "stated": used.stated, "note": used.note}
