"""What is known of the language of a release, ready to be shown: blocks and options, with types, defaults and sources.

A path is `Electrons.WorkingPoint` or `Electrons.WorkingPoint.isolationWP`. The blocks that AddConfigBlocks can bring
stand beside those of the release, under the name that configurations give them.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from topcp_config.facts import load_facts
from topcp_config.history import changes
from topcp_config.releases import RELEASES
from topcp_config.strings import closed_sets

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from topcp_config.model import BlockFacts, Certainty, Facts, Option


@dataclass(frozen=True, slots=True)
class OptionEntry:
    """An option of a block in one release.

    `releases` are those that surely have it, `perhaps` those of which it is not known. `values` are the texts that it
    takes, or the usual ones; empty where any will do. `note` holds what else there is to say.
    """

    path: str
    type: str
    default: Any
    required: bool
    certainty: Certainty
    values: tuple[str, ...]
    releases: tuple[str, ...]
    perhaps: tuple[str, ...]
    note: str | None


@dataclass(frozen=True, slots=True)
class BlockEntry:
    """A block in one release; `added_by` is what AddConfigBlocks must name for it, if the release lacks it itself."""

    path: str
    certainty: Certainty
    source: str
    children: tuple[str, ...]
    options: tuple[OptionEntry, ...]
    releases: tuple[str, ...]
    perhaps: tuple[str, ...]
    added_by: str | None

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain data, ready for JSON."""
        return asdict(self)


@cache
def blocks(release: str) -> Mapping[str, BlockFacts]:
    """Return the blocks of a release by path, in factory order, sub-blocks after the block around them."""
    facts = load_facts(release)
    added = {
        block.usual_name: block._replace(path=block.usual_name) for block in facts.addable.values() if block.usual_name
    }
    own = {path: facts.blocks[path] for root in facts.roots for path in _below(facts, root)}
    return {**own, **{name: block for name, block in added.items() if name not in own}}


def block_entry(path: str, release: str) -> BlockEntry | None:
    """Return what a release knows of a block."""
    block, facts = blocks(release).get(path), load_facts(release)
    if block is None:
        return None
    surely, perhaps = releases_with(path)
    added = [key for key, one in facts.addable.items() if path not in facts.blocks and one.usual_name == path]
    options = tuple(_option_entry(facts, block, option) for option in block.options.values())
    source = source_of(block, facts)
    return BlockEntry(
        path, block.certainty, source, block.children, options, surely, perhaps, added[0] if added else None
    )


def option_entry(path: str, release: str) -> OptionEntry | None:
    """Return what a release knows of an option."""
    around, _, name = path.rpartition(".")
    block = blocks(release).get(around)
    if block is None or name not in block.options:
        return None
    return _option_entry(load_facts(release), block, block.options[name])


def places_of(name: str) -> list[str]:
    """Return the paths, in any release, of the blocks and options that end with a name."""
    paths = {path for release in RELEASES for path in _all_paths(release)}
    return sorted(path for path in paths if f".{path}".endswith(f".{name}"))


def releases_with(path: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the releases that surely have a block or an option, and those that may have it."""
    known = {release: _knows(path, release) for release in RELEASES}
    return tuple(r for r, sure in known.items() if sure), tuple(r for r, sure in known.items() if sure is False)


def history_of(path: str) -> list[str]:
    """Say in sentences what became of a path between releases."""
    sentences = []
    for change in changes(path):
        if change.before is None or change.after is None:
            sentences.append(f"{'added' if change.before is None else 'removed'} {change.since}{change.remark}")
        elif change.before == path:
            sentences.append(f"became {change.after} {change.since}{change.remark}")
        else:
            sentences.append(f"was {change.before} before (changed {change.since}{change.remark})")
    return sentences


def source_of(block: BlockFacts, facts: Facts) -> str:
    """Return where the facts of a block are from, in full."""
    word = next((word for word in facts.sources if block.source.startswith(word)), None)
    return block.source if word is None else f"{facts.sources[word]}{block.source.removeprefix(word)}"


def _below(facts: Facts, path: str) -> Iterator[str]:
    yield path
    for child in facts.blocks[path].children:
        yield from _below(facts, f"{path}.{child}")


def _all_paths(release: str) -> Iterator[str]:
    for path, block in blocks(release).items():
        yield path
        yield from (f"{path}.{name}" for name in block.options)


def _knows(path: str, release: str) -> bool | None:
    """Tell whether a release surely has a path; None if it surely has not."""
    known = blocks(release)
    if path in known:
        return known[path].sure
    around, _, name = path.rpartition(".")
    option = known[around].options.get(name) if around in known else None
    return None if option is None else known[around].sure and known[around].is_sure(option)


def _option_entry(facts: Facts, block: BlockFacts, option: Option) -> OptionEntry:
    path = f"{block.path}.{option.name}"
    surely, perhaps = releases_with(path)
    return OptionEntry(
        path=path,
        type=option.type,
        default=option.default,
        required=option.required is True,
        certainty=option.certainty or block.certainty,
        values=values_of(block.path, option.name, facts.release),
        releases=surely,
        perhaps=perhaps,
        note=_note(option),
    )


def values_of(block: str, option: str, release: str) -> tuple[str, ...]:
    """Return the texts that an option takes in a release, as far as they are known."""
    sets: Mapping[str, Any] = closed_sets()
    return tuple(
        value
        for closed in sets.get(block, ())
        if closed.option == option and closed.span.holds(release) == "yes"
        for value in closed.values
    )


def _note(option: Option) -> str | None:
    notes = [
        f"the default is the value of {option.default_from}" if option.default_from else None,
        f"only for {' and '.join(option.cases)} jets" if option.cases else None,
        "for experts only" if option.expert is True else None,
        option.note,
    ]
    return "; ".join(filter(None, notes)) or None


__all__ = [
    "BlockEntry",
    "OptionEntry",
    "block_entry",
    "blocks",
    "history_of",
    "option_entry",
    "places_of",
    "releases_with",
]
