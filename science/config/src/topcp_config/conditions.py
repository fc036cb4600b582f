"""When a block writes something: conditions on its options, as `facts/outputs.json` has them."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def holds(entry: Mapping[str, Any], options: Mapping[str, Any]) -> bool:
    """Tell whether every option in `if` has its value, or one of its values, and no option in `unless` has."""
    wanted, unwanted = entry.get("if", {}), entry.get("unless", {})
    if not all(_is_one_of(options.get(name), values) for name, values in wanted.items()):
        return False
    return not any(name in options and _is_one_of(options[name], values) for name, values in unwanted.items())


def _is_one_of(value: Any, wanted: Any) -> bool:
    """Compare with a value or a list of them; in a text, `*` stands for any characters."""
    for one in wanted if isinstance(wanted, list) else [wanted]:
        if isinstance(one, str) and isinstance(value, str):
            if fnmatchcase(value, one):
                return True
        elif value is one:
            return True
    return False
