"""Makes blocks as the toolkit does, with what their functions and classes need."""

from __future__ import annotations

import contextlib
import copy
import inspect
import io
from collections.abc import Callable
from typing import Any

Json = dict[str, Any]

PLUMBING = {"self", "seq", "args", "kwargs"}
# Arguments of the functions and classes of 2024, which have no declared type: what the code does with them, and a value
# with which the block can be made. A declared option of the same name goes before.
ARGUMENTS: dict[str, tuple[str, Any]] = {
    "containerName": ("str", "ProbeContainer"),
    "jetCollection": ("str", "AnalysisJets"),
    "selectionName": ("str", "probeSelection"),
    "postfix": ("str", "probePostfix"),
    "selectionCutsDict": ("dict", {"probe": "SAVE\n"}),
    "cutFlowHistograms": ("bool", False),
    "modulePath": ("str", "probe"),
    "functionName": ("str", "probe"),
    "algName": ("str", "probe"),
}
# Arguments whose value decides which options there are: the kinds, a pattern and a value of each.
_GROOMED = "(TrimmedPtFrac5SmallR20|CSSKSoftDropBeta100Zcut10)?Jets"
_ALL = "EMTopo|EMPFlow|LCTopo|TrackCaloCluster|UFO|Track"
KINDS = {
    "jetCollection": [
        ("small-R", f"^(AnalysisJets(_BTagging|$)|AntiKt0*4(EMTopo|EMPFlow){_GROOMED})", "AnalysisJets"),
        ("r-scan", f"^AntiKt0*[26]({_ALL}){_GROOMED}", "AntiKt2LCTopoJets"),
        (
            "large-R",
            f"^(AnalysisLargeRJets(_BTagging|$)|AntiKt0*10(LCTopo|TrackCaloCluster|UFO){_GROOMED})",
            "AnalysisLargeRJets",
        ),
        ("track", "^AntiKtVR30Rmax4Rmin02PV0TrackJets(_BTagging|$)", "AntiKtVR30Rmax4Rmin02PV0TrackJets"),
    ]
}


def make(block: Any, given: Json) -> tuple[Any, Json]:
    """Make a block as the toolkit does; return the sequence, and the arguments that it needs with their values."""
    known = arguments(block)
    needed = {name: example(name) for name, default in known.items() if default is inspect.Parameter.empty}
    try:
        return attempt(block, {**needed, **given}), needed
    except Exception:
        for name in (name for name, default in known.items() if default is None and name in ARGUMENTS):
            more = {**needed, name: example(name)}
            with contextlib.suppress(Exception):
                return attempt(block, {**more, **given}), more
        raise


def attempt(block: Any, values: Json) -> Any:
    """Make a block with these values of its arguments; return the sequence."""
    return quietly(lambda: block.makeConfig(values)[0])


def example(name: str) -> Any:
    """Return a value for an argument that must have one."""
    return copy.deepcopy(ARGUMENTS.get(name, ("any", "probe"))[1])


def arguments(block: Any) -> Json:
    """Return the arguments of the function or class of a block, with the default of the function or the factory."""
    fallback = block.defaults or {}
    found: Json = {}
    for name, parameter in inspect.signature(block.alg).parameters.items():
        if name in PLUMBING or parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        found[name] = fallback.get(name, parameter.empty) if parameter.default is parameter.empty else parameter.default
    return found


def fails(call: Callable[[], Any]) -> bool:
    """Tell whether a call raises anything."""
    try:
        quietly(call)
    except Exception:  # noqa: BLE001 - what the toolkit raises is its own affair
        return True
    return False


def quietly(call: Callable[[], Any]) -> Any:
    """Call without what the toolkit prints on the way."""
    with contextlib.redirect_stdout(io.StringIO()):
        return call()
