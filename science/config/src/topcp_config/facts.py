"""Reads the facts of a release, and the changes between releases. They are read when first needed, and kept."""

from __future__ import annotations

import json
import pkgutil
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from topcp_config.errors import ConfigError
from topcp_config.model import ROOT, BlockFacts, Case, Facts, Option, Rules
from topcp_config.problems import Mark, error
from topcp_config.releases import ADDED_FILES

if TYPE_CHECKING:
    from collections.abc import Mapping

ADD_CONFIG_BLOCKS = "AddConfigBlocks"

_NOT_FACTS = (OSError, ValueError, LookupError, TypeError, AttributeError)
"""What comes of reading a file that does not follow the schema."""


@cache
def load_facts(release: str) -> Facts:
    """Read the facts of one of `topcp_config.RELEASES`.

    Raises:
        ConfigError: the file is one of those in TOPCP_FACTS and does not follow `facts.schema.json`.
    """
    added = ADDED_FILES.get(release)
    if added is None:
        return _facts(json.loads(_packaged(f"{release}.json")))
    try:
        return _facts(json.loads(Path(added).read_bytes()))
    except _NOT_FACTS as bad:
        message = f"these are no facts of a release: {type(bad).__name__}: {bad}"
        hint = "Write them anew with export_facts.py, or unset TOPCP_FACTS."
        raise ConfigError([error("bad-facts", message, Mark(added, 1, 1), hint=hint)]) from bad


@cache
def load_changes() -> tuple[Mapping[str, str], ...]:
    """Read what was renamed, moved, added or removed between releases; see `facts/changes.schema.json`."""
    return tuple(json.loads(_packaged("changes.json"))["changes"])


def _packaged(name: str) -> bytes:
    data = pkgutil.get_data("topcp_config", f"facts/{name}")
    if data is None:
        raise FileNotFoundError(f"the package holds no facts/{name}")
    return data


def _facts(raw: Mapping[str, Any]) -> Facts:
    order = {parent: tuple(names) for parent, names in raw["order"].items()}
    common = _options(raw["commonOptions"])
    return Facts(
        release=raw["release"],
        rules=_rules(raw["rules"]),
        order=MappingProxyType(order),
        blocks=MappingProxyType(
            {path: _block(path, _entry(path, raw["blocks"]), order, common) for path in _paths(order)}
        ),
        common=MappingProxyType(common),
        addable=MappingProxyType({key: _block(key, entry, {}, common) for key, entry in raw["addable"].items()}),
        sources=MappingProxyType(dict(raw["sources"])),
    )


def _rules(raw: Mapping[str, Any]) -> Rules:
    return Rules(
        int_for_float=raw["intForFloat"],
        null_option=raw["nullOption"],
        empty_list_item=raw["emptyListItem"],
        bare_list_item=raw["bareListItem"],
        shared_block=raw["sharedBlock"],
        add_config_blocks=raw["addConfigBlocks"],
        added_twice=raw["addedTwice"],
        include=raw["include"],
        other_levels=raw["otherLevels"],
    )


def _paths(order: Mapping[str, tuple[str, ...]]) -> list[str]:
    return [name if parent == ROOT else f"{parent}.{name}" for parent, names in order.items() for name in names]


def _entry(path: str, blocks: Mapping[str, Any]) -> Mapping[str, Any]:
    """Find the facts of the block at `path`; an entry `*.Name` serves a sub-block under every parent."""
    found: Mapping[str, Any] = blocks[path] if path in blocks else blocks["*." + path.rpartition(".")[2]]
    return found


def _block(
    path: str, entry: Mapping[str, Any], order: Mapping[str, tuple[str, ...]], common: Mapping[str, Option]
) -> BlockFacts:
    cases = entry.get("cases", {})
    options = _options(entry["options"])
    if path != ADD_CONFIG_BLOCKS:
        options = {**options, **{name: option for name, option in common.items() if name not in options}}
    return BlockFacts(
        path=path,
        source=entry["source"],
        certainty=entry["certainty"],
        options=MappingProxyType(options),
        children=order.get(path, ()),
        needs=tuple(entry.get("needs", ())),
        usual_name=entry.get("name"),
        usual_pos=entry.get("pos"),
        case_option=cases.get("option"),
        cases=tuple(_case(case) for case in cases.get("values", ())),
        cases_complete=cases.get("complete", False),
    )


def _options(raw: Mapping[str, Any]) -> dict[str, Option]:
    return {name: _option(name, option) for name, option in raw.items()}


def _option(name: str, raw: Mapping[str, Any]) -> Option:
    expert = raw.get("expert", ())
    return Option(
        name=name,
        type=raw["type"],
        default=raw.get("default"),
        default_from=raw.get("defaultFrom"),
        required=raw.get("required", False),
        rejects_null=raw.get("null") == "reject",
        untested=raw.get("untested", False),
        expert=True if expert is True else tuple(expert),
        cases=tuple(raw.get("cases", ())),
        certainty=raw.get("certainty"),
        note=raw.get("note"),
    )


def _case(raw: Mapping[str, Any]) -> Case:
    return Case(raw["case"], raw["pattern"], raw.get("broken"), raw.get("certainty"))
