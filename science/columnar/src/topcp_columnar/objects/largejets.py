"""Large-radius jets, of unified flow objects and groomed by soft drop: the range of pt, eta and mass."""

from __future__ import annotations

from typing import TYPE_CHECKING

from topcp_columnar.kernels.acceptance import passes_eta, passes_mass, passes_pt
from topcp_columnar.objects.kinematics import add_rapidity, offer_kinematics
from topcp_columnar.objects.offers import calibration_systematics
from topcp_columnar.plan.model import Variable

if TYPE_CHECKING:
    from topcp_columnar.containers import Column
    from topcp_columnar.plan.model import Container
    from topcp_columnar.plan.part import Part

COLLECTIONS = ("AntiKt10UFOCSSKSoftDropBeta100Zcut10Jets", "AnalysisLargeRJets")
_CONFIG = "PhysicsAnalysis/Algorithms/JetAnalysisAlgorithms/python/JetAnalysisConfig.py"


def plan_large_jets(part: Part) -> Container:
    """The block Jets for these jets; releases that have no options for the cuts make none."""
    container = part.add_container("AnalysisLargeRJets")
    offer_kinematics(part, container, _CONFIG, e=False)
    part.require(container.column("m"))
    part.offer(container, Variable("m", container.column("m"), _CONFIG))
    _select_range(part, container)
    min_mass, max_mass = part.number("minMass"), part.number("maxMass")
    if min_mass > 0 or max_mass > 0:
        mass = container.column("m")
        column = part.compute(container.column("selectMass"), lambda m: passes_mass(m, min_mass, max_mass), mass)
        part.select(container, column)
    calibration_systematics(part, container, "JET_*")
    return container


def _select_range(part: Part, container: Container) -> None:
    min_pt, max_pt, max_eta = part.number("minPt"), part.number("maxPt"), part.number("maxEta")
    max_rapidity = part.number("maxRapidity") if max_eta == 0 else 0.0
    # The toolkit refuses cuts on both; documentation of some releases gives both a default.
    if min_pt > 0 or max_pt > 0:
        pt = container.column("pt")
        column = part.compute(container.column("selectPt"), lambda pt: passes_pt(pt, min_pt, max_pt), pt)
        part.select(container, column)
    _select_direction(part, container, container.column("eta"), max_eta)
    if max_rapidity > 0:
        _select_direction(part, container, add_rapidity(part, container), max_rapidity)


def _select_direction(part: Part, container: Container, column: str, limit: float) -> None:
    """|eta| or |rapidity| up to a limit, if there is one."""

    def passes(direction: Column) -> Column:
        return passes_eta(direction, limit)

    if limit > 0:
        part.select(container, part.compute(container.column("selectEta"), passes, column))
