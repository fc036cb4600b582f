"""What the sub-commands have in common: arguments, standard input, and a release in JSON."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any

import click

from servicex_topcp.errors import UsageError
from servicex_topcp.files import LEVELS

if TYPE_CHECKING:
    from servicex_topcp.release import UsedRelease

STDIN = "<stdin>"
_VERSION = re.compile(r"\d+\.\d+")

path_argument = click.argument("path")
release_option = click.option(
    "--release", metavar="R", help="Release of AnalysisBase; else the comment `# release: R` in the YAML."
)
any_release_option = click.option("--release", metavar="R", help="Release of AnalysisBase; else the newest known.")
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
    """Return the release that a command without a configuration speaks of.

    Raises:
        UsageError: `asked` is no release.
    """
    from servicex_topcp.release import choose_release

    if asked is not None:
        check_release("--release", asked)
    return choose_release(asked, None, {})


def check_release(option: str, asked: str) -> None:
    """Refuse what does not look like a release.

    Raises:
        UsageError: names the option and the releases known.
    """
    if not _VERSION.search(asked):
        from topcp_config import RELEASES

        raise UsageError(f"{option} {asked!r} is no release; known are {', '.join(RELEASES)}")


def release_as_data(used: UsedRelease) -> dict[str, Any]:
    """Return a release as JSON has it."""
    return {"name": used.name, "origin": used.origin, "stated": used.stated, "note": used.note}
