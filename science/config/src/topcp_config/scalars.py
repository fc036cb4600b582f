"""Single YAML values, understood as PyYAML's SafeLoader does: that is what the toolkit itself reads with."""

from __future__ import annotations

from functools import lru_cache
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
_MAX_KEPT = 40
"""How long a text may be whose value is kept: the keys and most values of a configuration recur."""
_constructor = SafeConstructor()
_CONSTRUCT = {
    _CORE + "int": _constructor.construct_yaml_int,
    _CORE + "float": _constructor.construct_yaml_float,
    _CORE + "bool": _constructor.construct_yaml_bool,
    _CORE + "null": _constructor.construct_yaml_null,
    _CORE + "timestamp": _constructor.construct_yaml_timestamp,
}


def read(event: yaml.ScalarEvent) -> tuple[str, Any]:
    """Return the tag that a scalar has, by its own or by its looks, and its value.

    The value is None when the tag is not one of `TAGS`, or `MERGE`; raises one of `NOT_A_VALUE` when there is none.
    """
    text = event.value
    if event.tag not in (None, "!"):
        return event.tag, _value_of(event.tag, text)
    if not event.implicit[0]:
        return _TEXT, text
    return _read_known(text) if len(text) <= _MAX_KEPT else _read_plain(text)


def _read_plain(text: str) -> tuple[str, Any]:
    tag = _resolve(yaml.ScalarNode, text, (True, False))
    return tag, _value_of(tag, text)


_read_known = lru_cache(maxsize=4096)(_read_plain)


def _value_of(tag: str, text: str) -> Any:
    if tag == _TEXT:
        return text
    construct = _CONSTRUCT.get(tag)
    return construct(yaml.ScalarNode(tag, text)) if construct else None
