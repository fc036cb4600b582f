"""The options of a block, and of all blocks of a factory."""

from __future__ import annotations

import inspect
import json
from dataclasses import dataclass, field
from typing import Any

from facts_export.making import ARGUMENTS, KINDS, Json, arguments, fails, make

ADD_CONFIG_BLOCKS = "AddConfigBlocks"
TYPES = {"str", "bool", "int", "float", "list", "dict"}


@dataclass
class Found:
    """What is found of a block: its facts, the names by which others depend on it, those on which it depends."""

    facts: Json
    names: set[str] = field(default_factory=set)
    depends_on: set[str] = field(default_factory=set)


def describe(block: Any, name: str) -> Found:
    """Return what is found of one block of a factory."""
    source = f"{getattr(block.alg, '__module__', '')}.{getattr(block.alg, '__qualname__', repr(block.alg))}"
    found = Found({"source": f"athena: {source}", "certainty": "introspected"})
    kinds = next((argument for argument in arguments(block) if argument in KINDS), None)
    if name == ADD_CONFIG_BLOCKS:
        found.facts["options"] = argument_options(block, {})
    elif kinds:
        found.facts.update(describe_kinds(block, kinds, found))
    else:
        found.facts["options"] = describe_options(block, {}, found)
    return found


def describe_kinds(block: Any, argument: str, found: Found) -> Json:
    """Describe a block whose options depend on the value of an argument."""
    cases: list[Json] = []
    options: dict[str, Json] = {}
    for kind, pattern, value in KINDS[argument]:
        cases.append({"case": kind, "pattern": pattern})
        try:
            options[kind] = describe_options(block, {argument: value}, found)
        except Exception as bad:  # noqa: BLE001 - the toolkit may raise anything; this kind is then of no use
            cases[-1]["broken"] = f"{type(bad).__name__}: {bad}"
    if not options:
        raise ValueError(cases[0]["broken"])
    united = unite(options)
    if not any("cases" in option for option in united.values()):
        return {"options": united}
    complete = fails(lambda: make(block, {argument: "OfNoKind"}))
    return {"cases": {"option": argument, "complete": complete, "values": cases}, "options": united}


def unite(kinds: dict[str, Json]) -> Json:
    """Put the options of all kinds together; those that not all have name the kinds that do."""
    united: Json = {}
    for kind, options in kinds.items():
        for name, option in options.items():
            united.setdefault(name, {**option, "cases": []})["cases"].append(kind)
    for option in united.values():
        if len(option["cases"]) == len(kinds):
            del option["cases"]
    return united


def describe_options(block: Any, given: Json, found: Found) -> Json:
    """Make a block and return what can be set on it: its arguments, and the options that the sequence lists."""
    sequence, needed = make(block, given)
    parts = list(sequence)
    for part in parts:
        found.names.add(str(getattr(part, "_blockName", "")))
        if hasattr(part, "getDependencies"):
            found.depends_on |= {one.blockName for one in part.getDependencies() if one.required}
    options = argument_options(block, {name: one for part in parts for name, one in part.getOptions().items()})
    for listed in sequence.getOptions() if parts else ():
        if not filled_by_block(listed, needed):
            options[listed["name"]] = declared_option(listed, parts, {**needed, **given})
    for name in needed:
        options[name] = {"type": options[name]["type"], "required": True}
    return options


def filled_by_block(listed: Json, needed: Json) -> bool:
    """Tell whether the block itself gives an option its value, out of a mapping that is an argument."""
    mappings = [value for value in needed.values() if isinstance(value, dict)]
    return any(listed["defaultValue"] in mapping.values() for mapping in mappings)


def argument_options(block: Any, declared: Json) -> Json:
    """Return the options that are arguments; what the parts of the block declare tells their type."""
    options: Json = {}
    for name, default in arguments(block).items():
        kind = type_name(declared[name].type) if name in declared else ARGUMENTS.get(name, ("any",))[0]
        missing = default is inspect.Parameter.empty
        options[name] = {"type": kind, "required": True} if missing else {"type": kind, "default": plain(default)}
    return options


def declared_option(listed: Json, parts: list[Any], values: Json) -> Json:
    """Return the facts of an option that the sequence lists."""
    name, default = listed["name"], listed.get("value", listed["defaultValue"])
    option: Json = {"type": type_name(listed["type"])}
    copied = next((argument for argument, value in values.items() if value == default and argument != name), None)
    if listed["required"]:
        option["required"] = True
    elif copied:
        option["defaultFrom"] = copied
    else:
        option["default"] = plain(default)
    if listed.get("noneAction") == "error":
        option["null"] = "reject"
    expert = [part._expertModeSettings[name] for part in parts if name in getattr(part, "_expertModeSettings", ())]
    if expert:
        option["expert"] = True if expert[0] in (True, [True]) else plain(expert[0])
    return option


def type_name(declared: Any) -> str:
    """Return the name of a type that the toolkit tests for; where none is declared it tests nothing."""
    name = getattr(declared, "__name__", "")
    return name if name in TYPES else "any"


def plain(value: Any) -> Any:
    """Return a value as JSON holds it; one that JSON cannot hold is left for the toolkit to decide."""
    try:
        return json.loads(json.dumps(value))
    except (TypeError, ValueError):
        return None


def describe_factory(factory: Any, failed: list[str]) -> tuple[Json, Json]:
    """Return the order of the blocks of a factory and their facts; name in `failed` those that cannot be made."""
    order: Json = {}
    found: dict[str, Found] = {}
    roots: dict[str, str] = {}
    for parent, names in factory._order.items():
        root = parent == factory.ROOTNAME
        order["root" if root else parent] = list(dict.fromkeys(names))
        for name in order["root" if root else parent]:
            path = name if root else f"{parent}.{name}"
            block = (factory._algs if root else factory._algs[parent].subAlgs)[name]
            found[path] = describe_or_note(block, name, path, failed)
            if root:
                roots.update({known: name for known in found[path].names if known})
    for one in found.values():
        needs = sorted({roots[name] for name in one.depends_on - one.names if name in roots})
        if needs:
            one.facts["needs"] = needs
    return order, {path: one.facts for path, one in found.items()}


def describe_or_note(block: Any, name: str, path: str, failed: list[str]) -> Found:
    """Describe a block; if it cannot be made, say no more than that it exists."""
    try:
        return describe(block, name)
    except Exception as bad:  # noqa: BLE001 - a block may raise anything; the others are to be described all the same
        failed.append(f"{path}: {type(bad).__name__}: {bad}")
        source = f"athena: could not be made: {type(bad).__name__}: {bad}"
        return Found({"source": source, "certainty": "inferred", "options": {}})
