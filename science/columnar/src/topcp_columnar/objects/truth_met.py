"""The block PL_MissingET: the terms of missing momentum that simulation itself knows.

Source: PhysicsAnalysis/Algorithms/TruthParticleLevelAnalysisAlgorithms/{python/ParticleLevelMissingETConfig.py,
Root/ParticleLevelMissingETAlg.cxx}.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from topcp_columnar.errors import InputError
from topcp_columnar.plan.model import Variable
from topcp_columnar.plan.part import BlockKind
from topcp_columnar.plan.rules import HONOURED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from topcp_columnar.chunk import Chunk
    from topcp_columnar.containers import Column
    from topcp_columnar.plan.part import Part

_CONFIG = "PhysicsAnalysis/Algorithms/TruthParticleLevelAnalysisAlgorithms/python/ParticleLevelMissingETConfig.py"
# MissingETBase::Source::TruthType, Event/xAOD/xAODMissingET/xAODMissingET/versions/MissingETBase.h, by the names that
# the terms have in MET_Truth.
TERMS: Mapping[str, int] = {"NonInt": 0x21000, "Int": 0x22000, "IntOut": 0x24000, "IntMuons": 0x28000}


def add_truth_met(part: Part, name: str, source: str) -> None:
    """Missing momentum as the stored container has it: met, phi, mpx, mpy and sumet of each term."""
    met = part.add_container(source, name=name, met=True)
    for term, code in TERMS.items():
        for variable in ("mpx", "mpy", "sumet"):
            needs = (met.column("source"), met.column(variable))
            part.compute_from_chunk(met.column(f"{term}_{variable}"), partial(_of_term, code, *needs), *needs)
        components = (met.column(f"{term}_mpx"), met.column(f"{term}_mpy"))
        part.compute(met.column(f"{term}_met"), lambda x, y: np.sqrt(x * x + y * y), *components)
        part.compute(met.column(f"{term}_phi"), lambda x, y: np.arctan2(y, x), *components)
    for variable in ("met", "phi"):
        part.offer(met, Variable(variable, met.column(f"NonInt_{variable}"), _CONFIG, no_sys=True))


def _of_term(code: int, source: str, variable: str, chunk: Chunk) -> Column:
    """Of each event the value of the term with this code."""
    found = chunk.column(source) == code
    per_event = np.bincount(chunk.jagged_events(source)[found], minlength=len(chunk))
    if np.any(per_event != 1):
        raise InputError(
            f"{chunk.file.location}: an event has not one term {code:#x} in {source}; is the file damaged?"
        )
    values: Column = chunk.column(variable)[found]
    return values


def _missing_et(part: Part) -> None:
    add_truth_met(part, str(part.option("outputContainerName")), str(part.option("containerName")))


BLOCKS = {
    "PL_MissingET": BlockKind(
        {"containerName": HONOURED, "outputContainerName": HONOURED}, _missing_et, simulation_only=True
    ),
}
