"""The block AddConfigBlocks: which of the toolkit's own Python blocks this engine computes.

The others are Python code that sets up C++ algorithms, and refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from topcp_columnar.plan.part import BlockKind, Refused
from topcp_columnar.plan.rules import HONOURED, without_effect

if TYPE_CHECKING:
    from collections.abc import Mapping

    from topcp_columnar.plan.part import Part

# The function that sets a block up -> the name by which the engine knows it.
_KNOWN: Mapping[str, str] = {
    "TopCPToolkit.particleLevelConfig.particleLevelConfig": "ParticleLevel",
    "TopCPToolkit.truthConfig.truthConfig": "PartonHistory",
}


def _added(part: Part) -> None:
    function = f"{part.option('modulePath')}.{part.option('functionName')}"
    if function not in _KNOWN:
        raise Refused("this engine does not compute it")
    if part.option("algName") != _KNOWN[function]:
        raise Refused(f"this engine knows the block by the name {_KNOWN[function]!r} alone", "algName")


BLOCKS = {
    "AddConfigBlocks": BlockKind(
        {
            "modulePath": HONOURED,
            "functionName": HONOURED,
            "algName": HONOURED,
            "pos": HONOURED,
            "superBlocks": HONOURED,
            "defaults": without_effect("the blocks have the defaults of the toolkit's code"),
        },
        _added,
    ),
}
