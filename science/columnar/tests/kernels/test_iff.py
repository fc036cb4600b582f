"""The reference is a plain reading of the tool's decisions, one object at a time, in the tool's numbers."""

from __future__ import annotations

import math
from random import Random
from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np
import pytest
import uproot
from hypothesis import given, settings
from hypothesis import strategies as st
from topcp_columnar.kernels import iff, links

if TYPE_CHECKING:
    from pathlib import Path

LIGHT, B_HADRON, C_HADRON = {42, 23, 24, 30, 31, 34, 35}, {26, 29, 33}, {25, 27, 32}
PROMPT_MUON = {2, 10, 12, 13, 14, 15, 22, 43, 27, 29, 16}
Object = dict[str, float]


def fallback(o: Object) -> int:
    if "TruthClassifierFallback_truthType" in o and "TruthClassifierFallback_dR" in o:
        return int(o["TruthClassifierFallback_truthType"]) if o["TruthClassifierFallback_dR"] < 0.05 else -1
    return -1


def reference_electron(o: Object, separate_charge_flip: bool) -> int:  # noqa: PLR0912  as many as the tool has
    t, og, pdg = int(o["truthType"]), int(o["truthOrigin"]), int(o["truthPdgId"])
    mt, mo = int(o["firstEgMotherTruthType"]), int(o["firstEgMotherTruthOrigin"])
    mp = int(o["firstEgMotherPdgId"])
    lt, lo = int(o.get("lastEgMotherTruthType", -1)), int(o.get("lastEgMotherTruthOrigin", -1))
    lp = int(o.get("lastEgMotherPdgId", -1))

    # Conversions of prompt photons.
    if t == 4 and og in (5, 7) and (mt, mo) == (14, 37):
        return 5
    if t == 4 and og == 5 and (mt, mo) == (14, 14):
        return 5
    if t == 4 and og == 5 and (mt, mo) == (13, 0):
        return 5
    if t == 4 and og in (5, 7) and (mt, mo) == (16, 38):
        return 5
    if (t, og) == (16, 38):
        return 5
    if t == 14 and pdg == 22:
        return 5
    if t == 4 and og == 7 and (mt, mo) in ((13, 0), (15, 40)):
        return 5
    if t == 4 and og == 5 and (mt, mo) == (0, 13):
        return 5
    last_fits = lt == -1 or (lt == 21 and (lp == 22 or abs(lp) == 11))
    if (t, mt, og, mo) == (4, 4, 5, 5) and abs(mp) == 11 and abs(pdg) == 11 and last_fits:
        return 5

    # Muons reconstructed as electrons, or electrons radiated by muons.
    if t in (3, 15) and (og == 8 or mo == 8):
        return 6
    if t == 4 and mo == 8:
        return 6
    if t in (6, 7, 8, 5):
        return 6

    # Decays of taus.
    if t in (3, 15) and og == 9:
        return 7
    if mt in (3, 15) and mo == 9:
        return 7

    # Light hadrons.
    if t == 17 or fallback(o) == 17:
        return 10
    if mt == 4 and og in (6, 7) and (og in LIGHT or mo in LIGHT):
        return 10
    if t == 4 and (6 in (og, mo) or og in LIGHT or mo in LIGHT):
        return 10
    if t == 16 and (og in LIGHT or mo in LIGHT):
        return 10

    # Heavy hadrons.
    if og in B_HADRON or mo in B_HADRON:
        return 8
    if t != 2 and (og in C_HADRON or mo in C_HADRON):
        return 9

    # Prompt electrons.
    fsr = og == 40 and t == 15 and abs(pdg) == 11
    fsr_conversion = (t, og, mt, mo) == (4, 5, 15, 40) and abs(pdg) == 11
    if t == 2 or (mt == 2 and abs(mp) == 11) or fsr or fsr_conversion:
        unclear = (t, og, mt, mo) == (4, 5, 4, 5) and abs(pdg) == 11
        flipped = mp * o["charge"] > 0 if o["charge"] != 0 else mp * -pdg > 0
        if separate_charge_flip and flipped and not (fsr or fsr_conversion or unclear):
            return 3
        return 2

    # Nothing to classify by.
    if og == 0 and mo == 0:
        if o.get("truthParticle.status", 0) != 1:
            if t in (0, 13) and mt == 0:
                return 1
        elif (t == 0 and mt == 0) or (t == 1 and mt == 1) or t == 13:
            return 1
    if (t, og, pdg) == (15, 40, 22) and (mt, mo, mp) == (0, 0, 0) and (lt == -1 or (lt, lo, lp) == (0, 0, 0)):
        return 1
    return 0


def reference_muon(o: Object) -> int:
    t, og = int(o["truthType"]), int(o["truthOrigin"])
    if t == 7 and og == 9:
        return 7
    if t == 8 and og in LIGHT:
        return 10
    if t == 17 or fallback(o) == 17:
        return 10
    if og in B_HADRON:
        return 8
    if t != 6 and og in C_HADRON:
        return 9
    if t == 6 and og in PROMPT_MUON:
        return 4
    if t == 5 and og == 0:
        return 1
    stable = math.fmod(o.get("truthParticle.status", 0), 20000) == 1
    if not stable and (t, og) in ((0, 0), (-99999, -99999)):
        return 1
    if t in (2, 4, 3):
        return 12
    if t == 0 and og == 0:
        return LIKE.get(int(o.get("truthParticle.parentPdgId", 0)), 0)
    return 0


# The parents the tool knows (top, W, Z, Higgs, tau, heavy hadrons), and others that it does not.
LIKE = {6: 40, -6: 40, 24: 40, -24: 40, 23: 40, 25: 40, 15: 70, -15: 70}
LIKE |= {511: 80, -521: 80, 531: 80, 541: 80, 553: 80, 5122: 80, -5332: 80, 10511: 80}
LIKE |= {411: 90, -421: 90, 431: 90, 413: 90, 4122: 90, -4332: 90, 4422: 90, 10411: 90}
NO_LIKE = [0, 443, 100443, 211, 321, 2212, 13, 22, 5, 4, -23, -25, 35, 130, 310, 2203, 5503, -553]

TYPES = [*range(23), 33, 38, -99999]
# What the variables of an object may be.
Pools = dict[str, list[Any]]
ELECTRON: Pools = {
    "truthType": [4, 4, 15, 2, *TYPES],
    "truthOrigin": [5, 5, 40, 0, *range(48)],
    "truthPdgId": [11, -11, 22, 13, 0, 211],
    "firstEgMotherTruthType": [4, 2, 15, 0, *TYPES],
    "firstEgMotherTruthOrigin": [5, 40, 0, *range(48)],
    "firstEgMotherPdgId": [11, -11, 22, 23, 0, 111],
    "charge": [1.0, -1.0, 0.0],
    "truthParticle.status": [0, 1, 2, 20001],
}
LAST_MOTHER: Pools = {
    "lastEgMotherTruthType": [-1, 0, 4, 21],
    "lastEgMotherTruthOrigin": [0, 5],
    "lastEgMotherPdgId": [0, 11, -11, 22, 111],
}
TRUTH_FALLBACK: Pools = {
    "TruthClassifierFallback_truthType": [2, 17],
    "TruthClassifierFallback_dR": [0.01, 0.049, float(np.float32(0.05)), 0.06],
}
MUON: Pools = {
    "truthType": [6, 7, 8, 0, *TYPES],
    "truthOrigin": [0, 9, 12, *range(48), -99999],
    "truthParticle.status": [0, 1, 2, 20001],
    "truthParticle.parentPdgId": [*LIKE, *NO_LIKE],
}


@st.composite
def leptons(draw: Any, kind: Pools, *extras: Pools) -> list[Object]:
    """Leptons that all have the same variables: those of `kind`, and of each of `extras` or not."""
    pools = {k: v for part in (kind, *extras) if part is kind or draw(st.booleans()) for k, v in part.items()}
    one = st.fixed_dictionaries({name: st.sampled_from(pool) for name, pool in pools.items()})
    return [draw(one) for _ in range(draw(st.integers(1, 30)))]


def many(seed: int, kind: Pools, *extras: Pools) -> list[Object]:
    """A thousand of them."""
    random = Random(seed)
    pools = {k: v for part in (kind, *extras) if part is kind or random.random() < 0.5 for k, v in part.items()}
    return [{name: random.choice(pool) for name, pool in pools.items()} for _ in range(1000)]


def columns_of(objects: list[Object]) -> dict[str, np.ndarray]:
    floats = {"charge", "TruthClassifierFallback_dR"}
    return {
        name: np.array([o[name] for o in objects], np.float32 if name in floats else np.int32) for name in objects[0]
    }


def objects_of(columns: dict[str, np.ndarray]) -> list[Object]:
    size = len(next(iter(columns.values())))
    return [{name: float(column[k]) for name, column in columns.items()} for k in range(size)]


@settings(max_examples=8)
@given(st.integers(0, 2**32 - 1), st.booleans())
def test_thousands_of_leptons_are_classified_as_one_by_one(seed: int, separate: bool) -> None:
    electrons, muons = many(seed, ELECTRON, LAST_MOTHER, TRUTH_FALLBACK), many(seed, MUON, TRUTH_FALLBACK)
    of_electrons = iff.classify_electrons(columns_of(electrons), separate)
    assert of_electrons.tolist() == [reference_electron(o, separate) for o in electrons]
    assert iff.classify_muons(columns_of(muons)).tolist() == [reference_muon(o) for o in muons]


@given(leptons(ELECTRON, LAST_MOTHER, TRUTH_FALLBACK), st.booleans())
def test_electrons_are_classified_as_one_by_one(objects: list[Object], separate: bool) -> None:
    found = iff.classify_electrons(columns_of(objects), separate)
    assert found.dtype == np.int32
    assert found.tolist() == [reference_electron(o, separate) for o in objects]


@given(leptons(MUON, TRUTH_FALLBACK))
def test_muons_are_classified_as_one_by_one(objects: list[Object]) -> None:
    found = iff.classify_muons(columns_of(objects))
    assert found.dtype == np.int32
    assert found.tolist() == [reference_muon(o) for o in objects]


# One example of each rule: what it needs, and the class. The rest is that of an isolated electron of a Z boson.
PLAIN = {"truthPdgId": 11, "firstEgMotherPdgId": 11, "charge": -1.0}
ELECTRON_RULES = [
    ((4, 5, 14, 37), {}, 5),
    ((4, 7, 14, 37), {}, 5),
    ((4, 5, 14, 14), {}, 5),
    ((4, 5, 13, 0), {}, 5),
    ((4, 5, 16, 38), {}, 5),
    ((4, 7, 16, 38), {}, 5),
    ((16, 38, 0, 0), {}, 5),
    ((14, 0, 0, 0), {"truthPdgId": 22}, 5),
    ((4, 7, 13, 0), {}, 5),
    ((4, 7, 15, 40), {}, 5),
    ((4, 5, 0, 13), {}, 5),
    ((4, 5, 4, 5), {}, 5),
    ((3, 8, 0, 0), {}, 6),
    ((15, 0, 0, 8), {}, 6),
    ((4, 5, 0, 8), {}, 6),
    ((6, 0, 0, 0), {}, 6),
    ((3, 9, 0, 0), {}, 7),
    ((0, 0, 15, 9), {}, 7),
    ((17, 0, 0, 0), {}, 10),
    ((0, 7, 4, 42), {}, 10),
    ((4, 6, 0, 0), {}, 10),
    ((4, 0, 0, 6), {}, 10),
    ((4, 23, 0, 0), {}, 10),
    ((16, 0, 0, 34), {}, 10),
    ((3, 26, 0, 0), {}, 8),
    ((3, 0, 0, 33), {}, 8),
    ((3, 25, 0, 0), {}, 9),
    ((3, 0, 0, 32), {}, 9),
    ((2, 25, 0, 0), {}, 2),
    ((2, 13, 0, 13), {}, 2),
    ((2, 13, 0, 13), {"charge": 1.0}, 3),
    ((2, 13, 0, 13), {"charge": 0.0, "truthPdgId": -11}, 3),
    ((0, 13, 2, 13), {}, 2),
    ((15, 40, 2, 13), {"charge": 1.0}, 2),
    ((4, 5, 15, 40), {"charge": 1.0}, 2),
    ((4, 5, 4, 5), {"firstEgMotherPdgId": 22}, 0),
    ((4, 5, 4, 5), {"lastEgMotherTruthType": -1, "lastEgMotherTruthOrigin": 0, "lastEgMotherPdgId": 0}, 5),
    ((4, 5, 4, 5), {"lastEgMotherTruthType": 21, "lastEgMotherTruthOrigin": 0, "lastEgMotherPdgId": 22}, 5),
    ((4, 5, 4, 5), {"lastEgMotherTruthType": 21, "lastEgMotherTruthOrigin": 0, "lastEgMotherPdgId": -11}, 5),
    ((4, 5, 4, 5), {"lastEgMotherTruthType": 21, "lastEgMotherTruthOrigin": 0, "lastEgMotherPdgId": 111}, 0),
    ((4, 5, 4, 5), {"lastEgMotherTruthType": 0, "lastEgMotherTruthOrigin": 0, "lastEgMotherPdgId": 22}, 0),
    ((0, 0, 0, 0), {}, 1),
    ((13, 0, 0, 0), {}, 1),
    ((1, 0, 1, 0), {"truthParticle.status": 1}, 1),
    ((1, 0, 1, 0), {"truthParticle.status": 2}, 0),
    ((13, 0, 5, 0), {"truthParticle.status": 1}, 1),
    ((15, 40, 0, 0), {"truthPdgId": 22, "firstEgMotherPdgId": 0}, 1),
    ((19, 40, 19, 12), {"firstEgMotherPdgId": 22}, 0),
]


@pytest.mark.parametrize(("truth", "more", "expected"), ELECTRON_RULES)
def test_each_rule_for_electrons(truth: tuple[int, int, int, int], more: Object, expected: int) -> None:
    names = ("truthType", "truthOrigin", "firstEgMotherTruthType", "firstEgMotherTruthOrigin")
    o = {**PLAIN, **dict(zip(names, truth, strict=True)), **more}
    assert reference_electron(o, True) == expected
    assert iff.classify_electrons(columns_of([o])).tolist() == [expected]


MUON_RULES = [
    ((7, 9), {}, 7),
    ((8, 34), {}, 10),
    ((17, 0), {}, 10),
    ((6, 29), {}, 8),
    ((7, 25), {}, 9),
    ((6, 27), {}, 4),
    ((6, 13), {}, 4),
    ((5, 0), {}, 1),
    ((0, 0), {}, 1),
    ((-99999, -99999), {}, 1),
    ((3, 0), {}, 12),
    ((0, 0), {"truthParticle.status": 1}, 0),
    ((0, 0), {"truthParticle.status": 20001, "truthParticle.parentPdgId": 24}, 40),
    ((0, 0), {"truthParticle.status": 1, "truthParticle.parentPdgId": -6}, 40),
    ((0, 0), {"truthParticle.status": 1, "truthParticle.parentPdgId": 23}, 40),
    ((0, 0), {"truthParticle.status": 1, "truthParticle.parentPdgId": 25}, 40),
    ((0, 0), {"truthParticle.status": 1, "truthParticle.parentPdgId": 22}, 0),
    ((0, 0), {"truthParticle.status": 1, "truthParticle.parentPdgId": -15}, 70),
    ((0, 0), {"truthParticle.status": 1, "truthParticle.parentPdgId": -521}, 80),
    ((0, 0), {"truthParticle.status": 1, "truthParticle.parentPdgId": 4122}, 90),
    ((0, 0), {"truthParticle.status": 1, "truthParticle.parentPdgId": 443}, 0),
    ((8, 5), {}, 0),
]


@pytest.mark.parametrize(("truth", "more", "expected"), MUON_RULES)
def test_each_rule_for_muons(truth: tuple[int, int], more: Object, expected: int) -> None:
    o = {"truthType": truth[0], "truthOrigin": truth[1], **more}
    assert reference_muon(o) == expected
    assert iff.classify_muons(columns_of([o])).tolist() == [expected]


def test_electrons_of_the_sample_are_mostly_prompt_and_equal_a_loop(sample) -> None:
    columns = {name: sample.jagged(f"AnalysisElectrons.{name}").content for name in iff.ELECTRON_INPUTS}
    truth = sample.links("AnalysisElectrons.TruthLink")
    status = sample.jagged("TruthElectrons.status")
    linked = links.resolve(truth.offsets, truth.keys, truth.indices, "TruthElectrons", status.offsets)
    columns[iff.TRUTH_STATUS] = links.take(status.content, linked, 0)
    found = iff.classify_electrons(columns)
    assert found.tolist() == [reference_electron(o, True) for o in objects_of(columns)]
    assert np.isin(found, [iff.Class.ISO_ELECTRON, iff.Class.CHARGE_FLIP_ISO_ELECTRON]).mean() > 0.8
    # The generator's record gives both leptons of a pair the electron as mother, so the tool takes the positrons for
    # flipped electrons; without that distinction all of them are prompt.
    assert (found == iff.Class.CHARGE_FLIP_ISO_ELECTRON).any()
    assert (iff.classify_electrons(columns, separate_charge_flip=False) == iff.Class.ISO_ELECTRON).mean() > 0.8


@pytest.mark.run3
def test_leptons_of_top_pairs_have_the_classes_a_loop_gives(run3_sample: Path) -> None:
    events = uproot.open(run3_sample)["EventData"]

    def columns(container: str, names: tuple[str, ...]) -> dict[str, np.ndarray]:
        return {n: ak.to_numpy(ak.flatten(events[f"{container}AuxDyn:{n}"].array(), axis=None)) for n in names}

    electrons = columns("AnalysisElectrons", iff.ELECTRON_INPUTS)
    muons = columns("AnalysisMuons", iff.MUON_INPUTS)
    of_electrons, of_muons = iff.classify_electrons(electrons), iff.classify_muons(muons)
    assert of_electrons.tolist() == [reference_electron(o, True) for o in objects_of(electrons)]
    assert of_muons.tolist() == [reference_muon(o) for o in objects_of(muons)]
    assert {iff.Class.ISO_ELECTRON, iff.Class.B_HADRON_DECAY} <= set(of_electrons.tolist())
    assert {iff.Class.PROMPT_MUON, iff.Class.B_HADRON_DECAY} <= set(of_muons.tolist())


def test_muons_of_the_sample_are_not_prompt(sample) -> None:
    """There are no muons in the hard process of Z -> ee."""
    columns = {name: sample.jagged(f"AnalysisMuons.{name}").content for name in iff.MUON_INPUTS}
    found = iff.classify_muons(columns)
    assert found.tolist() == [reference_muon(o) for o in objects_of(columns)]
    assert iff.Class.PROMPT_MUON not in found
