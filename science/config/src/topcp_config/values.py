"""Whether a value fits the type of its option."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from topcp_config.problems import Problem, error, warning
from topcp_config.tree import Mapping, Node, Scalar, Sequence, plain

if TYPE_CHECKING:
    from topcp_config.model import Option, Rules

_NAMES = {
    "str": "text",
    "bool": "true or false",
    "int": "a whole number",
    "float": "a number with a decimal point",
    "list": "a list",
    "dict": "a mapping",
}
_TYPES = {"str": str, "bool": bool, "int": int, "float": float, "list": list, "dict": dict}
_EXPONENT = re.compile(r"([-+]?[0-9]{1,15})(\.[0-9]*)?[eE]([-+]?)([0-9]{1,3})")


def check_value(option: Option, node: Node, path: str, rules: Rules) -> Problem | None:
    """Return what is wrong with the value of an option, if anything."""
    value = node.value if isinstance(node, Scalar) else ...
    if value is None:
        make = error if option.rejects_null or rules.null_option == "reject" else warning
        hint = "Leave the key out to get the default."
        return make("null-option", f"{option.name} has no value", node.mark, path=path, hint=hint)
    if isinstance(value, float) and not math.isfinite(value):
        return warning("not-finite", f"{option.name} is {value}, which is no finite number", node.mark, path=path)
    if option.type == "any" or has_type(node, option.type) or (option.untested and is_zero_or_one(node)):
        return None
    if option.type == "float" and has_type(node, "int"):
        return _int_for_float(option, node, path, rules)
    message = f"{option.name} takes {_NAMES[option.type]} ({option.type}), not {described(node)}"
    return error("wrong-type", message, node.mark, path=path, hint=_hint(option, node))


def value_for(option: Option, node: Node) -> Any:
    """Return what the toolkit ends up with if it takes the value: a float for an int, the default for null."""
    value = plain(node)
    if value is None:
        return option.default
    return float(value) if option.type == "float" and type(value) is int and abs(value) < 1e300 else value


def _int_for_float(option: Option, node: Node, path: str, rules: Rules) -> Problem | None:
    if rules.int_for_float == "convert":
        return None
    make = error if rules.int_for_float == "reject" else warning
    doubt = "" if rules.int_for_float == "reject" else "; it is not known whether this release converts it"
    message = f"{option.name} takes {_NAMES['float']} (float), not {described(node)}{doubt}"
    return make("wrong-type", message, node.mark, path=path, hint=_hint(option, node))


def has_type(node: Node, name: str) -> bool:
    """Compare exactly, as the toolkit does: true is no int, 1 is no float."""
    if isinstance(node, Scalar):
        return type(node.value) is _TYPES[name]
    return name == ("list" if isinstance(node, Sequence) else "dict")


def is_zero_or_one(node: Node | None) -> bool:
    """Tell whether a number may stand for false or true."""
    return isinstance(node, Scalar) and type(node.value) is int and node.value in (0, 1)


def described(node: Node) -> str:
    """Say what a value is, for a message."""
    if isinstance(node, Mapping):
        return "a mapping"
    if isinstance(node, Sequence):
        return "a list"
    kind = type(node.value)
    return f"{node.value!r:.60} ({kind.__name__})" if kind in _TYPES.values() else f"{node.value} ({kind.__name__})"


def _hint(option: Option, node: Node) -> str | None:
    """Say what to write instead, where that is plain."""
    if not isinstance(node, Scalar):
        return None
    value = node.value
    if option.type == "float" and type(value) is int and abs(value) < 10**15:
        return f"Write {value}.0."
    if option.type == "float" and isinstance(value, str) and (parts := _EXPONENT.fullmatch(value)):
        return f"YAML reads {value} as text; write {_with_point(value, parts)}."
    if option.type in ("float", "int") and isinstance(value, str):
        return "Write the number alone, without quotes and without a unit; energies are in MeV."
    if option.type == "bool":
        return "Write true or false, without quotes."
    if option.type == "str":
        return "Put it in quotes."
    return None


def _with_point(text: str, parts: re.Match[str]) -> str:
    """Write a number such that YAML 1.1 takes it for one: with a decimal point and a signed exponent."""
    plainly = repr(float(text))
    whole, fraction, sign, exponent = parts.groups()
    return plainly if "e" not in plainly else f"{whole}{fraction or '.0'}e{sign or '+'}{exponent}"
