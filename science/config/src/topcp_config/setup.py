"""What blocks need when the toolkit sets up their algorithms: names of their own, and options that are of use.

The facts are data: `facts/setup.json`, described by `facts/setup.schema.json`. The form of a configuration says
nothing about them: the toolkit takes it, and fails later.
"""

from __future__ import annotations

import json
import pkgutil
import re
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from topcp_config import tree
from topcp_config.near import listed
from topcp_config.problems import Problem, error, warning
from topcp_config.references import SELECTION_NAME, SELECTION_NAME_HINT
from topcp_config.registry import fill, look_up
from topcp_config.spans import span_of
from topcp_config.strings import closed_sets
from topcp_config.values import described, has_type

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from topcp_config.nodes import Placed

_CONDITIONS = ("skipOnData", "skipOnMC", "onlyForDSIDs")
"""Options with which a block, and those in it, run on some samples only: what they make is not made twice."""
_MADE = ("container", "output")
"""What is made beside algorithms: in the facts the word stands before the name."""


@dataclass(slots=True)
class SetupChecker:
    """Checks the blocks in the order in which they run and collects problems; `sure` as for references."""

    release: str
    sure: bool
    problems: list[Problem]
    _made: dict[str, Placed] = field(default_factory=dict)
    _sometimes: set[str] = field(default_factory=set)
    _certain: bool = True

    def check(self, placed: Placed) -> None:
        """Check one block."""
        path = placed.block.path
        if any(placed.block.options.get(name) for name in _CONDITIONS) or path.rpartition(".")[0] in self._sometimes:
            self._sometimes.add(path)
        raw = raw_setup()
        entry = look_up(raw["blocks"], placed.kind)
        for rules, span in ((entry, raw), (entry.get("later"), entry.get("later"))) if entry else ():
            known = span_of(span).holds(self.release) if rules else "no"
            if known != "no":
                self._certain = known == "yes"
                self._check(rules, placed)

    def _check(self, rules: Mapping[str, Any], placed: Placed) -> None:
        for algorithm in rules.get("algorithms", ()):
            if "if" not in algorithm or placed.block.options.get(algorithm["if"]):
                seen: set[str] = set()
                for name in _names_of(algorithm, placed.block.options):
                    self._check_name(name, algorithm["name"], placed, again=name in seen)
                    seen.add(name)
        for option in rules.get("given", ()):
            self._check_given(option, placed)
        self._check_selection_names(rules.get("names", ()), placed)
        if "givenOne" in rules:
            self._check_given_one(rules["givenOne"], placed)
        for option, types in rules.get("types", {}).items():
            self._check_type(option, types, placed)
        for option in rules.get("lists", ()):
            self._check_lists(option, placed)
        for option in rules.get("texts", ()):
            self._check_texts(option, placed.written(option), placed)

    def _check_name(self, name: str, template: str, placed: Placed, *, again: bool) -> None:
        """Report an algorithm, or a container, that a block before, or this one itself, makes already."""
        if placed.block.path in self._sometimes:
            return
        first = self._made.setdefault(name, placed) if name else placed
        if first is placed and not again:
            return
        kind = next((word for word in _MADE if name.startswith(f"{word} ")), "algorithm")
        shown = name.removeprefix(f"{kind} ")
        message = f"the block in line {first.block.mark.line} makes the {kind} {shown:.60} already"
        named = _names_in(template)
        hint = f"Give one of them another {listed(named)}." if named else "Keep one of them."
        self._report("made-twice", message, placed, hint=hint)

    def _check_given(self, option: str, placed: Placed) -> None:
        """Report an option that is needed, unless a key that the block does not know may be meant for it."""
        block = placed.block
        strangers = placed.node.entries.keys() - block.options.keys() - {child.name for child in block.children}
        if block.options.get(option) in (None, "") and not self._is_judged(option, placed) and not strangers:
            message = f"without {option} the algorithms of {placed.kind} cannot be set up"
            self._report("needed-option", message, placed, hint=f"Write {option}.")

    def _is_judged(self, option: str, placed: Placed) -> bool:
        """Tell whether other rules say what is wrong with what is written for an option."""
        closed = any(one.option == option for one in closed_sets().get(placed.kind, ()))
        return placed.written(option) is not None and (closed or placed.block.options.get(option) is None)

    def _check_given_one(self, rule: Mapping[str, Any], placed: Placed) -> None:
        """Report that none of some options is given, where another one needs one of them."""
        options, names = placed.block.options, rule["of"]
        if options.get(rule["if"]) and not any(options.get(name) or placed.written(name) for name in names):
            message = f"{rule['if']} is of no use without one of {listed(names)}"
            self._report("needed-option", message, placed, hint=f"Write {listed(names)}.")

    def _check_selection_names(self, rules: Iterable[Mapping[str, Any]], placed: Placed) -> None:
        """Report the first of the names, made of options, that cannot be one of a selection."""
        options = placed.block.options
        for rule in rules:
            is_used = "if" not in rule or options.get(rule["if"])
            name = fill(rule["name"], options)
            if not is_used or any(options.get(other) for other in rule.get("unless", ())):
                continue
            if name and not SELECTION_NAME.fullmatch(name):
                self._misnamed(name, _names_in(rule["name"]), placed)
                return

    def _misnamed(self, name: str, options: list[str], placed: Placed) -> None:
        """Report a name at the first of its options that has what no name may have."""
        nodes = {option: node for option in options if (node := placed.written(option)) is not None}
        wrong = [option for option in nodes if re.search(r"\W", placed.block.options[option], re.ASCII)]
        for option in [*wrong, *nodes][:1]:
            message = f"{option} names a selection, and {name!r:.60} cannot be the name of one"
            mark, path = nodes[option].mark, f"{placed.block.path}.{option}"
            self.problems.append(self._make()("selection-name", message, mark, path=path, hint=SELECTION_NAME_HINT))

    def _check_type(self, option: str, types: list[str], placed: Placed) -> None:
        node = placed.written(option)
        if node is not None and not any(has_type(node, one) for one in types):
            self._report_value(option, node, listed([_SHOWN[one] for one in types]), placed)

    def _check_lists(self, option: str, placed: Placed) -> None:
        """Report the values in a mapping that are no lists."""
        node = placed.written(option)
        for entry in node.entries.values() if isinstance(node, tree.Mapping) else ():
            if not has_type(entry.node, "list"):
                self._report_value(option, entry.node, _SHOWN["list"], placed)

    def _check_texts(self, option: str, node: tree.Node | None, placed: Placed) -> None:
        """Report what is no text in a list, or in the lists of a mapping."""
        if isinstance(node, tree.Mapping):
            for entry in node.entries.values():
                self._check_texts(option, entry.node, placed)
        for item in node.items if isinstance(node, tree.Sequence) else ():
            if not has_type(item, "str"):
                self._report_value(option, item, _SHOWN["str"], placed)

    def _report_value(self, option: str, node: tree.Node, wanted: str, placed: Placed) -> None:
        message = f"the algorithms of {placed.kind} can do nothing with {described(node)} as {option}"
        path = f"{placed.block.path}.{option}"
        self.problems.append(self._make()("unusable-value", message, node.mark, path=path, hint=f"Write {wanted}."))

    def _report(self, code: str, message: str, placed: Placed, *, hint: str) -> None:
        self.problems.append(self._make()(code, message, placed.block.mark, path=placed.block.path, hint=hint))

    def _make(self) -> Callable[..., Problem]:
        return error if self.sure and self._certain else warning


_SHOWN = {
    "str": "a text",
    "bool": "true or false",
    "int": "a whole number",
    "float": "a number",
    "list": "a list",
    "dict": "a mapping",
}


def _names_of(algorithm: Mapping[str, Any], options: Mapping[str, Any]) -> list[str]:
    """Return the names under which a block with these options makes something."""
    if "each" in algorithm:
        each = options.get(algorithm["each"])
        return [algorithm["name"].format(each=one) for one in each] if isinstance(each, list) else []
    if "of" not in algorithm:
        return [fill(algorithm["name"], options)]
    references = [text for text in map(options.get, algorithm["of"]) if isinstance(text, str) and text]
    return [algorithm["name"].format(of=text.partition(".")[0]) for text in references]


def _names_in(template: str) -> list[str]:
    """Return the options that a name is made of."""
    parts = template.split("|", 1)[0].split("{")[1:]
    return [part.partition("}")[0] for part in parts if not part.startswith(("of}", "each}"))]


@cache
def raw_setup() -> Mapping[str, Any]:
    """Read the facts, as `facts/setup.schema.json` describes them."""
    data: dict[str, Any] = json.loads(pkgutil.get_data("topcp_config", "facts/setup.json") or b"{}")
    return data
