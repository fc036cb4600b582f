"""Variations of the soft term of missing transverse momentum: shifts along and across the momentum that it balances.

Source: Reconstruction/MET/METUtilities/Root/METSystematicsTool.cxx (softTrkSyst_reso, calcPtHard). There the random
number is one of a common sequence; here each event has its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from topcp_columnar.kernels.met import FINAL, JETS, SOFT
from topcp_columnar.payload.smearing import normal_numbers, stream_of
from topcp_columnar.payload.values import Values, remember_source, values_of
from topcp_columnar.plan.model import EVENT

if TYPE_CHECKING:
    from topcp_columnar.chunk import Chunk
    from topcp_columnar.containers import Column
    from topcp_columnar.payload.model import Payload, PayloadVariation
    from topcp_columnar.plan.model import Container
    from topcp_columnar.plan.part import Part

_CORE, _TRUTH = "MET_Core_AnalysisMET", "MET_Truth"
_STORED = tuple(f"{_TRUTH}.{name}" for name in ("source", "mpx", "mpy"))
# MissingETBase::Source::truthNonInt (Event/xAOD/xAODMissingET/versions/MissingETBase.h): what leaves no trace.
_NOT_INTERACTING = 0x21000


def vary_soft_term(part: Part, container: Container, terms: str) -> tuple[str, ...]:
    """Add the payload's variations of the soft term to the column of all terms; gives the names of those run."""
    payload, names = part.job.payload, []
    if payload is None or not all(map(part.has, _STORED)):
        return ()
    for variation in payload.of(_CORE, "soft_scale", "soft_parallel", "soft_perpendicular"):
        for name in part.chosen_systematics(name for name, _ in variation.sides):
            _compute_hard_momentum(part, container, terms)
            _vary(part, container, variation, name, terms)
            remember_source(part, variation, name)
            names.append(name)
    return tuple(names)


def _compute_hard_momentum(part: Part, container: Container, terms: str) -> None:
    """What the soft term balances, x and y: all hard terms and what left no trace; of that what corrections may read.

    These are `ptHard`, its magnitude [MeV], and `nJets`, how many jets are in it.
    """
    makes = container.column("hardMomentum")
    if part.plan.makes(makes):
        return

    def momentum(chunk: Chunk) -> Column:
        hard = chunk.column(terms)[:, :SOFT, :2].astype(np.float64)
        return np.asarray(_not_interacting(chunk) - hard.sum(axis=1))

    part.compute_from_chunk(makes, momentum, terms, *_STORED, nominal_only=True)
    part.compute(container.column("ptHard"), lambda hard: np.hypot(*hard.T), makes, nominal_only=True)
    part.compute(container.column("nJets"), lambda terms: terms[:, JETS, 0].copy(), terms, nominal_only=True)


def _not_interacting(chunk: Chunk) -> Column:
    """mpx and mpy of neutrinos and their like, float64[n_events, 2]; 0 in an event that has no such term."""
    source, mpx, mpy = map(chunk.jagged, _STORED)
    found = np.flatnonzero(source.content == _NOT_INTERACTING)
    momentum = np.zeros((len(chunk), 2))
    event = np.searchsorted(source.offsets, found, side="right") - 1
    momentum[event] = np.stack([mpx.content[found], mpy.content[found]], axis=1)
    return momentum


def _vary(part: Part, container: Container, variation: PayloadVariation, name: str, terms: str) -> None:
    """One variation of the column of all terms."""
    along, across = _shifts(part, container, variation, name)
    momentum = container.column("hardMomentum")

    def shift(chunk: Chunk) -> Column:
        hard = chunk.column(momentum)
        magnitude = np.hypot(*hard.T)[:, np.newaxis]
        unit = np.divide(hard, magnitude, out=np.tile([1.0, 0.0], (len(hard), 1)), where=magnitude > 0)
        normal = unit[:, ::-1] * (1, -1)
        return _shifted(chunk.nominal.column(terms), unit.T * along.of(chunk) + normal.T * across.of(chunk))

    needs = dict.fromkeys((terms, momentum, *along.needs, *across.needs))
    part.compute_from_chunk(terms, shift, *needs, systematic=name)


def _shifted(terms: Column, by: Column) -> Column:
    """The terms with another soft term, and the sum of all that follows from it.

    by  float64[2, n_events], what is added to mpx and mpy
    """
    terms = terms.copy()
    terms[:, SOFT, :2] += by.T
    terms[:, FINAL] = 0
    for term in range(FINAL):
        terms[:, FINAL] += terms[:, term]
    return terms


_NOTHING = Values(lambda _: np.zeros(()), ())


def _shifts(part: Part, container: Container, variation: PayloadVariation, name: str) -> tuple[Values, Values]:
    """What is added along the hard momentum and across it [MeV].

    As in the C++ tool a smeared soft term is shifted too, by what the scale's variation is.
    """
    size = values_of(part, container, variation, name, nominal_only=True)
    if variation.effect == "soft_scale":
        sign = 1 if variation.correction.has_systematic else dict(variation.sides)[name]
        return Values(lambda chunk: sign * size.of(chunk), size.needs), _NOTHING
    random = _normal_numbers(part, container)
    smear = Values(lambda chunk: size.of(chunk) * chunk.column(random), (*size.needs, random))
    scale = _scale(part, container)
    if variation.effect == "soft_perpendicular":
        return scale, smear
    return Values(lambda chunk: scale.of(chunk) + smear.of(chunk), (*scale.needs, *smear.needs)), _NOTHING


def _scale(part: Part, container: Container) -> Values:
    """The upward variation of the scale, if the payload has one."""
    payload: Payload | None = part.job.payload
    for variation in payload.of(_CORE, "soft_scale") if payload else ():
        return values_of(part, container, variation, variation.sides[0][0], nominal_only=True)
    return _NOTHING


def _normal_numbers(part: Part, container: Container) -> str:
    makes, number = container.column("normalNumber"), f"{EVENT}.eventNumber"
    if not part.plan.makes(makes):
        stream = stream_of(_CORE)
        part.compute(makes, lambda n: normal_numbers(n, np.arange(len(n) + 1), stream), number, nominal_only=True)
    return makes
