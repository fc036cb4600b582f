"""What a configuration writes: the trees with their branches, and what else is in the file.

The facts are `facts/outputs.json`: which variables each block offers, under which conditions, in which releases, and
how that is known.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from topcp_config.branches import filled, raw_outputs
from topcp_config.conditions import holds
from topcp_config.offers import certainty, collect, source_of
from topcp_config.registry import EVENT_INFO
from topcp_config.trees import Branch, Tree, tree

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from topcp_config.config import Config
    from topcp_config.offers import Offers
    from topcp_config.spans import Known

_NOBODY: dict[str, Any] = {}


@dataclass(frozen=True, slots=True)
class FileObject:
    """Something in the file beside the trees: a histogram, or a record of the framework.

    `kind` is its class in ROOT; in its name, `<...>` stands for what the sample says. The rest is as in `Branch`.
    """

    name: str
    kind: str
    block: str
    sample: str | None
    known: Known
    source: str


@dataclass(frozen=True, slots=True)
class Ntuple:
    """The file that a configuration writes.

    Attributes:
        release: whose facts served.
        trees: one for each block Output.
        objects: what else is in the file.
        systematics: how the names of the systematics begin that change the objects of a container; none if the
            configuration runs no systematics.
        unknown: the paths of blocks of which it is not known what they write.
    """

    release: str
    trees: tuple[Tree, ...]
    objects: tuple[FileObject, ...]
    systematics: Mapping[str, tuple[str, ...]]
    unknown: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain data, ready for JSON."""
        return asdict(self)


def describe(config: Config) -> Ntuple:
    """Work out what a configuration writes."""
    offers = collect(config)
    outputs = [one.block for one in offers.placed if one.kind == "Output"]
    trees = tuple(tree(output, offers, config.release) for output in outputs)
    objects = tuple(_objects(offers, config.release))
    return Ntuple(config.release, trees, objects, _systematics(offers), offers.unknown)


def _objects(offers: Offers, release: str) -> Iterator[FileObject]:
    for entry in raw_outputs()["files"]:
        if "block" not in entry:
            yield from _named(entry, "", _NOBODY, certainty(entry, "", release))
        for placed in offers.placed:
            if placed.kind == entry.get("block") and holds(entry, placed.block.options):
                known = certainty(entry, placed.kind, release)
                yield from _named(entry, placed.block.path, placed.block.options, known)


def _named(entry: Mapping[str, Any], block: str, options: Mapping[str, Any], known: Known) -> Iterator[FileObject]:
    if known != "no":
        for name in filled(entry["name"], options):
            yield FileObject(name, entry["kind"], block, entry.get("only"), known, source_of(entry))


def _systematics(offers: Offers) -> dict[str, tuple[str, ...]]:
    """Return how the systematics of each container begin, in the order of the blocks."""
    if any(one.kind == "CommonServices" and one.block.options.get("runSystematics") is False for one in offers.placed):
        return {}
    known = raw_outputs()["systematics"]["categories"]
    found = {EVENT_INFO: tuple(known[EVENT_INFO])}
    for placed in offers.placed:
        container = placed.block.options.get("containerName")
        if placed.kind in known and isinstance(container, str):
            found[container] = tuple(known[placed.kind])
    return found


__all__ = ["Branch", "FileObject", "Ntuple", "Tree", "describe"]
