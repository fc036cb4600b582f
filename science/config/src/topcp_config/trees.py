"""From what the blocks offer to the branches of a tree, as the block Output has it.

The rules are those of OutputAnalysisConfig.py of athena: prefix and name, `_%SYS%` behind what changes with
systematics, one flag for each selection, commands in their order, and the branches of `vars` as they are written.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from topcp_config.branches import raw_outputs, rule
from topcp_config.commands import is_tame
from topcp_config.offers import Variable, source_of
from topcp_config.registry import EVENT_INFO

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from topcp_config.config import Block
    from topcp_config.offers import Offers
    from topcp_config.spans import Known

SYS = "%SYS%"
_SIMULATION = "simulation"
_CONTAINERS = {"containers": None, "containersFullMET": None, "containersOnlyForMC": _SIMULATION}
_VARS = {"vars": None, "metVars": None, "varsOnlyForMC": _SIMULATION, "truthMetVars": _SIMULATION}
_THINNED = "outputSelect"
_MAX_REPEATS = 3


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch of a tree.

    Attributes:
        name: `%SYS%` in it stands for NOSYS and for each systematic that changes the branch.
        container: whose objects it describes, as in Output.
        block: the path of the block that brings it.
        sample: the only one that it is written for, such as simulation; None for any.
        known: yes, or maybe where it is not sure that the release writes it.
        source: how that is known.
    """

    name: str
    container: str
    block: str
    sample: str | None
    known: Known
    source: str


@dataclass(frozen=True, slots=True)
class Tree:
    """A tree of the file; `remarks` say what could not be worked out."""

    name: str
    block: str
    branches: tuple[Branch, ...]
    remarks: tuple[str, ...] = ()


def tree(output: Block, offers: Offers, release: str) -> Tree:
    """Return the tree that a block Output writes."""
    options = output.options
    offered = dict(_offered(options, offers, release))
    remarks = [remark for command in _texts(options, "commands") if (remark := _obey(command, offered))]
    always = options.get("alwaysAddNosys") is True
    branches = [
        Branch(_full_name(name, one, always=always), container, one.block, one.sample, one.known, one.source)
        for name, (container, one) in offered.items()
        if one.enabled
    ]
    unique = {branch.name: branch for branch in (*branches, *_declared(output))}
    return Tree(str(options.get("treeName")), output.path, tuple(unique.values()), tuple(remarks))


def _offered(options: Mapping[str, Any], offers: Offers, release: str) -> Iterator[tuple[str, tuple[str, Variable]]]:
    """Yield prefix and name of each variable that Output is offered, with the container it is written from."""
    for option, sample in _CONTAINERS.items():
        containers = options.get(option)
        for prefix, name in containers.items() if isinstance(containers, dict) else ():
            origin = offers.registry.outputs.get(str(name), str(name))
            for variable in (*offers.of(origin), *_flags(origin, options, offers, release)):
                limited = replace(variable, sample=variable.sample or sample)
                yield f"{prefix}{variable.name}", (str(name), limited)


def _flags(container: str, options: Mapping[str, Any], offers: Offers, release: str) -> Iterator[Variable]:
    """Yield one flag for each selection on a container, where Output writes them."""
    made = offers.registry.containers.get(container)
    if made is None or container == EVENT_INFO or options.get("storeSelectionFlags") is False:
        return
    for selection, one in made.selections.items():
        if selection == _THINNED and options.get("skipRedundantSelectionFlags") is not False:
            continue
        which = "taggingFlags" if f"ftag_select_{selection}" in made.decorations else "selectionFlags"
        known, name = rule(which, release), f"{options.get('selectionFlagPrefix', 'select')}_{selection}"
        if known != "no" and (container, name) not in offers.variables:
            sure: Known = "yes" if known == one.known == "yes" else "maybe"
            yield Variable(container, name, "Output", source_of(raw_outputs()["rules"][which]), sure)


def _obey(command: str, offered: dict[str, tuple[str, Variable]]) -> str | None:
    """Enable, disable or rename what a command names; return why it was not done, if so."""
    words = command.removeprefix("optional ").split(" ")
    if not is_tame(words[1], _MAX_REPEATS):
        return f"the command {command!r} was not followed: matching its expression may take too long"
    pattern = re.compile(words[1])
    for name in [name for name in offered if pattern.match(name)]:
        container, variable = offered[name]
        if words[0] == "rename":
            offered[pattern.sub(words[2], name)] = (container, variable)
        offered[name] = (container, replace(variable, enabled=words[0] == "enable"))
    return None


def _full_name(name: str, variable: Variable, *, always: bool) -> str:
    if variable.no_sys:
        return f"{name}_NOSYS" if always else name
    return f"{name}_{SYS}"


def _declared(output: Block) -> Iterator[Branch]:
    """Yield the branches that are written out, as in `AnaJets_NOSYS.m -> jet_m`."""
    for option, sample in _VARS.items():
        for text in _texts(output.options, option):
            key, _, branch = text.partition("->")
            container = key.strip().partition(".")[0].removesuffix(f"_{SYS}").removesuffix("_NOSYS")
            name = branch.split()[0]
            yield Branch(name, container, f"{output.path}.{option}", sample, "yes", "written in the configuration")


def _texts(options: Mapping[str, Any], name: str) -> list[str]:
    value = options.get(name)
    return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []
