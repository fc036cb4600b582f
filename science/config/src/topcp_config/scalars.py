"""Single YAML values, understood as PyYAML's SafeLoader does: that is what the toolkit itself reads with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml
from yaml.constructor import SafeConstructor
from yaml.resolver import Resolver

if TYPE_CHECKING:
    from collections.abc import Callable

_CORE = "tag:yaml.org,2002:"
_TEXT = _CORE + "str"
MERGE = _CORE + "merge"
TAGS = frozenset({*(_CORE + name for name in ("str", "int", "float", "bool", "null", "timestamp")), MERGE})
SEQUENCE_TAGS = frozenset({None, "!", _CORE + "seq"})
MAPPING_TAGS = frozenset({None, "!", _CORE + "map"})

NOT_A_VALUE = (yaml.YAMLError, ValueError, LookupError, OverflowError, AttributeError)
"""What the constructors raise: a number of 5000 digits, the 31st of April, `!!bool maybe`."""

_resolve: Callable[..., str] = Resolver().resolve
_constructor = SafeConstructor()
_CONSTRUCT = {
    _CORE + "int": _constructor.construct_yaml_int,
    _CORE + "float": _constructor.construct_yaml_float,
    _CORE + "bool": _constructor.construct_yaml_bool,
    _CORE + "null": _constructor.construct_yaml_null,
    _CORE + "timestamp": _constructor.construct_yaml_timestamp,
}


def tag_of(event: yaml.ScalarEvent) -> str:
    """Return the tag that a scalar has, by its own or by its looks."""
    if event.tag in (None, "!"):
        return _resolve(yaml.ScalarNode, event.value, event.implicit)
    return str(event.tag)


def value_of(tag: str, text: str) -> Any:
    """Make the value of a scalar; raises one of `NOT_A_VALUE` when there is none."""
    if tag == _TEXT:
        return text
    return _CONSTRUCT[tag](yaml.ScalarNode(tag, text))
