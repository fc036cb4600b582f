"""What blocks of several kinds offer to the output, or leave out of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from topcp_columnar.payload.factors import plan_scale_factor
from topcp_columnar.payload.varying import vary_calibration
from topcp_columnar.plan.model import Variable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from topcp_columnar.containers import Column
    from topcp_columnar.plan.model import Container
    from topcp_columnar.plan.part import Part

# Until then a block writes the flags of its selections itself; from then on the Output block writes one for each
# selection, with all cuts that were registered up to there, and the selections jvt and fjvt are called baselineJvt and
# baselineFJvt. That the names changed in TopCPToolkit 2.7.0 is in its docs/changelog (issue 107), that the flags
# changed with them is inferred from docs/settings/{jets,ntupling}.md of 2.14.0.
FLAGS_BY_OUTPUT_SINCE = "25.2.5"

STORED_CALIBRATION = "stored calibration used: the recalibration of the release needs files that are not public"
STORED_ISOLATION = (
    "the isolation in the calorimeter is as stored: the release corrects it anew for leakage, from files that are not "
    "public"
)
_NO_SCALE_FACTORS = "scale factors need calibration files that are not public"
_NO_CALIBRATION_SYSTEMATICS = "calibration systematics need files that are not public"


def flags_by_output(part: Part) -> bool:
    """Whether the Output block writes the flags of all selections."""
    return part.job.at_least(FLAGS_BY_OUTPUT_SINCE)


def flag(part: Part, objects: Container, branch: str, column: str, selection: str, source: str) -> Variable:
    """An output variable for a selection; approximate if a cut in it is."""
    why = part.approximations(objects, selection)
    return Variable(branch, column, source, verdict="approx" if why else "exact", why=why)


def offer_stored(part: Part, objects: Container, branches: Mapping[str, str], source: str) -> None:
    """Stored variables under other names (branch -> variable), without systematics."""
    for branch, variable in branches.items():
        part.require(objects.column(variable))
        part.offer(objects, Variable(branch, objects.column(variable), source, no_sys=True))


def scale_factors(part: Part, objects: Container, names: Sequence[str], source: str) -> None:
    """Offer scale factors of objects: those that the payload has, with their variations, and the others as left out.

    Data have none.
    """
    if not part.job.simulation:
        return
    for name in names:
        if plan_scale_factor(part, objects, name):
            part.offer(objects, from_payload(part, name, objects.column(name), source))
        else:
            part.offer(objects, left_out(name, source))


def from_payload(part: Part, name: str, column: str, source: str, incomplete: str = "") -> Variable:
    """A scale factor that the payload gives; exact if that is official.

    incomplete  what it lacks; empty for nothing
    """
    payload = part.job.payload
    unofficial = f"from the payload {payload.name}, which is not official" if payload and not payload.official else ""
    why = "; ".join(filter(None, (unofficial, incomplete)))
    by = payload.name if payload else ""
    return Variable(name, column, source, verdict="approx" if why else "exact", why=why, payload=by)


def left_out(name: str, source: str) -> Variable:
    """A scale factor that the payload, if there is one, does not give."""
    return Variable(name, "", source, verdict="omitted", why=_NO_SCALE_FACTORS)


def efficiencies(part: Part, objects: Container, kinds: Sequence[str], selection: str, source: str) -> None:
    """Offer the scale factors of a working point, one of each kind, and remember them for the weights of events."""
    names = tuple(f"{kind}_{selection}" for kind in kinds)
    objects.factors[selection] = names
    if part.option("saveDetailedSF", default=True):
        scale_factors(part, objects, names, source)
    combined = f"effSF_{selection}"
    if part.job.simulation and part.option("saveCombinedSF", default=False) and combined not in names:
        _combined(part, objects, names, combined, source)


def _combined(part: Part, objects: Container, names: Sequence[str], makes: str, source: str) -> None:
    """The product of the scale factors of an object."""
    planned = [objects.column(name) for name in names if plan_scale_factor(part, objects, name)]
    if not planned:
        part.offer(objects, left_out(makes, source))
        return
    column = part.compute(objects.column(makes), _product, *planned)
    part.offer(objects, from_payload(part, makes, column, source, counted_as_one(part, objects, names)))


def _product(*factors: Column) -> Column:
    return np.asarray(np.multiply.reduce(factors))


def counted_as_one(part: Part, objects: Container, names: Sequence[str]) -> str:
    """Which of the scale factors the payload does not have; empty for none."""
    lacking = [name for name in names if not plan_scale_factor(part, objects, name)]
    return f"counted as 1, as the payload lacks them: {', '.join(lacking)} of {objects.name}" if lacking else ""


def calibration_systematics(part: Part, objects: Container, names: str) -> None:
    """Run the payload's variations of the objects' calibration; without any, list them as left out.

    Of data nothing varies but, where the block asks for it, the resolution of jets
    (ATLAS-experiment/athena, JetAnalysisAlgorithms/python/JetAnalysisConfig.py).
    """
    if not part.job.simulation and not part.option("runJERsystematicsOnData", default=False):
        return
    if not vary_calibration(part, objects) and part.plan.choice is not None:
        part.omit(f"{names} of {objects.name}", _NO_CALIBRATION_SYSTEMATICS)
