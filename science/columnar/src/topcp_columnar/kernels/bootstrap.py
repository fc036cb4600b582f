"""Bootstrap replicas: of each event so many numbers with a Poisson distribution of mean 1, which the event seeds.

Sources: PhysicsAnalysis/Algorithms/AsgAnalysisAlgorithms/Root/BootstrapGeneratorAlg.cxx (the seed); the generator is
RANLUX++, which moves on by 2048 numbers at a time (A. Sibidanov, arXiv:1705.03123; ROOT,
math/mathcore/{src/RanluxppEngineImpl.cxx,src/TRandom.cxx}).
"""

from __future__ import annotations

import math
from itertools import count
from typing import TYPE_CHECKING

import numpy as np

from topcp_columnar.compiled import compiled

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from topcp_columnar.containers import Column

_FNV_OFFSET, _FNV_PRIME = 14695981039346656037, 1099511628211
_WORD = 1 << 64

# RANLUX is the expansion, in base 2^24, of fractions of the modulus; one number back is a multiplication.
_BASE = 1 << 24
_STATE_BITS = 576
_MODULUS = (1 << _STATE_BITS) - (1 << 240) + 1
_MULTIPLIER = pow(_MODULUS - (_MODULUS - 1) // _BASE, 2048, _MODULUS)
_SEED_STEP = pow(_MULTIPLIER, 1 << 96, _MODULUS)
_NUMBER_BITS = 48
_NUMBERS = _STATE_BITS // _NUMBER_BITS
_LIMIT = math.exp(-1.0)


def replicas(event: Column, run: Column, channel: Column, n: int) -> npt.NDArray[np.uint8]:
    """The weights of n replicas, uint8[n_events, n].

    event, run, channel  EventInfo.eventNumber, runNumber and mcChannelNumber (0 on data), unsigned integers[n_events]
    """
    result = np.empty((len(event), n), np.uint8)
    for row, numbers in enumerate(zip(event.tolist(), run.tolist(), channel.tolist(), strict=True)):
        _fill(result[row], seed(*numbers))
    return result


def seed(event: int, run: int, channel: int) -> int:
    """The hash FNV-1a, of 64 bits, of the run, the event and the sample as they lie in memory."""
    value = _FNV_OFFSET
    for byte in run.to_bytes(4, "little") + event.to_bytes(8, "little") + channel.to_bytes(4, "little"):
        value = (value ^ byte) * _FNV_PRIME % _WORD
    return value


def uniform(seed: int) -> Iterator[npt.NDArray[np.float64]]:
    """The generator's numbers between 0 and 1 from a seed on, twelve at a time."""
    state = pow(_SEED_STEP, seed, _MODULUS)
    while True:
        digits = ((state << _STATE_BITS) // _MODULUS).to_bytes(_STATE_BITS // 8, "little")
        padded = np.zeros((_NUMBERS, 8), np.uint8)
        padded[:, :6] = np.frombuffer(digits, np.uint8).reshape(_NUMBERS, 6)
        yield padded.view("<u8")[:, 0] / float(1 << _NUMBER_BITS)
        state = state * _MULTIPLIER % _MODULUS


def _fill(row: npt.NDArray[np.uint8], seed: int) -> None:
    """TRandom::Poisson of mean 1, as often as the row is long; each takes two numbers of the generator, on average."""
    numbers = uniform(seed)
    drawn = np.empty(0)
    for attempt in count(1):
        more = attempt * (2 * len(row) // _NUMBERS + 8)
        drawn = np.concatenate([drawn, *(next(numbers) for _ in range(more))])
        if _poisson(drawn, _LIMIT, row):
            return


@compiled
def _poisson(drawn: npt.NDArray[np.float64], limit: float, row: npt.NDArray[np.uint8]) -> bool:
    """Whether the numbers suffice."""
    place = 0
    for i in range(len(row)):
        n, product = -1, 1.0
        while product > limit:
            if place == len(drawn):
                return False
            product *= drawn[place]
            place += 1
            n += 1
        row[i] = n
    return True
