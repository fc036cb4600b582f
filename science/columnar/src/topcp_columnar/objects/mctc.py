"""The block MCTCClassification: what the classifier of truth particles says of a lepton, or of its truth particle.

Source: PhysicsAnalysis/Algorithms/AsgAnalysisAlgorithms/{python/AsgAnalysisConfig.py,Root/MCTCDecorationAlg.cxx}.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from topcp_columnar.kernels import truth
from topcp_columnar.kernels.iff import TRUTH_STATUS
from topcp_columnar.objects.truth import TRUTH_BITS, TRUTH_PDG, add_truth_particle
from topcp_columnar.plan.model import Variable
from topcp_columnar.plan.part import BlockKind
from topcp_columnar.plan.rules import HONOURED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from topcp_columnar.containers import Column
    from topcp_columnar.plan.model import Verdict
    from topcp_columnar.plan.part import Part

_SOURCE = "PhysicsAnalysis/Algorithms/AsgAnalysisAlgorithms/Root/MCTCDecorationAlg.cxx"
_NOT_CLASSIFIED = -1
_LEPTONS = range(11, 17)
_DECAYED_OR_STABLE = (1, 2)
_ANSWERS: Mapping[str, Callable[[Column], Column]] = {
    "isPrompt": truth.is_prompt,
    "fromHadron": lambda bits: truth.has(bits, truth.HADRON),
    "fromBSM": lambda bits: truth.has(bits, truth.BSM),
    "fromTau": lambda bits: truth.has(bits, truth.TAU),
}


def _classify(part: Part) -> None:
    leptons = part.container()
    names: tuple[str, ...] = ("pdgId", "status", "Classification")
    if not part.has(leptons.column("pdgId")):  # reconstructed: its truth particle is asked
        names = (TRUTH_PDG, TRUTH_STATUS, TRUTH_BITS)
        add_truth_particle(part, leptons, names)
    passing = part.full_selection(leptons, "", leptons.column(f"passes all cuts before {part.block.path}"))
    varied = part.plan.propagation.systematics_of(passing)
    why = "a lepton that passes the cuts before under a variation alone is not classified" if varied else ""
    for name, answer in _ANSWERS.items():
        branch = f"{part.option('prefix')}{name}"
        needs = (passing, *(leptons.column(one) for one in names))
        column = part.compute(leptons.column(branch), _where_known(answer), *needs, nominal_only=True)
        verdict: Verdict = "approx" if why else "exact"
        part.offer(leptons, Variable(branch, column, _SOURCE, no_sys=True, verdict=verdict, why=why))


def _where_known(answer: Callable[[Column], Column]) -> Callable[[Column, Column, Column, Column], Column]:
    """The answer for leptons that pass the cuts before, and are stable or have decayed, int32[n]; -1 for all else."""

    def of(passing: Column, pdg_id: Column, status: Column, bits: Column) -> Column:
        known = passing & np.isin(np.abs(pdg_id), _LEPTONS) & np.isin(status, _DECAYED_OR_STABLE)
        return np.where(known, answer(bits.astype(np.int64)), _NOT_CLASSIFIED).astype(np.int32)

    return of


MCTC = BlockKind({"containerName": HONOURED, "prefix": HONOURED}, _classify, simulation_only=True)

BLOCKS = {
    f"{kind}.MCTCClassification": MCTC
    for kind in ("Electrons", "Muons", "TauJets", "PL_Electrons", "PL_Muons", "PL_Taus")
}
