"""Make a big PHYSLITE file out of the real sample of 100 events, laid out as a production writes it.

It holds the branches it is asked for, in the sample's own classes, with baskets of 500 events, Zstandard 5. Events are
those of the sample over and over, 3000 of them with different numbers: each float is scaled by a random factor, of up
to 1 % off, or 0.01 % for angles and positions, so that tracks, clusters and objects which belong together stay
together. Integers, flags, links, and what is the same for all (the charge, the beam spot) stay as they are, so these
compress better than in a production. Event numbers are unique. The tracks of the vertices, three quarters of all bytes
and followed by nobody here, point elsewhere, all those of an event by the same distance, so that they do not repeat.

The job is read from standard input, as JSON: sample, target, events, branches. Needs ROOT's Python package.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np
import uproot
from rebasket import Entries, streamed_entries, write

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

AUTO_FLUSH = 500
ZSTANDARD_5 = 505  # ROOT: 100 times the algorithm plus the level
DIFFERENT_EVENTS = 3000
EVENT_NUMBER = "EventInfoAuxDyn.eventNumber"
VERTEX_TRACKS = "PrimaryVerticesAuxDyn.trackParticleLinks"
LINK_WORDS, LINK_INDEX = 7, 6  # of a link streamed object by object: heads, the key, the index in its container
POSITION = re.compile(r".*\.(eta|phi|z|z0|vz|theta|eta_sampl|DetectorEta|\w+CALOFRAME)")
POSITION_WIDTH, WIDTH = 1e-4, 1e-2
VECTOR_HEAD = 10  # bytes before the elements: byte count, version, number of elements


def make_input(sample: Path, target: Path, n_events: int, names: list[str]) -> None:
    """Write `target`, verify it, and only then give it its name."""
    rng = np.random.default_rng(1)
    part = target.with_name(f"{target.name}.part")
    with uproot.open(sample) as file:
        tree = file["CollectionTree"]
        order = _order(rng, n_events)
        model = np.arange(min(n_events, DIFFERENT_EVENTS)) % tree.num_entries
        branches = {}
        for branch in (part for name in names for part in _with_members(tree[name])):
            streamed = streamed_entries(branch)
            different = _varied([streamed[event] for event in model], branch, rng)
            branches[branch.name] = Entries.of(different, order)
        numbers = [(1 + number).to_bytes(8, "big") for number in range(n_events)]
        branches[EVENT_NUMBER] = Entries.of(numbers, np.arange(n_events))
        write(sample, part, branches, AUTO_FLUSH, ZSTANDARD_5)
        _verify(part, tree, names, model[order])
    part.replace(target)


def _order(rng: np.random.Generator, n_events: int) -> npt.NDArray[np.int64]:
    """Which of the different events come when: all of them in a random order, then in another one, and so on."""
    different = min(n_events, DIFFERENT_EVENTS)
    rounds = -(-n_events // different)
    return np.concatenate([rng.permutation(different) for _ in range(rounds)])[:n_events]


def _with_members(branch: Any) -> Iterator[Any]:
    """A branch, and those of the members of its class where it is split."""
    yield branch
    for member in branch.branches:
        yield from _with_members(member)


def _varied(streamed: list[bytes], branch: Any, rng: np.random.Generator) -> list[bytes]:
    """The entries with other floats in them, if the branch holds floats that differ."""
    if branch.name == VERTEX_TRACKS:
        return [_shifted(entry, int(rng.integers(1000))) for entry in streamed]
    if not branch.typename.replace("std::", "").replace("vector<", "").startswith("float"):
        return streamed
    if len(np.unique(np.abs(_flat(branch.array())))) == 1:
        return streamed
    depth, width = branch.typename.count("vector<"), POSITION_WIDTH if POSITION.fullmatch(branch.name) else WIDTH
    return [_scaled(entry, depth, width, rng) for entry in streamed]


def _scaled(entry: bytes, depth: int, width: float, rng: np.random.Generator) -> bytes:
    """Downwards only, so that no angle leaves its range."""
    head = VECTOR_HEAD if depth else 0
    words = np.frombuffer(entry, ">f4", offset=head)
    scaled = (words * (1 - width * rng.random(len(words)))).astype(">f4")
    if depth == 2:
        counts = _places_of_counts(np.frombuffer(entry, ">u4", offset=head))
        scaled[counts] = words[counts]
    return entry[:head] + scaled.tobytes()


def _shifted(entry: bytes, distance: int) -> bytes:
    """An entry of vectors of links with larger indices."""
    words = np.frombuffer(entry, ">u4", offset=VECTOR_HEAD).copy()
    for place in _places_of_counts(words, LINK_WORDS):
        links = words[place + 1 : place + 1 + LINK_WORDS * int(words[place])]
        links[LINK_INDEX::LINK_WORDS] += distance
    return entry[:VECTOR_HEAD] + words.tobytes()


def _places_of_counts(words: npt.NDArray[np.uint32], per_element: int = 1) -> list[int]:
    """Where in an entry of vectors the vectors begin, each with the number of its elements."""
    places, place = [], 0
    while place < len(words):
        places.append(place)
        place += 1 + per_element * int(words[place])
    return places


def _verify(path: Path, sample: Any, names: list[str], model: npt.NDArray[np.int64]) -> None:
    """Read the file with uproot: all of its numbers of entries, and the values of three events."""
    n_events = len(model)
    with uproot.open(path) as file:
        tree = file["CollectionTree"]
        for branch in (part for name in names for part in _with_members(tree[name])):
            _require(branch.num_entries == n_events, f"{branch.name} has {branch.num_entries} entries, not {n_events}")
        numbers = tree[EVENT_NUMBER].array(library="np")
        _require(np.array_equal(numbers, np.arange(1, n_events + 1)), "event numbers do not count from 1 on")
        for event in (0, n_events // 2, n_events - 1):
            for name in sorted({*names} - {EVENT_NUMBER, VERTEX_TRACKS}):
                made, real = _values(tree[name], event), _values(sample[name], int(model[event]))
                agree = len(made) == len(real) and np.allclose(made, real, rtol=1.01 * WIDTH, atol=0)
                _require(agree, f"event {event} has other values of {name} than the sample")


def _values(branch: Any, entry: int) -> npt.NDArray[Any]:
    """All numbers of an entry, one after the other; of the clusters, which uproot cannot read, the bytes."""
    if branch.typename.startswith("DataVector"):
        return np.frombuffer(streamed_entries(branch)[entry], np.uint8)
    array = branch.array(entry_start=entry, entry_stop=entry + 1)
    return np.concatenate([_flat(array[field]) for field in array.fields] or [_flat(array)])


def _flat(array: Any) -> npt.NDArray[Any]:
    return np.asarray(ak.to_numpy(ak.flatten(array, axis=None)))


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise SystemExit(f"the input made for the benchmark does not read back: {otherwise}")


if __name__ == "__main__":
    job = json.load(sys.stdin)
    make_input(Path(job["sample"]), Path(job["target"]), job["events"], job["branches"])
