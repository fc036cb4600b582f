"""The commands of the Output block: which of the offered variables are written, and under which names.

Source: OutputAnalysisConfig.makeAlgs, AsgAnalysisAlgorithms/python/OutputAnalysisConfig.py.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from topcp_columnar.plan.part import Refused

if TYPE_CHECKING:
    from topcp_columnar.plan.model import Variable, View
    from topcp_columnar.plan.part import Part

# How many words each command has.
_WORDS = {"enable": 2, "disable": 2, "rename": 3}
_OPTIONAL = "optional"


@dataclass(slots=True)
class Offered:
    """One variable in one container of the output, and whether it is to be written."""

    view: View
    variable: Variable
    enabled: bool


def obey(part: Part, commands: list[str], offered: dict[str, Offered]) -> None:
    """Enable, disable and rename the variables, by their names in the output, that regular expressions match.

    A new name is no matter for the commands that follow. What cannot be obeyed is declined.
    """
    renamed: dict[str, Offered] = {}
    for command in commands:
        try:
            _obey(part, command, offered, renamed)
        except Refused as refusal:
            part.decline(f"the command {command!r}", refusal.why, "commands")
    offered.update(renamed)


def _obey(part: Part, command: str, offered: dict[str, Offered], renamed: dict[str, Offered]) -> None:
    words = command.split()
    optional = words[:1] == [_OPTIONAL]
    action, *arguments = words[optional:] or [""]
    if _WORDS.get(action) != 1 + len(arguments):
        raise Refused("commands are: enable REGEX, disable REGEX, rename REGEX NAME; `optional` may stand before")
    names = _matching(arguments[0], offered)
    if not names and not optional and part.job.simulation:  # of data, the toolkit lets it pass
        raise Refused("it matches no output variable")
    for name in names:
        if action == "rename":
            renamed[re.sub(arguments[0], arguments[1], name)] = replace(offered[name])
        offered[name].enabled = action == "enable"
        if offered[name].enabled and offered[name].variable.verdict == "omitted":
            item = offered[name]
            part.decline(f"{item.variable.name} of {item.view.name}", item.variable.why, "commands")


def _matching(pattern: str, offered: dict[str, Offered]) -> list[str]:
    try:
        return [name for name in offered if re.match(pattern, name)]
    except re.error as error:
        raise Refused(f"this is no regular expression: {error}") from None
