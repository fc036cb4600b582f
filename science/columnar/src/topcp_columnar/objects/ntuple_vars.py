"""The branches that the user writes out in the Output block: `container.variable -> branch`."""

from __future__ import annotations

import re
from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING

import numpy as np

from topcp_columnar.containers import Jagged2, Jagged3
from topcp_columnar.errors import InputError
from topcp_columnar.plan.model import Branch, Variable, View
from topcp_columnar.plan.part import Refused
from topcp_columnar.systematics import NOSYS

if TYPE_CHECKING:
    from topcp_columnar.plan.model import Container
    from topcp_columnar.plan.part import Part

_SYS = "%SYS%"
_TOTAL = "Final"  # the term that is the sum of all
# `AnaElectrons_%SYS%.pt -> el_pt_%SYS%`
_VARIABLE = re.compile(r"\s*([\w%]+)\.([\w%]+)\s*->\s*([\w%]+)")


def container_of(text: str) -> str:
    """The container that a branch is written out from; empty if the text is not of the form."""
    match = _VARIABLE.fullmatch(text)
    return _plain(match[1]) if match else ""


def _plain(key: str) -> str:
    return re.sub(rf"_({_SYS}|{NOSYS})$", "", key)


def declared(part: Part, text: str) -> Branch:
    """The branch that a text writes out. Raises Refused."""
    key, variable, branch = _parsed(text)
    view = _declared_view(part, _plain(key))
    column = _declared_column(part, view, variable)
    declared = Variable(branch, column, "Output.vars", _SYS not in branch, block=part.block.path)
    return Branch(branch.replace(_SYS, NOSYS), view, declared)


def declared_of_met(part: Part, text: str) -> Branch:
    """As `AnaMET_%SYS%.met -> met`: of the term that is written. Raises Refused."""
    key, variable, branch = _parsed(text)
    view = _declared_view(part, _plain(key))
    container = part.plan.containers.get(view.origin)
    if container is None or not container.met:
        raise Refused(f"{key} is no missing momentum")
    plain = variable.replace(f"_{_SYS}", "").removesuffix(f"_{NOSYS}")
    column = term_column(part, container, plain)
    declared = Variable(branch, column, "Output.metVars", _SYS not in branch, block=part.block.path)
    return Branch(branch.replace(_SYS, NOSYS), view, declared)


def term_column(part: Part, container: Container, variable: str) -> str:
    """Of missing momentum the term that is written. Raises Refused if the container does not have it.

    The toolkit tells by the name of the container whether it is of truth (OutputAnalysisConfig.py of 2026).
    """
    of_truth = "Truth" in container.name and part.knows("truthMetTermName")
    option = "truthMetTermName" if of_truth else "metTermName"
    term = part.option(option) or _TOTAL
    column = container.column(variable if term == _TOTAL else f"{term}_{variable}")
    if not part.plan.makes(column):
        raise Refused(f"{container.name} has no {variable} of a term {term!r}", option)
    return column


def of_all_terms(part: Part, container: Container, variable: Variable) -> Variable:
    """Of missing momentum all terms, a vector per event. Raises Refused."""
    if not container.terms:
        raise Refused(f"{container.name} is no missing momentum of detector level", "containersFullMET")
    name = variable.name
    if variable.verdict == "omitted":
        return variable
    makes = container.column(f"{name} of all terms")
    if not part.plan.makes(makes):
        columns = [container.column(name if term == _TOTAL else f"{term}_{name}") for term in container.terms]
        part.compute(makes, lambda *terms: np.stack(terms, axis=1), *columns)
    return replace(variable, column=makes)


def _parsed(text: str) -> tuple[str, str, str]:
    """Container, variable and branch."""
    match = _VARIABLE.fullmatch(text)
    if match is None:
        raise Refused("it is not of the form `container.variable -> branch`")
    key, variable, branch = match.groups()
    if (_SYS in key or _SYS in variable) != (_SYS in branch):
        raise Refused(f"{_SYS} stands on one side of the arrow only")
    return key, variable, branch


def _declared_view(part: Part, name: str) -> View:
    if name in part.plan.views:
        return part.plan.views[name]
    stored = part.job.first_file.containers
    if name in stored:
        return View(name, name)
    near = get_close_matches(name, [*part.plan.views, *stored], n=3)
    raise Refused(f"there is no container {name!r}; nearest: {', '.join(near) or 'none'}")


def _declared_column(part: Part, view: View, variable: str) -> str:
    """The computed column, or else the stored variable, that the user means."""
    plain = variable.replace(f"_{_SYS}", "").removesuffix(f"_{NOSYS}")
    for name in (plain, variable.replace(_SYS, NOSYS)):
        column = f"{view.origin}.{name}"
        if part.plan.makes(column):
            return column
        if part.has(column):
            _check_readable(part, part.plan.stored(column))
            return column
    source = part.plan.source_of(view.origin)
    computed = [c.partition(".")[2] for c in part.plan.made() if c.startswith(f"{view.origin}.")]
    near = get_close_matches(plain, [*part.job.first_file.variables(source), *computed], n=3)
    raise Refused(f"{source} has no {plain}; nearest: {', '.join(near) or 'none'}")


def _check_readable(part: Part, stored: str) -> None:
    try:
        value = part.job.first_file.read(stored, 0, 0)
    except InputError as error:
        raise Refused(error.headline) from None
    if isinstance(value, Jagged2 | Jagged3):
        raise Refused(f"{stored} is a vector per object, and branches hold one number per object")
