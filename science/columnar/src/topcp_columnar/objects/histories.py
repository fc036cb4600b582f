"""Which particles of a decay chain each parton history writes, and under which names.

Source: TopCPToolkit, source/TopCPToolkit/{python/truthConfig.py,Root/Calc*PartonHistory.cxx} (2025); athena,
PhysicsAnalysis/Algorithms/TruthPartonLevelAnalysisAlgorithms/{python/PartonHistoryConfig.py,Root/PartonSchemeConfig.cxx,
Root/Calc{Top,W,Higgs}PartonHistory.cxx} (2026).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from topcp_columnar.kernels.partons import AFTER, BEFORE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_STAGES = {"beforeFSR": BEFORE, "afterFSR": AFTER}


class Fill(NamedTuple):
    """One particle: the name of its branches without pt, eta and so on, its key, and the how-many-th it is of that."""

    branch: str
    words: tuple[str, ...]
    stage: int
    rank: int = 0


class Sum(NamedTuple):
    """The sum of several particles; it has no PDG number."""

    branch: str
    parts: tuple[str, ...]


class History(NamedTuple):
    """
    collections  the containers that chains are followed from
    fills        what is written of each chain
    sums         what is written of several together
    vectors      all particles of a key, as vectors
    exists       a branch that says whether a key has a particle
    """

    collections: tuple[str, ...]
    fills: tuple[Fill, ...]
    sums: tuple[Sum, ...] = ()
    vectors: tuple[Fill, ...] = ()
    exists: Mapping[str, Fill] = {}


def find_history(name: str, *, old: bool) -> History | None:
    """The history of that name; None for one that is not computed."""
    top, antitop = _top("t", "t", old=old), _top("tbar", "tbar", old=old)
    ttbar = History(("TruthTop",), (*top, *antitop), tuple(_sums_of_ttbar()))
    match name:
        case "Ttbar":
            return ttbar
        case "FourTop":
            return History(("TruthTop",), tuple(_four_tops(old=old)))
        case "Ttbarbbbar":
            vectors = tuple(fill for quark in ("b", "bbar") for fill in _stages(quark, (quark,)))
            return ttbar._replace(collections=("TruthTop", "TruthBottom"), vectors=vectors)
        case "Tth":
            collections = ("TruthTop", "TruthBosonsWithDecayParticles", "TruthBottom")
            return ttbar._replace(collections=collections, fills=(*ttbar.fills, *_higgs(old=old)))
        case "Ttw" if not old:
            fills = tuple(_w_and_decays("", (), "W"))
            exists = {"MC_W_IsOnShell": fills[0]}
            more = ("TruthTop", "TruthBosonsWithDecayParticles")
            return ttbar._replace(collections=more, fills=(*ttbar.fills, *fills), exists=exists)
        case _:
            return None


#: Why the other histories of the releases are not computed.
REFUSED: Mapping[str, str] = {
    "Ttw": "the code of this release fills no branch of the W that is not of a top",
    "Ttz": "the public code leaves branches undefined in events whose truth record holds no Z",
    "Ttgamma": "versions of the public code differ in which photons they look at",
    "Tqgamma": "versions of the public code differ in which photons they look at",
    "TtbarFCNC": "its public code is not complete",
    "Ttbarccbar": "PHYSLITE does not keep charm quarks",
}
NOT_OF_TTBAR = "histories of ttbar and what comes with it are computed, and no others"


def _top(key: str, name: str, rank: int = 0, *, old: bool) -> Iterator[Fill]:
    """A top or an antitop, its b and its W with decay products."""
    bottom = "b" if key == "t" else "bbar"
    yield from _stages(name, (key,), rank=rank)
    yield from _stages(bottom, (key, bottom), f"_from_{name}", rank)
    w = ("Wp" if key == "t" else "Wm") if old else "W"
    yield from _w_and_decays(f"_from_{name}", (key,), w, rank)


def _w_and_decays(suffix: str, above: tuple[str, ...], w: str, rank: int = 0) -> Iterator[Fill]:
    yield from _stages("W", (*above, w), suffix, rank)
    for number in (1, 2):
        yield from _stages(f"Wdecay{number}", (*above, w, f"Decay{number}"), suffix, rank)


def _stages(name: str, words: tuple[str, ...], suffix: str = "", rank: int = 0) -> Iterator[Fill]:
    for stage, number in _STAGES.items():
        yield Fill(f"MC_{name}_{stage}{suffix}", words, number, rank)


def _sums_of_ttbar() -> Iterator[Sum]:
    for stage in _STAGES:
        yield Sum(f"MC_ttbar_{stage}", (f"MC_t_{stage}", f"MC_tbar_{stage}"))
        decays = [f"MC_Wdecay{number}_{stage}_from_{top}" for top in ("t", "tbar") for number in (1, 2)]
        quarks = [f"MC_b_{stage}_from_t", f"MC_bbar_{stage}_from_tbar"]
        yield Sum(f"MC_ttbar_fromDecay_{stage}", (*decays, *quarks))


def _four_tops(*, old: bool) -> Iterator[Fill]:
    for key in ("t", "tbar"):
        for number in (1, 2):
            yield from _top(key, f"{key}{number}", number - 1, old=old)


def _higgs(*, old: bool) -> Iterator[Fill]:
    """The older code puts an underscore behind a decay."""
    behind = ("_",) if old else ()
    yield from _stages("H", ("H",))
    for one in (1, 2):
        yield from _stages(f"Hdecay{one}", ("H", f"Decay{one}"))
        for two in (1, 2):
            yield from _stages(f"Hdecay{one}_decay{two}", ("H", f"Decay{one}", *behind, f"Decay{two}"))
