"""The block PartonHistory: tops, bosons and quarks of the hard process, before and after radiation.

Source: as `kernels.partons` and `objects.histories`.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from topcp_columnar.errors import InputError
from topcp_columnar.kernels import truth
from topcp_columnar.kernels.kinematics import energy
from topcp_columnar.kernels.partons import CIRCLE, FULL, Wanted, find_roots, key_of, trace, type_words
from topcp_columnar.objects.histories import NOT_OF_TTBAR, REFUSED, Fill, History, find_history
from topcp_columnar.objects.truth_record import Layout, Record
from topcp_columnar.plan.model import Variable
from topcp_columnar.plan.part import BlockKind, Refused
from topcp_columnar.plan.rules import HONOURED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import numpy.typing as npt
    from topcp_config import Block

    from topcp_columnar.chunk import Chunk
    from topcp_columnar.containers import Column
    from topcp_columnar.plan.model import Container
    from topcp_columnar.plan.part import Part

    Floats = npt.NDArray[np.float64]
    Integers = npt.NDArray[np.int64]

# The block is athena's since this release, and writes to EventInfo; before, TopCPToolkit's, with containers of its own.
_ATHENA_SINCE = "25.2.88"
_SOURCES = {
    True: "TopCPToolkit: source/TopCPToolkit/Root/CalcPartonHistory.cxx",
    False: "PhysicsAnalysis/Algorithms/TruthPartonLevelAnalysisAlgorithms/Root/CalcPartonHistory.cxx",
}
_VARIABLES = ("pt", "eta", "phi", "m")
_PDG_ID = len(_VARIABLES)
# What is written where there is no such particle.
_NOTHING = (-1.0, -999.0, -999.0, -1.0, 0.0)
# So many particles a vector may hold.
_MOST = 32


def _parton_history(part: Part) -> None:
    old = not part.job.at_least(_ATHENA_SINCE)
    option = "histories" if old else "history"
    names = str(part.option(option, "")).split(".") if old else [str(part.option(option))]
    for name in names:
        history = find_history(name, old=old)
        if history is None:
            raise Refused(f"{name!r}: {REFUSED.get(name, NOT_OF_TTBAR)}", option)
        _add_history(part, name, history, old=old)


def _add_history(part: Part, name: str, history: History, *, old: bool) -> None:
    layout = Layout.of(part)
    _note_empty(part, history, layout)
    owner, prefix = part.event(), f"{name}_"
    if old:
        owner, prefix = part.add_container("", name=f"PartonHistory{name}", per_event=True), ""
    chains = owner.column(f"chains of {name}")
    table = part.compute_from_chunk(chains, partial(_table, layout, history, old), *layout.needs)
    branches = [*(fill.branch for fill in history.fills), *(total.branch for total in history.sums)]
    for number, branch in enumerate(branches):
        is_sum = number >= len(history.fills)
        for variable, kind in [(name, np.float32) for name in _VARIABLES] + [("pdgId", np.int32)] * (not is_sum):
            place = _PDG_ID if variable == "pdgId" else _VARIABLES.index(variable)
            _offer(part, owner, f"{prefix}{branch}_{variable}", table, partial(_cell, number, place, kind), old=old)
    for branch, fill in history.exists.items():
        number = history.fills.index(fill)
        _offer(part, owner, f"{prefix}{branch}", table, partial(_exists, number), old=old)
    if history.vectors:
        _add_vectors(part, owner, prefix, history, partial(_vectors, layout, history, old), layout.needs)


def _add_vectors(
    part: Part,
    owner: Container,
    prefix: str,
    history: History,
    vectors: Callable[[Chunk], Column],
    needs: tuple[str, ...],
) -> None:
    """All particles of a key, a vector for each of their variables."""
    old = not prefix
    table = part.compute_from_chunk(owner.column(f"vectors of {prefix}"), vectors, *needs)
    for number, fill in enumerate(history.vectors):
        length = part.compute(owner.column(f"{prefix}{fill.branch} length"), partial(_length, number), table)
        for place, variable in enumerate((*_VARIABLES, "pdgId")):
            kind = np.int32 if place == _PDG_ID else np.float32
            name = f"{prefix}{fill.branch}_{variable}"
            column = part.compute(owner.column(name), partial(_row, number, place, kind), table)
            part.offer(owner, Variable(name, column, _SOURCES[old], no_sys=True, length=length))


def _length(number: int, table: Column) -> Column:
    return np.asarray(np.count_nonzero(table[:, number, :, _PDG_ID], axis=1))


def _row(number: int, place: int, kind: type[np.generic], table: Column) -> Column:
    return table[:, number, :, place].astype(kind)


def _vectors(layout: Layout, history: History, old: bool, chunk: Chunk) -> Column:
    """float32[n_events, n_vectors, n_slots, 5]: as `_table`, but all particles of each key."""
    record = Record(chunk, layout)
    found = _followed(record, history, history.vectors, old, chunk)
    shape = (*found.shape, len(_NOTHING))
    return _particle(record, found.reshape(-1)).reshape(shape).astype(np.float32)


def _note_empty(part: Part, history: History, layout: Layout) -> None:
    for name in history.collections:
        if name not in layout.particles:
            part.note(name, "the first file keeps no particle in it: it counts as empty")


def _offer(part: Part, owner: Container, name: str, table: str, value: partial[Column], *, old: bool) -> None:
    column = part.compute(owner.column(name), value, table)
    part.offer(owner, Variable(name, column, _SOURCES[old], no_sys=True))


def _cell(number: int, place: int, kind: type[np.generic], table: Column) -> Column:
    return table[:, number, place].astype(kind)


def _exists(number: int, table: Column) -> Column:
    return np.asarray(table[:, number, _PDG_ID] != 0, np.int32)


def _table(layout: Layout, history: History, old: bool, chunk: Chunk) -> Column:
    """float64[n_events, n_branches, 5]: pt, eta, phi, m and PDG number of each fill and of each sum."""
    record = Record(chunk, layout)
    found = _followed(record, history, history.fills, old, chunk)
    values = np.empty((len(chunk), len(history.fills) + len(history.sums), len(_NOTHING)))
    for number, fill in enumerate(history.fills):
        values[:, number] = _particle(record, found[:, number, fill.rank])
    names = [fill.branch for fill in history.fills]
    for number, total in enumerate(history.sums, len(names)):
        values[:, number] = _sum(values[:, [names.index(part) for part in total.parts]])
    return values


def _followed(record: Record, history: History, fills: Sequence[Fill], old: bool, chunk: Chunk) -> Integers:
    """The particles of the key of each fill, int64[n_events, n_fills, n_slots]; -1 where there is none."""
    keys = np.array([key_of(fill.words) for fill in fills], np.int64)
    # Several fills may ask for the same key; each gets a place of its own.
    unique, place = _unique(Wanted(keys, np.array([fill.stage for fill in fills], np.int64)))
    n_slots = _MOST if fills is history.vectors else 1 + max(fill.rank for fill in fills)
    found = np.full((len(chunk), len(unique.keys), n_slots), -1, np.int64)
    offsets, roots = find_roots(record.graph, *record.candidates(history.collections), old=old)
    status = trace(record.graph, type_words(record.graph.pdg_id, old=old), offsets, roots, unique, old, found)
    if status == CIRCLE or (status == FULL and fills is history.vectors):
        what = (
            "a truth particle is its own ancestor"
            if status == CIRCLE
            else f"an event has over {_MOST} quarks of a kind"
        )
        raise InputError(f"{chunk.file.location}: {what}, in events {chunk.start} to {chunk.stop}")
    return found[:, place]


def _unique(wanted: Wanted) -> tuple[Wanted, Integers]:
    pairs, place = np.unique(np.stack(wanted), axis=1, return_inverse=True)
    return Wanted(pairs[0].copy(), pairs[1].copy()), place.reshape(-1)


def _particle(record: Record, positions: Integers) -> Floats:
    """float64[n, 5]."""
    values = np.tile(np.array(_NOTHING), (len(positions), 1))
    there = positions[positions >= 0]
    px, py, pz = record.px[there], record.py[there], record.pz[there]
    columns = (truth.pt(px, py), truth.eta(px, py, pz), truth.phi(px, py), record.m[there], record.graph.pdg_id[there])
    values[positions >= 0] = np.stack([column.astype(np.float64) for column in columns], axis=1)
    return values


def _sum(parts: Floats) -> Floats:
    """Of particles, float64[n, n_particles, 5], as ROOT::Math::PtEtaPhiMVector adds them; where all are there."""
    values = np.tile(np.array(_NOTHING), (len(parts), 1))
    complete = np.all(parts[:, :, _PDG_ID] != 0, axis=1)
    pt, eta, phi, m = np.moveaxis(parts[complete, :, :_PDG_ID], 2, 0)
    px, py, pz = (pt * np.cos(phi)).sum(1), (pt * np.sin(phi)).sum(1), (pt * np.sinh(eta)).sum(1)
    e = energy(pt, eta, m).sum(1)
    squared = e**2 - px**2 - py**2 - pz**2
    columns = (
        np.hypot(px, py),
        truth.eta(px, py, pz),
        np.arctan2(py, px),
        np.copysign(np.sqrt(np.abs(squared)), squared),
    )
    values[complete, :_PDG_ID] = np.stack(columns, axis=1)
    return values


def _sets_up(block: Block) -> Iterator[str]:
    for name in str(block.options.get("histories") or "").split("."):
        yield f"PartonHistory{name}"


BLOCKS = {"PartonHistory": BlockKind({"histories": HONOURED, "history": HONOURED}, _parton_history, _sets_up, True)}
