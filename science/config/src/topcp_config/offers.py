"""The variables that the blocks of a configuration offer to Output, and the selections that they make."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from topcp_config.branches import filled, raw_outputs, with_names
from topcp_config.conditions import holds
from topcp_config.facts import load_facts
from topcp_config.nodes import Placed
from topcp_config.registry import EVENT_INFO, Container, Made, Registry, look_up
from topcp_config.spans import span_of
from topcp_config.tree import Mapping as Written

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from topcp_config.config import Block, Config
    from topcp_config.spans import Known


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of a container, as a block offers it.

    `no_sys`: it does not change with systematics. `enabled`: written unless a command of Output disables it. `sample`
    is what it is limited to, such as simulation. `known`: whether the release surely has it. A `*` in its name stands
    for parts that are not known.
    """

    container: str
    name: str
    block: str
    source: str
    known: Known
    no_sys: bool = False
    enabled: bool = True
    sample: str | None = None


@dataclass(frozen=True, slots=True)
class Offers:
    """All variables by container and name, the registry of containers, and the blocks of which nothing is known."""

    variables: dict[tuple[str, str], Variable]
    registry: Registry
    placed: tuple[Placed, ...]
    unknown: tuple[str, ...]

    def of(self, container: str) -> list[Variable]:
        """Return the variables of a container."""
        return [variable for variable in self.variables.values() if variable.container == container]


def collect(config: Config) -> Offers:
    """Collect what all blocks offer, in the order in which the toolkit runs them."""
    regions = {selection.block.path: [region.name for region in selection.regions] for selection in config.selections}
    placed = tuple(_placed(config.blocks, regions))
    registry = Registry({EVENT_INFO: Container(Made(-1, "yes"))})
    variables: dict[tuple[str, str], Variable] = {}
    unknown = []
    for one in placed:
        registry.add(one, config.release)
        entries = look_up(raw_outputs()["blocks"], one.kind)
        if entries is None and look_up(dict.fromkeys(raw_outputs()["silent"], True), one.kind) is None:
            unknown.append(one.block.path)
        for variable in _offered(one, entries or (), config.release):
            key = (variable.container, variable.name)
            if key not in variables or (variables[key].known == "maybe" and variable.known == "yes"):
                variables[key] = variable
    return Offers(variables, registry, placed, tuple(unknown))


def certainty(raw: Mapping[str, Any], kind: str, release: str) -> Known:
    """Tell whether a release has what an entry says of a kind of block."""
    known = span_of(raw).holds(release)
    block = load_facts(release).blocks.get(kind)
    return "maybe" if known == "yes" and block is not None and not block.sure else known


def source_of(raw: Mapping[str, Any]) -> str:
    """Return what an entry was taken from, in full."""
    short, colon, rest = str(raw["source"]).partition(":")
    return f"{raw_outputs()['sources'].get(short, short)}{colon}{rest}"


def _placed(blocks: Iterable[Block], regions: Mapping[str, list[str]], kinds: str = "") -> Iterator[Placed]:
    for block in blocks:
        kind = f"{kinds}.{block.name}".removeprefix(".")
        named = replace(block, options=with_names(block.options, regions.get(block.path, [])))
        yield Placed(named, Written(block.mark), kind, 0)
        yield from _placed(block.children, regions, kind)


def _offered(placed: Placed, entries: Iterable[Mapping[str, Any]], release: str) -> Iterator[Variable]:
    """Yield the variables of one block."""
    options = placed.block.options
    for entry in entries:
        known = certainty(entry, placed.kind, release)
        if known == "no" or not holds(entry, options):
            continue
        for container in filled(entry.get("on", "{containerName}"), options):
            for template in entry["names"]:
                for name in filled(template, options):
                    yield Variable(
                        container=container.partition(".")[0],
                        name=name.removesuffix("_%SYS%"),
                        block=placed.block.path,
                        source=source_of(entry),
                        known=known,
                        no_sys=entry.get("noSys", False),
                        enabled=not entry.get("off", False),
                        sample=entry.get("only"),
                    )
