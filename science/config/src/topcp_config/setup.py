"""What blocks need when the toolkit sets up their algorithms: names of their own, and options that are of use.

The facts are data: `facts/setup.json`, described by `facts/setup.schema.json`. The form of a configuration says
nothing about them: the toolkit takes it, and fails later.
"""

from __future__ import annotations

import json
import pkgutil
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from topcp_config.near import listed
from topcp_config.problems import Problem, error, warning
from topcp_config.registry import fill, look_up
from topcp_config.spans import span_of
from topcp_config.values import described, has_type

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from topcp_config.nodes import Placed

_CONTAINER = "container "


@dataclass(slots=True)
class SetupChecker:
    """Checks the blocks in the order in which they run and collects problems; `sure` as for references."""

    release: str
    sure: bool
    problems: list[Problem]
    _made: dict[str, Placed] = field(default_factory=dict)

    def check(self, placed: Placed) -> None:
        """Check one block."""
        raw = _facts()
        entry = look_up(raw["blocks"], placed.kind)
        if entry is None or span_of(raw).holds(self.release) != "yes":
            return
        for algorithm in entry["algorithms"]:
            if "if" not in algorithm or placed.block.options.get(algorithm["if"]):
                self._check_name(fill(algorithm["name"], placed.block.options), algorithm["name"], placed)
        for option in entry.get("given", ()):
            self._check_given(option, placed)
        for option, types in entry.get("types", {}).items():
            self._check_type(option, types, placed)

    def _check_name(self, name: str, template: str, placed: Placed) -> None:
        """Report an algorithm, or a container, that a block before makes already."""
        first = self._made.setdefault(name, placed) if name else placed
        if first is placed:
            return
        kind = "container" if name.startswith(_CONTAINER) else "algorithm"
        shown = name.removeprefix(_CONTAINER)
        message = f"the block in line {first.block.mark.line} makes the {kind} {shown:.60} already"
        hint = f"Give one of them another {listed(_names_in(template))}." if "{" in template else "Keep one of them."
        self._report("made-twice", message, placed, hint=hint)

    def _check_given(self, option: str, placed: Placed) -> None:
        """Report an option that is needed, unless a key that the block does not know may be meant for it."""
        block = placed.block
        strangers = placed.node.entries.keys() - block.options.keys() - {child.name for child in block.children}
        if block.options.get(option) in (None, "") and placed.written(option) is None and not strangers:
            message = f"without {option} the algorithms of {placed.kind} cannot be set up"
            self._report("needed-option", message, placed, hint=f"Write {option}.")

    def _check_type(self, option: str, types: list[str], placed: Placed) -> None:
        node = placed.written(option)
        if node is not None and not any(has_type(node, one) for one in types):
            message = f"the algorithms of {placed.kind} can do nothing with {described(node)} as {option}"
            mark = node.mark
            make = self._make()
            hint = f"Write {listed([_SHOWN[one] for one in types])}."
            self.problems.append(make("unusable-value", message, mark, path=f"{placed.block.path}.{option}", hint=hint))

    def _report(self, code: str, message: str, placed: Placed, *, hint: str) -> None:
        self.problems.append(self._make()(code, message, placed.block.mark, path=placed.block.path, hint=hint))

    def _make(self) -> Callable[..., Problem]:
        return error if self.sure else warning


_SHOWN = {"str": "a text", "list": "a list", "dict": "a mapping"}


def _names_in(template: str) -> list[str]:
    """Return the options that a name is made of."""
    parts = template.split("|", 1)[0].split("{")[1:]
    return [part.partition("}")[0] for part in parts]


@cache
def _facts() -> Mapping[str, Any]:
    data: dict[str, Any] = json.loads(pkgutil.get_data("topcp_config", "facts/setup.json") or b"{}")
    return data
