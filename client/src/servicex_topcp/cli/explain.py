"""`topcp explain`: blocks and options of a release, and what other releases make of them."""

from __future__ import annotations

import difflib
import json
from typing import TYPE_CHECKING, Any

import click

from servicex_topcp.cli import options
from servicex_topcp.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from topcp_config.catalogue import BlockEntry, OptionEntry

MAX_PLACES = 12


@click.command()
@click.argument("name", required=False)
@options.any_release_option
@options.json_option
def explain(name: str | None, release: str | None, as_json: bool) -> None:
    """Explain a block or an option, or list all blocks.

    NAME is a path such as Electrons.WorkingPoint or Electrons.WorkingPoint.isolationWP, or the end of one, such as
    isolationWP. `introspected` was asked of the toolkit's code, `transcribed` read in it, `documented` is in its
    documentation; of what is `inferred` it is not known whether the release has it.

    Exit code: 0 done, 64 no release has such a block or option, or wrong usage.
    """
    from topcp_config import resolve_release

    used = options.known_release(release)
    facts = resolve_release(used.name).name
    paths = _paths(name, facts) if name else []
    if as_json:
        entries = [_as_data(path, facts) for path in paths] if name else _all_as_data(facts)
        click.echo(json.dumps({"release": options.release_as_data(used), "entries": entries}, indent=2))
        return
    for line in _tree(facts) if not name else (line for path in paths for line in _entry(path, facts)):
        click.echo(line)


def _paths(name: str, release: str) -> list[str]:
    """Return the paths that a name means: itself, or those that end with it, of the release if it has any.

    Raises:
        UsageError: there is none; the message names the nearest ones.
    """
    from topcp_config.catalogue import places_of, releases_with

    paths = places_of(name)
    if name in paths:
        return [name]
    if not paths:
        raise UsageError(f"no release has a block or an option {name!r}{_near(name)}; topcp explain lists all blocks")
    here = [path for path in paths if release in releases_with(path)[0] + releases_with(path)[1]]
    return (here or paths)[:MAX_PLACES]


def _near(name: str) -> str:
    """Return `; did you mean ...?`, or nothing when no name is near; small letters count as capitals."""
    from topcp_config.near import listed

    known = _names(whole_paths="." in name)
    close = difflib.get_close_matches(name.lower()[:100], {one.lower() for one in known}, n=3, cutoff=0.75)
    near = [max((one for one in known if one.lower() == lower), key=_likeness_to(name)) for lower in close]
    return f"; did you mean {listed(near)}?" if near else ""


def _names(*, whole_paths: bool) -> set[str]:
    """Return the names of blocks and options of all releases, or their paths."""
    from topcp_config import RELEASES
    from topcp_config.catalogue import blocks

    facts = [(path, block) for release in RELEASES for path, block in blocks(release).items()]
    paths = {path for path, _ in facts} | {f"{path}.{option}" for path, block in facts for option in block.options}
    return paths if whole_paths else {path.rpartition(".")[2] for path in paths}


def _likeness_to(name: str) -> Callable[[str], float]:
    return lambda other: difflib.SequenceMatcher(None, name, other).ratio()


def _as_data(path: str, release: str) -> dict[str, Any]:
    from dataclasses import asdict

    from topcp_config.catalogue import block_entry, history_of, option_entry, releases_with

    entry = block_entry(path, release) or option_entry(path, release)
    surely, perhaps = releases_with(path)
    known = {"path": path, "releases": surely, "perhaps": perhaps, "history": history_of(path)}
    return known | (asdict(entry) if entry else {}) | {"known": entry is not None}


def _all_as_data(release: str) -> list[dict[str, Any]]:
    from topcp_config.catalogue import blocks

    return [_as_data(path, release) for path in blocks(release)]


def _tree(release: str) -> Iterator[str]:
    from topcp_config.catalogue import block_entry, blocks

    yield f"blocks of {release}; sub-blocks stand below theirs"
    for path, block in blocks(release).items():
        entry = block_entry(path, release)
        name = f"{'  ' * path.count('.')}{path.rpartition('.')[2]}"
        doubt = "" if block.sure else click.style("  not sure", fg="yellow")
        added = click.style("  by AddConfigBlocks", dim=True) if entry and entry.added_by else ""
        yield f"  {click.style(name, bold=not path.count('.'))}{added}{doubt}"


def _entry(path: str, release: str) -> Iterator[str]:
    from topcp_config.catalogue import block_entry, history_of, option_entry, releases_with

    block, option = block_entry(path, release), option_entry(path, release)
    yield click.style(path, bold=True)
    if block:
        yield from _block(block)
    elif option:
        yield from _option(option)
    else:
        yield f"  {click.style(f'{release} does not have it', fg='yellow')}"
    surely, perhaps = releases_with(path)
    yield f"  in {', '.join(surely) or 'none surely'}" + (f"; perhaps in {', '.join(perhaps)}" if perhaps else "")
    for sentence in history_of(path):
        yield f"  {click.style(sentence, fg='cyan')}"
    if block:
        yield from _options(block)


def _block(block: BlockEntry) -> Iterator[str]:
    yield f"  {block.certainty}: {block.source}"
    if block.added_by:
        module, _, function = block.added_by.rpartition(".")
        yield f"  to be added with AddConfigBlocks: modulePath {module}, functionName {function}"
    if block.children:
        yield f"  sub-blocks: {', '.join(block.children)}"


def _option(option: OptionEntry) -> Iterator[str]:
    yield f"  {option.type}, {_default(option)}; {option.certainty}"
    if option.values:
        yield f"  values: {', '.join(option.values)}"
    if option.note:
        yield f"  {option.note}"


def _options(block: BlockEntry) -> Iterator[str]:
    names = [option.path.rpartition(".")[2] for option in block.options]
    width = max(map(len, names), default=0)
    yield "  options"
    for name, option in zip(names, block.options, strict=True):
        doubt = click.style("  not sure", fg="yellow") if option.certainty == "inferred" else ""
        yield f"    {name:<{width}}  {option.type:<5}  {_default(option)}{doubt}"


def _default(option: OptionEntry) -> str:
    if option.required:
        return "must be given"
    return "no default" if option.default is None else f"default {json.dumps(option.default)}"
