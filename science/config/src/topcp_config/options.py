"""The rules by which the toolkit takes or rejects a configuration: the options of one block."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from topcp_config.facts import ADD_CONFIG_BLOCKS
from topcp_config.problems import Mark, Problem, error, warning
from topcp_config.tree import Entry, Mapping, Scalar, Sequence, plain
from topcp_config.values import check_value, value_for

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from topcp_config.hints import Adviser
    from topcp_config.model import BlockFacts, Case, Facts, Option

CONTAINER = "containerName"
INCLUDE = "include"
_EXPERT_KINDS: dict[str, Callable[[Any], bool]] = {
    "nonemptystring": lambda value: isinstance(value, str) and value != "",
    "nonemptylist": lambda value: isinstance(value, list) and value != [],
    "positiveint": lambda value: type(value) is int and value > 0,
}
"""Values for experts that newer releases describe instead of naming them."""


@dataclass(slots=True)
class Found:
    """The options of one block: values with defaults filled in, the places of those given, what is wrong."""

    options: dict[str, Any] = field(default_factory=dict)
    given: dict[str, Mark] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class OptionChecker:
    """Checks options against the facts of a release.

    `lenient` warns of what is unknown instead of rejecting it; `experts` says that the configuration is by experts.
    """

    facts: Facts
    adviser: Adviser
    lenient: bool
    experts: bool
    _known_defaults: dict[tuple[str, str | None], tuple[dict[str, Any], list[Option]]] = field(default_factory=dict)

    def check(
        self, known: BlockFacts, mapping: Mapping, path: str, mark: Mark, children: list[str], container: Any
    ) -> Found:
        """Check the keys of one block that are not sub-blocks.

        Args:
            known: what the release knows of the block.
            mapping: the block as written.
            path: its dotted path.
            mark: its place, for what is missing.
            children: the names of its sub-blocks.
            container: the containerName that holds for it, its own or inherited.
        """
        found = Found()
        case = self._case(known, mapping, path, found)
        if CONTAINER in known.options and container is not None:
            found.options[CONTAINER] = container
        for key, entry in mapping.entries.items():
            if key not in children:
                self._key(known, case, key, entry, path, found)
        defaults, others = self._defaults(known, case)
        found.options = {**defaults, **found.options}
        for option in others:
            if option.name not in found.options:
                self._missing(known, option, path, mark, found)
        return found

    def _defaults(self, known: BlockFacts, case: Case | None) -> tuple[dict[str, Any], list[Option]]:
        """Return the defaults of a block, and the options of which the default is not that simple."""
        key = known.path, case.name if case else None
        if key not in self._known_defaults:
            options = [option for option in known.options.values() if _applies(option, case)]
            others = [option for option in options if option.required or option.default_from]
            defaults = {option.name: option.default for option in options if option not in others}
            self._known_defaults[key] = defaults, others
        return self._known_defaults[key]

    def _key(self, known: BlockFacts, case: Case | None, key: Hashable, entry: Entry, path: str, found: Found) -> None:
        """Check one key."""
        name = shown_name(key)
        option = known.options.get(name) if isinstance(key, str) else None
        at = f"{path}.{name}"
        if option is None:
            problem = self._unknown(known, name, entry, at)
        elif case and not _applies(option, case):
            problem = self._wrong_case(known, option, case, entry, at)
        else:
            self._value(known, option, entry, at, found)
            return
        found.problems.append(problem)
        if problem.severity == "warning":
            found.options[name], found.given[name] = plain(entry.node), entry.mark

    def _value(self, known: BlockFacts, option: Option, entry: Entry, at: str, found: Found) -> None:
        found.given[option.name] = entry.mark
        found.options[option.name] = value_for(option, entry.node)
        sure = known.is_sure(option)
        if not sure and known.sure:
            found.problems.append(self._inferred(known, option, entry, at))
        problem = check_value(option, entry.node, at, self.facts.rules)
        if problem:
            found.problems.append(problem if sure else problem._replace(severity="warning"))
        elif option.expert and not self.experts and _is_expert(option, plain(entry.node)):
            found.problems.append(_for_experts(option, entry, at))

    def _inferred(self, known: BlockFacts, option: Option, entry: Entry, at: str) -> Problem:
        message = f"it is not known whether {self.facts.release} has the option {option.name}"
        hint = self.adviser.renamed(f"{known.path}.{option.name}")
        return warning("inferred-option", message, entry.mark, path=at, hint=hint)

    def _unknown(self, known: BlockFacts, name: str, entry: Entry, at: str) -> Problem:
        """Say what is wrong with a key that is neither an option nor a sub-block."""
        if name == INCLUDE:
            return unresolved_include(entry.mark, at, self.facts)
        if known.path == ADD_CONFIG_BLOCKS and name in self.facts.common:
            return _ignored(name, entry.mark, at)
        make = error if known.sure and not self.lenient else warning
        places = self.adviser.places_of(name, known.path)
        if places and isinstance(entry.node, Mapping | Sequence):
            message, place = misplaced(name, places, known.path)
            return make("misplaced-block", message, entry.mark, path=at, hint=place)
        kind = "option" if isinstance(entry.node, Scalar) else "option or sub-block"
        message = f"{known.path} has no {kind} {name} in {self.facts.release}"
        renamed = self.adviser.renamed(f"{known.path}.{name}")
        hint = renamed or self.adviser.about_option(known, name)
        return make("renamed-option" if renamed else "unknown-option", message, entry.mark, path=at, hint=hint)

    def _case(self, known: BlockFacts, mapping: Mapping, path: str, found: Found) -> Case | None:
        """Return the kind of the block, where it has kinds and is of a known one."""
        entry = mapping.entries.get(known.case_option)
        if entry is None or not isinstance(entry.node, Scalar) or not isinstance(entry.node.value, str):
            return None
        value = entry.node.value
        case = next((case for case in known.cases if re.match(case.pattern, value)), None)
        at = f"{path}.{known.case_option}"
        if case is None:
            make = error if known.cases_complete and not self.lenient else warning
            message = f"{value!r} is no kind of jets that {self.facts.release} is known to take"
            found.problems.append(make("wrong-collection", message, entry.node.mark, path=at))
        elif case.broken:
            message = f"{self.facts.release} fails on {value}: {case.broken}"
            found.problems.append(error("wrong-collection", message, entry.node.mark, path=at))
        return case

    def _wrong_case(self, known: BlockFacts, option: Option, case: Case, entry: Entry, at: str) -> Problem:
        sure = known.sure and known.is_sure(option) and case.certainty != "inferred"
        message = f"{option.name} is an option of {' and '.join(option.cases)} jets; for {case.name} jets "
        message += f"{self.facts.release} does not have it" if sure else "it may not exist"
        make = error if sure and not self.lenient else warning
        return make("wrong-collection", message, entry.mark, path=at)

    def _missing(self, known: BlockFacts, option: Option, path: str, mark: Mark, found: Found) -> None:
        """Fill in the default of an option that is not given, or say that it must be."""
        found.options[option.name] = found.options.get(option.default_from or "", option.default)
        if not option.required:
            return
        sure = option.required is True and known.sure
        message = f"{known.path} needs {option.name}" if sure else f"{known.path} may need {option.name}"
        make = error if sure else warning
        found.problems.append(make("missing-option", message, mark, path=path))


def _applies(option: Option, case: Case | None) -> bool:
    return case is None or not option.cases or case.name in option.cases


def shown_name(key: Hashable) -> str:
    """Return a key as text; YAML also allows numbers, dates and null."""
    return key if isinstance(key, str) else repr(key)


def misplaced(name: str, places: list[str], here: str) -> tuple[str, str]:
    """Say where a block belongs that cannot stand `here`."""
    parents = [place.rpartition(".")[0] for place in places]
    if "" in parents:
        return f"{name} is a block of its own, not a sub-block of {here}", "Move it to the first level: no indentation."
    return f"{name} is a sub-block of {' or '.join(parents)}; it cannot stand in {here}", f"Move it into {parents[0]}."


def _ignored(name: str, mark: Mark, at: str) -> Problem:
    hint = "Write it in the block that is added."
    return warning("ignored-option", f"{ADD_CONFIG_BLOCKS} ignores {name}", mark, path=at, hint=hint)


def _for_experts(option: Option, entry: Entry, at: str) -> Problem:
    message = f"{option.name}: {plain(entry.node)!r:.60} is for experts only"
    hint = "Experts set CommonServices.enableExpertMode: true."
    return warning("expert-option", message, entry.node.mark, path=at, hint=hint)


def _is_expert(option: Option, value: Any) -> bool:
    if option.expert is True:
        return bool(value != option.default)
    return any(
        _EXPERT_KINDS[one](value) if isinstance(one, str) and one in _EXPERT_KINDS else value == one
        for one in option.expert
    )


def unresolved_include(mark: Mark, path: str, facts: Facts) -> Problem:
    """Say that an include cannot be followed."""
    message = "include: names another file, but this text was given without its directory"
    if facts.rules.include == "never":
        message += f", and {facts.release} itself does not follow it"
    hint = "Check the file itself; its includes are then merged."
    return error("include-unresolved", message, mark, path=path, hint=hint)
