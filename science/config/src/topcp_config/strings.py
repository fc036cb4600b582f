"""Texts of which only some are taken: working points, models of systematic uncertainties.

The values are data: `facts/strings.json`, described by `facts/strings.schema.json`.
"""

from __future__ import annotations

import json
import pkgutil
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from topcp_config.near import NearNames, listed
from topcp_config.problems import Problem, error, warning
from topcp_config.spans import Span, span_of
from topcp_config.tree import Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Mapping

    from topcp_config.nodes import Placed

_MAX_LISTED = 12


class Closed(NamedTuple):
    """The values that an option takes, or that match the whole `pattern`."""

    option: str
    values: tuple[str, ...]
    pattern: re.Pattern[str] | None
    certain: bool
    span: Span

    def takes(self, value: str) -> bool:
        """Tell whether a value is among them."""
        return value in self.values or (self.pattern is not None and self.pattern.fullmatch(value) is not None)


class Combination(NamedTuple):
    """The values that several options of a block take together: in one of the rows, each matches its pattern."""

    options: tuple[str, ...]
    allowed: tuple[tuple[re.Pattern[str], ...], ...]
    hint: str
    certain: bool
    span: Span


@dataclass(slots=True)
class StringChecker:
    """Checks the options of blocks and collects problems; `sure` is False where what is unknown may exist."""

    release: str
    near: NearNames
    sure: bool
    problems: list[Problem]

    def check(self, placed: Placed) -> None:
        """Check the options that are written in a block."""
        wrong: set[str] = set()
        for closed in _closed_in(placed.kind, self.release):
            if closed.option in placed.node.entries and closed.option not in wrong:
                wrong |= {closed.option} if self._check_option(placed, closed) else set()
        for combination in () if wrong else _combinations_in(placed.kind, self.release):
            self._check_combination(placed, combination)

    def _check_option(self, placed: Placed, closed: Closed) -> bool:
        """Check an option, or each text in it when it is a list; tell whether something is wrong."""
        node = placed.written(closed.option)
        wrong = False
        for item in node.items if isinstance(node, Sequence) else [node]:
            if isinstance(item, Scalar) and isinstance(item.value, str) and not closed.takes(item.value):
                wrong = True
                self._refuse(item, closed, f"{placed.block.path}.{closed.option}")
        return wrong

    def _refuse(self, item: Scalar, closed: Closed, path: str) -> None:
        hint = self._hint(item, closed)
        if closed.certain and self.sure:
            message = f"{closed.option} cannot be {item.value!r:.60} in {self.release}"
            self.problems.append(error("unknown-value", message, item.mark, path=path, hint=hint))
        else:
            message = f"it is not known whether {closed.option} can be {item.value!r:.60} in {self.release}"
            self.problems.append(warning("unknown-value", message, item.mark, path=path, hint=hint))

    def _hint(self, item: Scalar, closed: Closed) -> str | None:
        near = self.near.question(item.value, closed.values)
        few = len(closed.values) <= _MAX_LISTED
        return near or (f"It is {listed([*closed.values])}." if few else None)

    def _check_combination(self, placed: Placed, combination: Combination) -> None:
        options = placed.block.options
        written = [name for name in combination.options if placed.written(name) is not None]
        if not written or not all(name in options for name in combination.options):
            return
        values = [str(options[name])[:200] for name in combination.options]
        if any(all(map(re.Pattern.fullmatch, row, values)) for row in combination.allowed):
            return
        pairs = [f"{name} {value:.40}" for name, value in zip(combination.options, values, strict=True)]
        message = f"{listed(pairs, 'and')} do not go together"
        make = error if combination.certain and self.sure else warning
        node = placed.written(written[-1])
        mark = node.mark if node else placed.block.mark
        path = f"{placed.block.path}.{written[-1]}"
        self.problems.append(make("value-combination", message, mark, path=path, hint=combination.hint))


@cache
def _raw() -> dict[str, Any]:
    data: dict[str, Any] = json.loads(pkgutil.get_data("topcp_config", "facts/strings.json") or b"{}")
    return data


@cache
def closed_sets() -> Mapping[str, list[Closed]]:
    """Read the closed sets, by the block that has the option."""
    found: dict[str, list[Closed]] = {}
    for raw in _raw()["options"]:
        block, _, option = raw["option"].rpartition(".")
        pattern = re.compile(raw["pattern"]) if "pattern" in raw else None
        certain = raw["certainty"] != "inferred"
        found.setdefault(block, []).append(Closed(option, tuple(raw["values"]), pattern, certain, span_of(raw)))
    return found


@cache
def _closed_in(kind: str, release: str) -> tuple[Closed, ...]:
    """Return the closed sets that a kind of block surely has in a release."""
    return tuple(closed for closed in closed_sets().get(kind, ()) if closed.span.holds(release) == "yes")


@cache
def _combinations_in(kind: str, release: str) -> tuple[Combination, ...]:
    return tuple(found for found in _combinations().get(kind, ()) if found.span.holds(release) == "yes")


@cache
def _combinations() -> Mapping[str, list[Combination]]:
    """Read what goes together, by block."""
    found: dict[str, list[Combination]] = {}
    for raw in _raw()["combinations"]:
        rows = tuple(tuple(re.compile(pattern) for pattern in row) for row in raw["allowed"])
        combination = Combination(
            tuple(raw["options"]), rows, raw["hint"], raw["certainty"] != "inferred", span_of(raw)
        )
        found.setdefault(raw["block"], []).append(combination)
    return found
