"""The names of the branches that a configuration writes, as far as they are known.

Which block writes what is data: `facts/outputs.json`, described by `facts/outputs.schema.json`. The names are those
that the commands of Output see: prefix and variable, without the suffix for systematics. Whether a branch is written
may depend on the sample; all that can be are listed.
"""

from __future__ import annotations

import json
import pkgutil
import re
from dataclasses import dataclass, field
from functools import cache
from itertools import islice, product
from typing import TYPE_CHECKING, Any

from topcp_config.conditions import holds
from topcp_config.registry import EVENT_INFO, look_up
from topcp_config.spans import Known, span_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from topcp_config.cuts import EventSelection
    from topcp_config.nodes import Placed
    from topcp_config.registry import Registry

_FIELD = re.compile(r"{([\w|]+)}")
_CONTAINERS = ("containers", "containersOnlyForMC", "containersFullMET")
MAX_NAMES = 5000
"""How many branches are listed: no configuration of an analysis writes more."""


@dataclass(slots=True)
class Branches:
    """Names by container.

    `complete` tells whether no other can be written, but for the containers in `open`; `listed`, whether those of the
    release are known.
    """

    names: dict[str, set[str]] = field(default_factory=dict)
    complete: bool = True
    listed: bool = True
    open: set[str] = field(default_factory=set)
    _count: int = 0

    def add(self, container: str, name: str) -> None:
        """Add a variable of a container."""
        self._count += 1
        if "*" in name:  # stands for names that are not listed
            self.open.add(container)
        elif self._count > MAX_NAMES:
            self.complete = False
        else:
            self.names.setdefault(container, set()).add(name.removesuffix("_%SYS%"))

    def of(self, output: Mapping[str, Any], registry: Registry) -> list[str]:
        """Return the names of all branches of a block Output, given by its options."""
        found: list[str] = []
        for prefix, name in _written(output):
            origin = registry.outputs.get(name, name)
            found += [f"{prefix}{variable}" for variable in sorted(self.names.get(origin, ()))]
        return found[:MAX_NAMES]

    def complete_for(self, output: Mapping[str, Any]) -> bool:
        """Tell whether a block Output can write no other: all are known, or it writes no container at all."""
        if not any(output.get(option) for option in _CONTAINERS):
            return self.listed
        return self.complete and not any(name in self.open for _, name in _written(output))


def _written(output: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the prefixes and containers of a block Output."""
    for option in _CONTAINERS:
        containers = output.get(option)
        for prefix, name in containers.items() if isinstance(containers, dict) else ():
            yield prefix, name if isinstance(name, str) else ""


def known_branches(
    blocks: Iterable[Placed], selections: Iterable[EventSelection], registry: Registry, release: str
) -> Branches:
    """Collect the variables that all blocks write."""
    listed = rule("complete", release) == "yes"
    branches = Branches(complete=listed and not registry.is_open, listed=listed)
    regions = {id(selection.block): [region.name for region in selection.regions] for selection in selections}
    for placed in blocks:
        entries = look_up(raw_outputs()["blocks"], placed.kind)
        if entries is None and look_up(dict.fromkeys(raw_outputs()["silent"], True), placed.kind) is None:
            branches.complete = False
        options = with_names(placed.block.options, regions.get(id(placed.block), []))
        for entry in entries or ():
            _add(branches, entry, options, release)
    if rule("selectionFlags", release) != "no":
        for name, container in registry.containers.items():
            for selection in container.selections:
                branches.add(name, f"select_{selection}")
    return branches


def with_names(options: Mapping[str, Any], regions: list[str]) -> dict[str, Any]:
    """Return options with names that follow from them: `regions`, and `triggerSets`, the sets of chains of triggers."""
    sets = options.get("multiTriggerChainsPerYear")
    return {**options, "regions": regions, "triggerSets": [*sets] if isinstance(sets, dict) else []}


def rule(name: str, release: str) -> Known:
    """Look up a rule of `facts/outputs.json`."""
    return span_of(raw_outputs()["rules"][name]).holds(release)


def _add(branches: Branches, entry: Mapping[str, Any], options: Mapping[str, Any], release: str) -> None:
    if span_of(entry).holds(release) == "no":
        return
    for container in filled(entry.get("on", "{containerName}"), options):
        for template in (one for one in entry["names"] if "*" not in one or holds(entry, options)):
            for name in filled(template, options):
                branches.add(EVENT_INFO if container == EVENT_INFO else container.partition(".")[0], name)


def filled(template: str, options: Mapping[str, Any]) -> Iterator[str]:
    """Fill in a template in every way that the values of the options allow; in none when one is missing.

    `{a|b}` stands for the first of the options that is given, `{a|}` for the option or nothing, and `{_a}` for its
    value with `_` before it, if there is one.
    """
    pieces = _FIELD.split(template)
    ways = [list(_values(piece, options)) if index % 2 else [piece] for index, piece in enumerate(pieces)]
    for parts in islice(product(*ways), MAX_NAMES):
        yield "".join(parts)


def _values(names: str, options: Mapping[str, Any]) -> Iterator[str]:
    joined, optional = names.startswith("_"), names.endswith("|")
    for name in names.split("|"):
        values = list(islice(_texts(options.get(name.removeprefix("_")), depth=3), MAX_NAMES))
        if values:
            yield from (f"_{value.removeprefix('_')}" if joined else value for value in values)
            return
    if joined or optional:
        yield ""


def _texts(value: Any, depth: int) -> Iterator[str]:
    """Yield the texts in a value: of lists and mappings all of them, of `A || B` both."""
    if isinstance(value, str):
        yield from (part.strip() for part in value.split("||") if part.strip())
    elif depth and isinstance(value, list | dict):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner, depth - 1)


@cache
def raw_outputs() -> dict[str, Any]:
    """Read `facts/outputs.json`."""
    data: dict[str, Any] = json.loads(pkgutil.get_data("topcp_config", "facts/outputs.json") or b"{}")
    return data
