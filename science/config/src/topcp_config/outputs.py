"""The blocks Output: which containers become which branches.

The rules are those of OutputAnalysisConfig.py and AsgxAODNTupleMakerAlg.cxx of athena.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from topcp_config.branches import rule
from topcp_config.places import places_of
from topcp_config.problems import Mark, Problem, error, warning
from topcp_config.registry import EVENT_INFO
from topcp_config.tree import Mapping, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from topcp_config.commands import CommandChecker
    from topcp_config.nodes import Placed
    from topcp_config.references import ReferenceChecker
    from topcp_config.tree import Node

_VARS = ("vars", "varsOnlyForMC", "metVars", "truthMetVars")
_CONTAINERS = ("containers", "containersOnlyForMC", "containersFullMET")
_SYS = "%SYS%"
_PARTS = (
    (re.compile(r"\s*[\w%]+", re.ASCII), "the container"),
    (re.compile(r"\."), "a dot and the variable"),
    (re.compile(r"[\w%]+", re.ASCII), "the variable"),
    (re.compile(r"\s*->"), "`->` and the branch"),
    (re.compile(r"\s*[\w%]+", re.ASCII), "the branch"),
)
_SUFFIXES = re.compile(r"(\s+type=\w+)?(\s+metTerm=\w+)?\s*")


@dataclass(slots=True)
class OutputChecker:
    """Checks the options of a block Output and collects problems."""

    references: ReferenceChecker
    commands: CommandChecker
    problems: list[Problem]

    def check(self, placed: Placed) -> None:
        """Check one block."""
        path = placed.block.path
        for option in _VARS:
            for scalar, at in self._texts(placed.written(option), f"{path}.{option}"):
                self._check_rule(scalar, at, is_met=option == "metVars")
        seen: dict[Any, Mark] = {}
        for option in _CONTAINERS:
            node = placed.written(option)
            if isinstance(node, Mapping):
                self._check_containers(node, f"{path}.{option}", seen)
            elif node is not None and not _is_null(node):
                message = f"{option} is a mapping: a prefix of branches, and its container"
                self.problems.append(error("wrong-shape", message, node.mark, path=f"{path}.{option}"))
        for scalar, at in self._texts(placed.written("commands"), f"{path}.commands"):
            self.commands.check(scalar.value, places_of(scalar).at, at)

    def _texts(self, node: Node | None, path: str) -> Iterator[tuple[Scalar, str]]:
        """Yield the texts of a list; report what is none."""
        if node is None or _is_null(node):
            return
        if not isinstance(node, Sequence):
            message = f"{path.rpartition('.')[2]} is a list of texts"
            self.problems.append(error("wrong-shape", message, node.mark, path=path, hint="Put `- ` before each."))
            return
        for index, item in enumerate(node.items):
            if isinstance(item, Scalar) and isinstance(item.value, str):
                yield item, f"{path}[{index}]"
            else:
                message = "this should be text"
                self.problems.append(error("wrong-type", message, item.mark, path=f"{path}[{index}]"))

    def _check_rule(self, scalar: Scalar, path: str, *, is_met: bool) -> None:
        """Check `container.variable -> branch`."""
        text, place = scalar.value, places_of(scalar).at
        at, parts = 0, []
        for pattern, what in _PARTS:
            match = pattern.match(text, at)
            if match is None:
                self._not_a_rule(text, f"{what} is expected here", place(at), path)
                return
            parts.append(match.group().strip())
            at = match.end()
        if text[at:] and not self._has_suffixes(text[at:]):
            self._not_a_rule(text, f"{text[at:].strip()!r:.40} does not belong here", place(at), path)
            return
        container, _, variable, _, branch = parts
        if ((_SYS in container) or (_SYS in variable)) != (_SYS in branch):
            message = f"{_SYS} is used inconsistently: it stands on one side of the arrow only"
            self.problems.append(error("branch-systematics", message, scalar.mark, path=path))
        self._check_rule_container(container, place, path, is_met=is_met)

    def _has_suffixes(self, text: str) -> bool:
        return rule("branchSuffixes", self.references.release) != "no" and _SUFFIXES.fullmatch(text) is not None

    def _not_a_rule(self, text: str, problem: str, mark: Mark, path: str) -> None:
        message = f"{text!r:.80} is no rule for a branch: {problem}"
        hint = "Write `container.variable -> branch`, as in 'EventInfo.runNumber -> runNumber'."
        self.problems.append(error("branch-rule", message, mark, path=path, hint=hint))

    def _check_rule_container(self, key: str, place: Callable[[int], Mark], path: str, *, is_met: bool) -> None:
        """Check the container of a rule: one of the configuration has `_%SYS%` or `_NOSYS` behind its name."""
        registry = self.references.registry
        name = key.removesuffix(f"_{_SYS}").removesuffix("_NOSYS")
        container = registry.containers.get(registry.outputs.get(name, name))
        if name != key and container is None:
            self._report("unknown-container", f"no block makes a container {name!r:.60}", place(0), path, name)
        elif name == key and container is not None and name != EVENT_INFO and self.references.sure:
            message = f"in the event, {name} is called {name}_NOSYS and so on"
            hint = f"Write {name}_{_SYS}, and {_SYS} in the branch, or {name}_NOSYS."
            self.problems.append(warning("branch-systematics", message, place(0), path=path, hint=hint))
        if is_met and container is not None and not container.is_met:
            message = f"{name} is no missing transverse momentum, so it cannot be in metVars"
            self.problems.append(warning("bad-reference", message, place(0), path=path))

    def _check_containers(self, node: Mapping, path: str, seen: dict[Any, Mark]) -> None:
        """Check a mapping of prefixes to containers."""
        registry = self.references.registry
        for prefix, entry in node.entries.items():
            at = f"{path}.{prefix}"
            if prefix in seen:
                message = f"the prefix {prefix!r:.40} is given already in line {seen[prefix].line}"
                self.problems.append(error("duplicate-prefix", message, entry.mark, path=at))
            seen[prefix] = entry.mark
            scalar = entry.node
            if not isinstance(prefix, str) or not isinstance(scalar, Scalar) or not isinstance(scalar.value, str):
                message = "a prefix of branches and the name of a container are both text"
                self.problems.append(error("wrong-type", message, entry.mark, path=at))
            elif scalar.value not in registry.containers and scalar.value not in registry.outputs:
                message = f"no block makes a container {scalar.value!r:.60}"
                self._report("unknown-container", message, places_of(scalar).at(0), at, scalar.value)

    def _report(self, code: str, message: str, mark: Mark, path: str, name: str) -> None:
        registry = self.references.registry
        make = error if self.references.sure and not registry.is_open else warning
        hint = self.references.near.question(name, [*registry.outputs, *registry.containers])
        self.problems.append(make(code, message, mark, path=path, hint=hint))


def _is_null(node: Node) -> bool:
    return isinstance(node, Scalar) and node.value is None
