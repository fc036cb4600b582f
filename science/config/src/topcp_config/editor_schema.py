"""A JSON Schema of the language of one release, for editors: it completes names, shows defaults, underlines mistakes.

It says what JSON Schema can say. `topcp_config.check_text` knows more: references, cuts, and that some releases take
no whole number for a float.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from topcp_config.catalogue import source_of, values_of
from topcp_config.facts import ADD_CONFIG_BLOCKS, load_facts
from topcp_config.options import CONTAINER, INCLUDE

if TYPE_CHECKING:
    from topcp_config.config import Level
    from topcp_config.model import BlockFacts, Case, Facts, Option

Schema = dict[str, Any]

_TYPES = {
    "str": "string",
    "bool": "boolean",
    "int": "integer",
    "float": "number",
    "list": "array",
    "dict": "object",
}
_INCLUDE: Schema = {
    "description": "Files whose keys are added here; keys that stand here win",
    "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
}


def json_schema(release: str, level: Level = "reco") -> Schema:
    """Return the schema (draft 2020-12) of the configurations of a release, one of `RELEASES`."""
    facts = load_facts(release)
    lenient = level != "reco" and facts.rules.other_levels == "partly"
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:topcp:{release}:{level}",
        "title": f"TopCPToolkit configuration for AnalysisBase {release}, level {level}",
        "type": "object",
        "minProperties": 1,
        "properties": {INCLUDE: _INCLUDE, **{name: {"$ref": f"#/$defs/{name}"} for name in facts.roots}},
        **_other_roots(facts, lenient=lenient),
        "$defs": _definitions(facts, lenient=lenient),
    }


def _other_roots(facts: Facts, *, lenient: bool) -> Schema:
    """Allow blocks that the release lacks where AddConfigBlocks may bring them."""
    added = {"additionalProperties": {"$ref": "#/$defs/added"}}
    if lenient:
        return added
    if ADD_CONFIG_BLOCKS not in facts.roots:
        return {"additionalProperties": False}
    known = [INCLUDE, *facts.roots]
    return {"if": {"required": [ADD_CONFIG_BLOCKS]}, "then": added, "else": {"propertyNames": {"enum": known}}}


def _definitions(facts: Facts, *, lenient: bool) -> Schema:
    """Return a definition for each block, and one for each item of a list of them."""
    found: Schema = {"added": _one_or_many({"type": "object"}, "A block of which nothing is known here")}
    for path, block in facts.blocks.items():
        found[f"item.{path}"] = _block(facts, block, lenient=lenient)
        found[path] = _one_or_many({"$ref": f"#/$defs/item.{path}"}, _about(facts, block))
    if facts.rules.add_config_blocks in ("named-or-list", "unknown"):
        item = found[f"item.{ADD_CONFIG_BLOCKS}"]
        named = {**item, "required": [name for name in item["required"] if name != "algName"]}
        many = {"type": "object", "additionalProperties": named}
        found[ADD_CONFIG_BLOCKS]["else"] = {"anyOf": [found[ADD_CONFIG_BLOCKS]["else"], many]}
    return found


def _one_or_many(item: Schema, description: str) -> Schema:
    """A block is a mapping or a list of mappings."""
    return {"description": description, "if": {"type": "array"}, "then": {"items": item}, "else": item}


def _block(facts: Facts, block: BlockFacts, *, lenient: bool) -> Schema:
    options = {name: _option(facts, block, option) for name, option in block.options.items()}
    children = {child: {"$ref": f"#/$defs/{block.path}.{child}"} for child in block.children}
    schema: Schema = {"type": "object", "properties": {INCLUDE: _INCLUDE, **children, **options}}
    if block.sure and not lenient:
        schema["additionalProperties"] = False
        # A containerName can come from the block around or from the item before.
        must = [o.name for o in block.options.values() if o.required is True and o.name != CONTAINER]
        schema |= {"required": must} if must else {}
        kinds = [_kind(block, case) for case in block.cases if case.certainty != "inferred"]
        schema |= {"allOf": kinds} if kinds else {}
    return schema


def _kind(block: BlockFacts, case: Case) -> Schema:
    """Refuse the options that this kind of the block, told by one option, does not have."""
    others = [
        option.name
        for option in block.options.values()
        if option.cases and case.name not in option.cases and block.is_sure(option)
    ]
    told = {
        "properties": {block.case_option: {"type": "string", "pattern": case.pattern}},
        "required": [block.case_option],
    }
    return {"if": told, "then": {"properties": dict.fromkeys(others, False)}}


def _option(facts: Facts, block: BlockFacts, option: Option) -> Schema:
    schema: Schema = {"description": _about_option(facts, block, option)}
    if option.default is not None:
        schema["default"] = option.default
    if values := values_of(block.path, option.name, facts.release):
        schema["examples"] = list(values)
    if option.type != "any" and block.is_sure(option):
        takes_null = facts.rules.null_option != "reject" and not option.rejects_null
        schema["type"] = [_TYPES[option.type], "null"] if takes_null else _TYPES[option.type]
    return schema


def _about(facts: Facts, block: BlockFacts) -> str:
    doubt = "" if block.sure else f"It is not known whether {facts.release} has this block. "
    return f"{doubt}{block.certainty.capitalize()}: {source_of(block, facts)}"


def _about_option(facts: Facts, block: BlockFacts, option: Option) -> str:
    parts = [
        f"{option.type}, {option.certainty or block.certainty}",
        None if block.is_sure(option) else f"it is not known whether {facts.release} has it",
        "must be given" if option.required is True else None,
        f"by default that of {option.default_from}" if option.default_from else None,
        "write 1.0, not 1" if option.type == "float" and facts.rules.int_for_float == "reject" else None,
        option.note,
    ]
    return "; ".join(filter(None, parts))
