"""A random number of its own for each object, the same wherever a chunk begins and in whatever order files are read."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import numpy as np

from topcp_columnar.compiled import compiled

if TYPE_CHECKING:
    import numpy.typing as npt

    from topcp_columnar.containers import Column, Offsets


@compiled
def _mix(state: np.uint64) -> np.uint64:
    """One step of splitmix64 (Steele, Lea, Flood, OOPSLA 2014, doi:10.1145/2660193.2660195), on uint64."""
    state = state + np.uint64(0x9E3779B97F4A7C15)
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))


@compiled
def _fill(
    numbers: npt.NDArray[np.uint64], offsets: Offsets, stream: np.uint64, normal: npt.NDArray[np.float32]
) -> None:
    for event in range(len(offsets) - 1):
        key = _mix(numbers[event] ^ stream)
        for place in range(offsets[event], offsets[event + 1]):
            first = _mix(key + np.uint64(place - offsets[event]))
            second = _mix(first)
            # 53 bits each; the first in (0, 1], as its logarithm is taken
            u = (float(first >> np.uint64(11)) + 1.0) / 9007199254740992.0
            v = float(second >> np.uint64(11)) / 9007199254740992.0
            normal[place] = np.sqrt(-2.0 * np.log(u)) * np.cos(2.0 * np.pi * v)


def stream_of(name: str) -> int:
    """A number that tells the random numbers of one kind of objects from those of others."""
    return zlib.crc32(name.encode()) << 32


def normal_numbers(event_numbers: Column, offsets: Offsets, stream: int) -> npt.NDArray[np.float32]:
    """Of each object a standard normal number, float32[n_objects], from its event's number and its place in the event.

    stream  of the kind of objects

    Box and Muller's method (Annals of Mathematical Statistics 29 (1958) 610) on two numbers of a counter-based hash.
    """
    normal = np.empty(int(offsets[-1]), np.float32)
    _fill(event_numbers.astype(np.uint64), offsets, np.uint64(stream), normal)
    return normal
