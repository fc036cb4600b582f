"""The block Bootstraps: replicas of each event, for statistical uncertainties that are correlated between analyses.

Source: PhysicsAnalysis/Algorithms/AsgAnalysisAlgorithms/{python/BootstrapGeneratorConfig.py,
Root/BootstrapGeneratorAlg.cxx}.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from topcp_columnar.kernels.bootstrap import replicas
from topcp_columnar.plan.model import EVENT, Variable
from topcp_columnar.plan.part import BlockKind, Refused
from topcp_columnar.plan.rules import HONOURED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from topcp_config import Block

    from topcp_columnar.containers import Column
    from topcp_columnar.plan.part import Part

_CONFIG = "PhysicsAnalysis/Algorithms/AsgAnalysisAlgorithms/python/BootstrapGeneratorConfig.py"
_DECORATION = "bootstrapWeights"


def _bootstraps(part: Part) -> None:
    n, simulation = part.number("nReplicas"), part.job.simulation
    if n < 1:
        raise Refused(f"{n} replicas are none", "nReplicas")
    if simulation and part.knows("runOnMC") and not part.option("runOnMC"):
        part.omit(part.block.path, "on simulation the block does nothing, unless runOnMC is set")
        return
    needs = [f"{EVENT}.{name}" for name in ("eventNumber", "runNumber", *(["mcChannelNumber"] if simulation else []))]

    def weights(event: Column, run: Column, channel: Column | None = None) -> Column:
        return replicas(event, run, np.zeros_like(run) if channel is None else channel, int(n))

    name = _name(part.block)
    column = part.compute(part.event().column(name), weights, *needs)
    part.offer(part.event(), Variable(name, column, _CONFIG, no_sys=True))


def _name(block: Block) -> str:
    return str(block.options.get("decoration") or _DECORATION).split("_%SYS%", maxsplit=1)[0]


def _sets_up(block: Block) -> Iterator[str]:
    yield f"{EVENT}.{_name(block)}"


BLOCKS = {
    "Bootstraps": BlockKind(
        {"nReplicas": HONOURED, "decoration": HONOURED, "runOnMC": HONOURED},
        _bootstraps,
        _sets_up,
    ),
}
