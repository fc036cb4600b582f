"""What a release of the toolkit knows: its blocks, their options, types and defaults.

The facts are data, one JSON file a release in `facts/`, described by `facts/facts.schema.json`. They are read when
first needed and kept.
"""

from __future__ import annotations

import json
import pkgutil
from dataclasses import dataclass
from functools import cache, lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Certainty = Literal["introspected", "documented", "transcribed", "inferred"]

ROOT = "root"


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a block.

    `type` is one of str, bool, int, float, list, dict, any. `required` is "inferred" where it is not known whether
    the release insists. `default_from` names the option whose value is the default. `cases` restricts the option to
    some of the block's cases.
    """

    name: str
    type: str
    default: Any = None
    default_from: str | None = None
    required: bool | Literal["inferred"] = False
    cases: tuple[str, ...] = ()
    certainty: Certainty | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """A kind of a block, told by the value of one option (the kinds of jets, by jetCollection).

    `broken` says why the release cannot do it; in an inferred case any option of the block may work.
    """

    name: str
    pattern: str
    broken: str | None = None
    certainty: Certainty | None = None


@dataclass(frozen=True, slots=True)
class BlockFacts:
    """One block or sub-block. `children` are its sub-blocks, in the order in which the toolkit runs them."""

    path: str
    source: str
    certainty: Certainty
    options: Mapping[str, Option]
    children: tuple[str, ...] = ()
    case_option: str | None = None
    cases: tuple[Case, ...] = ()
    cases_complete: bool = False

    @property
    def sure(self) -> bool:
        """Whether the release is known to have the block."""
        return self.certainty != "inferred"

    def is_sure(self, option: Option) -> bool:
        """Tell whether the release is known to have the option."""
        return (option.certainty or self.certainty) != "inferred"


@dataclass(frozen=True, slots=True)
class Rules:
    """How the release treats what is common to all blocks.

    `int_for_float`: whether an int is taken for a float (reject, convert, unknown). `null_option`: whether an option
    without a value is an error (reject), keeps its default (ignore), or unknown. `empty_list_item`: whether an item
    `{}` stands for a block with its defaults (accept), ends the list (ends-list), or unknown.
    """

    int_for_float: Literal["reject", "convert", "unknown"]
    null_option: Literal["reject", "ignore", "unknown"]
    empty_list_item: Literal["accept", "ends-list", "unknown"]


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything known of one release. Paths are dotted names: `Electrons.WorkingPoint`."""

    release: str
    rules: Rules
    order: Mapping[str, tuple[str, ...]]
    blocks: Mapping[str, BlockFacts]

    @property
    def roots(self) -> tuple[str, ...]:
        """The blocks of the first level, in factory order."""
        return self.order[ROOT]


@cache
def load_facts(release: str) -> Facts:
    """Read the facts of one of `topcp_config.RELEASES`."""
    data = pkgutil.get_data("topcp_config", f"facts/{release}.json")
    if data is None:
        raise FileNotFoundError(f"the package holds no facts for {release}")
    raw = json.loads(data)
    order = {parent: tuple(names) for parent, names in raw["order"].items()}
    rules = raw["rules"]
    blocks = {path: _block(path, raw["blocks"], order) for path in _paths(order)}
    known_rules = Rules(rules["intForFloat"], rules["nullOption"], rules["emptyListItem"])
    return Facts(raw["release"], known_rules, MappingProxyType(order), MappingProxyType(blocks))


@lru_cache(maxsize=1)
def load_changes() -> tuple[Mapping[str, str], ...]:
    """Read what was renamed, moved, added or removed between releases; see `facts/changes.json`."""
    data = pkgutil.get_data("topcp_config", "facts/changes.json")
    return tuple(json.loads(data)["changes"]) if data else ()


def _paths(order: Mapping[str, tuple[str, ...]]) -> list[str]:
    return [name if parent == ROOT else f"{parent}.{name}" for parent, names in order.items() for name in names]


def _block(path: str, raw: Mapping[str, Any], order: Mapping[str, tuple[str, ...]]) -> BlockFacts:
    """Make the facts of the block at `path`; an entry `*.Name` serves a sub-block under every parent."""
    entry = raw[path] if path in raw else raw["*." + path.rpartition(".")[2]]
    cases = entry.get("cases", {})
    return BlockFacts(
        path=path,
        source=entry["source"],
        certainty=entry["certainty"],
        options=MappingProxyType({name: _option(name, option) for name, option in entry["options"].items()}),
        children=order.get(path, ()),
        case_option=cases.get("option"),
        cases=tuple(_case(case) for case in cases.get("values", ())),
        cases_complete=cases.get("complete", False),
    )


def _option(name: str, raw: Mapping[str, Any]) -> Option:
    return Option(
        name=name,
        type=raw["type"],
        default=raw.get("default"),
        default_from=raw.get("defaultFrom"),
        required=raw.get("required", False),
        cases=tuple(raw.get("cases", ())),
        certainty=raw.get("certainty"),
        note=raw.get("note"),
    )


def _case(raw: Mapping[str, Any]) -> Case:
    return Case(raw["case"], raw["pattern"], raw.get("broken"), raw.get("certainty"))
