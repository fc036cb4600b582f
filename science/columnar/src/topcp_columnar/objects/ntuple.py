"""The Thinning and Output blocks: which objects are written, and which branches under which names.

Source: PhysicsAnalysis/Algorithms/AsgAnalysisAlgorithms/python/{AsgAnalysisConfig,OutputAnalysisConfig}.py and
Root/AsgxAODNTupleMakerAlg.cxx.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from topcp_columnar.objects.kinematics import KINDS
from topcp_columnar.objects.ntuple_commands import Offered, obey
from topcp_columnar.objects.ntuple_vars import container_of, declared, declared_of_met, of_all_terms, term_column
from topcp_columnar.objects.offers import flag, flags_by_output
from topcp_columnar.plan.model import Branch, Tree, Variable, View
from topcp_columnar.plan.part import BlockKind, HangsOnRefused, Refused
from topcp_columnar.plan.rules import HONOURED, only, without_effect
from topcp_columnar.plan.sample import BadSampleFilter, in_sample
from topcp_columnar.systematics import NOSYS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from topcp_columnar.plan.part import Part

_CONFIG = "PhysicsAnalysis/Algorithms/AsgAnalysisAlgorithms/python/OutputAnalysisConfig.py"


def _thinning(part: Part) -> None:
    """The objects that pass become a container of their own, or take the place of all."""
    container = part.container()
    name = part.option("outputName") or container.name
    if name in part.plan.views and name != container.name:
        raise Refused(f"there is a container {name!r} already", "outputName")
    column = container.column("_".join(filter(None, ("outputSelect", part.option("postfix", "")))))
    keep = part.full_selection(container, part.option("selectionName", ""), column)
    part.plan.views[name] = View(name, container.name, keep)


def _output(part: Part) -> None:
    containers, excluded = _containers(part)
    full = _full_met(part, containers)
    views = {prefix: view for prefix, name in {**containers, **full}.items() if (view := _view(part, name))}
    if flags_by_output(part) and part.option("storeSelectionFlags", True):
        _offer_flags(part, {view.origin for view in views.values()})
    offered = {
        prefix + variable.name: Offered(view, _as_written(part, view, variable, prefix in full), variable.enabled)
        for prefix, view in views.items()
        for variable in part.plan.containers[view.origin].variables.values()
    }
    obey(part, _commands(part), offered)
    nominal = [*_wanted(part, excluded), *_branches(part, offered)]
    _add_tree(part, [*nominal, *_variations(part, nominal)])
    if histogram := part.option("systematicsHistogram"):
        part.plan.systematics_histogram = histogram


def _containers(part: Part) -> tuple[dict[str, str], set[str]]:
    """The containers of this sample by their prefixes; and the names of those that are for other samples."""
    containers = part.mapping("containers")
    if not part.job.simulation:
        return containers, set()
    only_simulated = part.mapping("containersOnlyForMC")
    if twice := containers.keys() & only_simulated.keys():
        raise Refused(f"the prefix {min(twice)!r} has a container already", "containersOnlyForMC")
    containers |= only_simulated
    filters = part.lists("containersOnlyForDSIDs")
    for prefix in filters.keys() - containers.keys():
        part.note(f"containersOnlyForDSIDs[{prefix!r}]", "no container has this prefix", "containersOnlyForDSIDs")
    others = {prefix for prefix, samples in filters.items() if samples and not _is_for_sample(part, samples)}
    excluded = {containers.pop(prefix) for prefix in others & containers.keys()}
    return containers, excluded


def _is_for_sample(part: Part, samples: Sequence[object]) -> bool:
    try:
        return in_sample(samples, part.job.channel)
    except BadSampleFilter as error:
        raise Refused(str(error)) from None


def _commands(part: Part) -> list[str]:
    """The commands for all samples, then those for this one."""
    of_samples = part.lists("commandsOnlyForDSIDs").items()
    more = [str(command) for sample, commands in of_samples if _is_for_sample(part, [sample]) for command in commands]
    return [*part.texts("commands"), *more]


def _full_met(part: Part, containers: dict[str, str]) -> dict[str, str]:
    """The containers of missing momentum that are written with all terms."""
    full = part.mapping("containersFullMET")
    if twice := full.keys() & containers.keys():
        raise Refused(f"the prefix {min(twice)!r} has a container already", "containersFullMET")
    for prefix, name in full.items():
        terms = part.plan.containers[name].terms if name in part.plan.containers else ()
        part.omit(f"{prefix}name", f"texts are not written; the terms of {name} are, in this order: {', '.join(terms)}")
    return full


def _as_written(part: Part, view: View, variable: Variable, all_terms: bool) -> Variable:
    """Of missing momentum the term that the option names, or all; the variable itself of anything else."""
    container = part.plan.containers.get(view.origin)
    if all_terms:
        return of_all_terms(part, part.plan.containers[view.origin], variable)
    if container is None or not container.met or variable.verdict == "omitted":
        return variable
    return replace(variable, column=term_column(part, container, variable.name))


def _variations(part: Part, nominal: list[Branch]) -> list[Branch]:
    """Of each branch those variations that change its column; sorted by variation."""
    varied: dict[str, list[Branch]] = {systematic: [] for systematic in part.plan.systematics}
    for branch in nominal:
        if branch.variable.no_sys or not branch.name.endswith(f"_{NOSYS}"):
            continue
        for systematic in part.plan.propagation.systematics_of(branch.variable.column):
            name = branch.name.removesuffix(NOSYS) + systematic
            variable = _as_varied(part, branch.variable, systematic)
            varied[systematic].append(replace(branch, name=name, variable=variable, systematic=systematic))
    return [branch for branches in varied.values() for branch in branches]


def _as_varied(part: Part, variable: Variable, systematic: str) -> Variable:
    """The variable, approximate if the variation is."""
    source = part.plan.sources.get(systematic)
    if source is None or source.official:
        return variable
    why = "; ".join(filter(None, (variable.why, f"{systematic} is approximate ({source.source})")))
    return replace(variable, verdict="approx", why=why)


def _add_tree(part: Part, branches: list[Branch]) -> None:
    name = part.option("treeName")
    if any(tree.name == name for tree in part.plan.trees):
        raise Refused(f"there are two trees called {name!r}", "treeName")
    unique = {branch.name: branch for branch in branches}
    if not unique:
        kind = HangsOnRefused if part.lost else Refused
        raise kind(f"the tree {name!r} would have no branch")
    part.plan.trees.append(Tree(name, tuple(unique.values())))


def _view(part: Part, name: str) -> View | None:
    if name in part.plan.views:
        return part.plan.views[name]
    if name in part.lost:
        part.omit(f"the container {name}", "the block that sets it up is left out")
        return None
    known = ", ".join(part.plan.views)
    part.decline(f"the container {name}", f"no block sets up {name!r}; there are: {known}", "containers")
    return None


def _offer_flags(part: Part, containers: set[str]) -> None:
    """One flag per selection, with all cuts registered so far."""
    prefix = part.option("selectionFlagPrefix", "select")
    for container in [c for c in part.plan.containers.values() if c.name in containers]:
        for selection in container.flagged_selections:
            branch = f"{prefix}_{selection}"
            if branch in container.variables:
                continue
            column = part.full_selection(container, selection, container.column(f"baselineSelection_{selection}"))
            part.offer(container, flag(part, container, branch, column, selection, _CONFIG))


def _branches(part: Part, offered: dict[str, Offered]) -> list[Branch]:
    """The nominal branches; of what is enabled but cannot be computed, a remark."""
    always = part.option("alwaysAddNosys", default=False)
    branches = []
    for name, item in offered.items():
        if not item.enabled:
            continue
        branch = name if item.variable.no_sys and not always else f"{name}_{NOSYS}"
        if item.variable.verdict == "omitted":
            part.omit(branch, item.variable.why, item.variable.block)
        else:
            branches.append(Branch(branch, item.view, item.variable))
    return branches


def _wanted(part: Part, excluded: set[str]) -> list[Branch]:
    """The branches of `vars`, each written out by the user; not those of containers that are for other samples."""
    found = []
    only_simulated = part.texts("varsOnlyForMC") if part.job.simulation else ()
    for text in (*part.texts("vars"), *only_simulated):
        if container_of(text) in excluded:
            continue
        try:
            found.append(declared(part, text))
        except Refused as refusal:
            part.decline(f"the variable {text!r}", refusal.why, "vars")
    return [*found, *_wanted_terms(part)]


def _wanted_terms(part: Part) -> list[Branch]:
    """The branches of `metVars`, and of `truthMetVars` on simulation."""
    found = []
    for option in ("metVars", *(("truthMetVars",) if part.job.simulation else ())):
        for text in part.texts(option):
            try:
                found.append(declared_of_met(part, text))
            except Refused as refusal:
                part.decline(f"the variable {text!r}", refusal.why, option)
    return found


def _link_objects(part: Part) -> None:
    """The block links varied objects to nominal ones and writes no branch."""
    part.container()


_ONE_OUTPUT = "there is one output file"

THINNING = BlockKind(
    {
        "containerName": HONOURED,
        "outputName": HONOURED,
        "selectionName": HONOURED,
        "postfix": HONOURED,
        "selection": only("", None, why="name a selection with selectionName instead"),
        "deepCopy": without_effect("views and copies are written alike"),
        "noUniformSelection": without_effect("no variation changes the objects"),
        "sortPt": only(False, None, why="objects stay in the order of the input"),
        "configName": without_effect("names no branch"),
    },
    _thinning,
)

_SYST_OBJECT_LINK = BlockKind({"containerName": HONOURED}, _link_objects)

BLOCKS = {
    "Thinning": THINNING,
    "SystObjectLink": _SYST_OBJECT_LINK,
    **{f"{kind}.Thinning": THINNING for kind in KINDS},
    **{f"{kind}.SystObjectLink": _SYST_OBJECT_LINK for kind in KINDS},
    "Output": BlockKind(
        {
            "treeName": HONOURED,
            "containers": HONOURED,
            "containersOnlyForMC": HONOURED,
            "vars": HONOURED,
            "varsOnlyForMC": HONOURED,
            "commands": HONOURED,
            "storeSelectionFlags": HONOURED,
            "selectionFlagPrefix": HONOURED,
            "alwaysAddNosys": HONOURED,
            "systematicsHistogram": HONOURED,
            "metVars": HONOURED,
            "truthMetVars": HONOURED,
            "containersFullMET": HONOURED,
            "containersOnlyForDSIDs": HONOURED,
            "commandsOnlyForDSIDs": HONOURED,
            "nonContainers": only(["EventInfo"], None, why="EventInfo alone is not a container of objects"),
            "skipRedundantSelectionFlags": only(True, None, why="what a thinning keeps has no flag of its own"),
            "truthMetTermName": HONOURED,
            "metTermName": HONOURED,
            "streamName": only("ANALYSIS", None, why=_ONE_OUTPUT),
            "postfix": without_effect("names no branch"),
            "configName": without_effect("names no branch"),
        },
        _output,
    ),
}
