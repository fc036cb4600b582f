"""Which options of a block this engine honours. What is not declared here is refused when the user sets it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from topcp_config import Block


@dataclass(frozen=True, slots=True)
class Rule:
    """What may be done with one option.

    allowed  the values that are honoured; None: any value
    why      why the others are not
    note     what to tell a user who gives the option (with `noted_value`: who gives it that value, or has it so)
    on_data  why data cannot be processed with it; on simulation it has no effect
    """

    allowed: tuple[Any, ...] | None = None
    why: str = ""
    note: str = ""
    noted_value: Any = None
    on_data: str = ""


HONOURED = Rule()
SCALE_FACTORS_ONLY = Rule(note="acts on scale factors only, which come from a payload or are left out")
SYSTEMATICS_ONLY = Rule(note="acts on calibration systematics only, which come from a payload or are left out")
_DATA_ONLY = "acts on data only"


def only(*allowed: Any, why: str) -> Rule:
    """Honoured with these values, refused with any other."""
    return Rule(allowed=allowed, why=why)


def noted(value: Any, note: str) -> Rule:
    """Honoured; a user who has it at `value` is told something."""
    return Rule(note=note, noted_value=value)


def without_effect(note: str) -> Rule:
    """Accepted; a user who gives it is told why it changes nothing."""
    return Rule(note=note)


def not_on_data(why: str) -> Rule:
    """Without effect on simulation, refused on data to a user who gives it a value."""
    return Rule(on_data=why)


# What later releases let every block have.
COMMON: Mapping[str, Rule] = {
    "groupName": without_effect("names a group for python configurations"),
    "skipOnData": HONOURED,
    "skipOnMC": HONOURED,
    "skipWithSystematics": only(False, None, why="a block runs in all runs or in none"),
    "onlyForDSIDs": HONOURED,
    "propertyOverrides": only({}, None, why="there are no C++ algorithms whose properties could be set"),
    "ignoreDependencies": without_effect("the order of blocks is fixed"),
}


@dataclass(frozen=True, slots=True)
class Objection:
    """One option that cannot be honoured."""

    option: str
    why: str


def objections(block: Block, rules: Mapping[str, Rule], *, data: bool) -> Iterator[Objection]:
    """The options of a block that have a value, given or default, which cannot be honoured."""
    for option in block.given:
        if option not in rules and option in block.options:
            yield Objection(option, "this option is not honoured by this engine")
    for option, rule in rules.items():
        if option not in block.options:
            continue
        value = block.options[option]
        if data and rule.on_data and option in block.given and value:
            yield Objection(option, f"on data {value!r} cannot be honoured: {rule.on_data}")
        if rule.allowed is not None and value not in rule.allowed:
            yield Objection(option, f"{value!r} cannot be honoured: {rule.why}")


def remarks(block: Block, rules: Mapping[str, Rule], *, data: bool) -> Iterator[Objection]:
    """What the user should know about options that are honoured."""
    for option, rule in rules.items():
        if rule.on_data and option in block.given and not data:
            yield Objection(option, _DATA_ONLY)
        if not rule.note or option not in block.options:
            continue
        if rule.noted_value is None:
            if option in block.given:
                yield Objection(option, rule.note)
        elif block.options[option] == rule.noted_value:
            yield Objection(option, rule.note)
