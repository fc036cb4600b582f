"""The cuts of EventSelection, line by line and event by event: slow, and written to be compared with their recipe.

An event is a dictionary: container -> its objects, each a dictionary of its variables; "event" -> those of the event.
"""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

Event = dict[str, Any]
SIGNS = {"<": operator.lt, ">": operator.gt, "==": operator.eq, ">=": operator.ge, "<=": operator.le}
GHOSTS = {"B": "GhostBHadronsFinalCount", "C": "GhostCHadronsFinalCount"}
COUNTED = {"EL_N": "electrons", "MU_N": "muons", "JET_N": "jets", "PH_N": "photons", "TAU_N": "taus", "LJET_N": "ljets"}
MUON_MASS = 105.6583715


class StoppedError(Exception):
    """The toolkit stops the job at this event."""


class Recipe:
    """How a release selects.

    closed    objects count from the threshold on, not above it
    btag_pt   what JET_N_BTAG asks for
    """

    def __init__(self, *, closed: bool, btag_pt: float) -> None:
        self.closed, self.btag_pt = closed, btag_pt

    def region(self, event: Event, text: str, known: dict[str, bool]) -> tuple[bool, dict[str, bool]]:
        """Whether the event passes, and the flag of each line by its number; `known` are regions before."""
        passing, flags = True, {}
        for number, line in enumerate((line for line in text.split("\n") if line.strip()), 1):
            keyword, *words = line.split()
            if keyword == "SAVE":
                continue
            if keyword == "IMPORT":
                passing = passing and known[words[0]]
            elif keyword == "EVENTFLAG":
                passing = passing and bool(event["event"][words[0]])
            elif keyword == "GLOBALTRIGMATCH":
                passing = passing and bool(event["event"]["globalTriggerMatch" + "".join(words)])
            else:
                passing = passing and self.cut(event, keyword, words)
                flags[str(number)] = passing
        return passing, flags

    def enough(self, pt: float, limit: float) -> bool:
        return pt >= limit if self.closed else pt > limit

    def selected(self, event: Event, kind: str, *more: str) -> list[dict[str, Any]]:
        return [thing for thing in event[kind] if thing["good"] and all(thing[flag] for flag in more)]

    def cut(self, event: Event, keyword: str, words: list[str]) -> bool:
        veto = words[-1:] == ["veto"]
        words = [word for word in words if word != "veto"]
        if keyword in COUNTED:
            *extra, pt, sign, n = words
            things = self.selected(event, COUNTED[keyword], *extra)
            return SIGNS[sign](sum(self.enough(t["pt"], float(pt)) for t in things), int(n))
        if keyword == "OBJ_N":
            *_, pt, sign, n = words
            return SIGNS[sign](sum(self.enough(t["pt"], float(pt)) for t in event["jets"] if t["fine"]), int(n))
        if keyword.startswith("SUM_"):
            return self.sum_of_leptons(event, keyword, words)
        if keyword == "JET_N_BTAG":
            *extra, sign, n = words
            flags = ["ftag_select_" + w.replace(":", "_") if ":" in w else w for w in extra]
            if not any(flag.startswith("ftag") for flag in flags):
                flags.append("ftag_select_DL1dv01_FixedCutBEff_77")
            jets = self.selected(event, "jets", *flags)
            return SIGNS[sign](sum(self.enough(jet["pt"], self.btag_pt) for jet in jets), int(n))
        if keyword in ("JET_N_GHOST", "LJET_N_GHOST"):
            return self.ghosts(event, keyword, words)
        if keyword in ("LJETMASS_N", "LJETMASSWINDOW_N"):
            *limits, sign, n = words
            low, high = (*map(float, limits), math.inf)[:2]
            masses = [jet["m"] for jet in self.selected(event, "ljets")]
            return SIGNS[sign](sum((low < m < high) != veto for m in masses), int(n))
        if keyword == "RUN_NUMBER":
            return SIGNS[words[0]](event["event"]["RandomRunNumber"], int(words[1]))
        if keyword == "EVENTVAR":
            return SIGNS[words[2]](float(event["event"][words[1]]), float(np.float32(words[3])))
        return self.cut_on_leptons(event, keyword, words, veto)

    def sum_of_leptons(self, event: Event, keyword: str, words: list[str]) -> bool:
        kinds = ["electrons", "muons", "taus"][: 3 if keyword.endswith("TAU_N") else 2]
        *extra, sign, n = words
        pts = [float(w) for w in extra if w[0].isdigit()]
        flags = [w for w in extra if not w[0].isdigit()] or [None] * len(kinds)
        count = 0
        for kind, flag, pt in zip(kinds, flags, pts * (len(kinds) // len(pts)), strict=True):
            count += sum(self.enough(t["pt"], pt) for t in self.selected(event, kind, *([flag] if flag else [])))
        return SIGNS[sign](count, int(n))

    def ghosts(self, event: Event, keyword: str, words: list[str]) -> bool:
        names, *pts, sign, n = words
        wanted, _, vetoed = names.partition("!")
        count = 0
        for jet in self.selected(event, "jets" if keyword == "JET_N_GHOST" else "ljets"):
            has = jet["pt"] >= float(pts[0] if pts else 0) and jet[GHOSTS[wanted]] > 0
            count += has and not (vetoed and jet[GHOSTS[vetoed]] > 0)
        return SIGNS[sign](count, int(n))

    def cut_on_leptons(self, event: Event, keyword: str, words: list[str], veto: bool) -> bool:
        met, met_phi = event["event"]["met"], event["event"]["met_phi"]
        electrons, muons, taus = (self.selected(event, kind) for kind in ("electrons", "muons", "taus"))
        if keyword == "MET":
            return SIGNS[words[0]](met, float(words[1]))
        if keyword in ("MWT", "MET+MWT"):
            if bool(electrons) + bool(muons) != 1:
                raise StoppedError
            lepton = (electrons or muons)[0]
            delta = np.float32(lepton["phi"]) - np.float32(met_phi)
            mwt = np.float32(math.sqrt(2 * float(lepton["pt"]) * float(met) * (1 - float(np.float32(math.cos(delta))))))
            return SIGNS[words[0]](mwt + np.float32(met) if "+" in keyword else mwt, float(words[1]))
        if keyword in ("OS", "SS"):
            kinds = {"el": electrons, "mu": muons, "tau": taus if self.closed else []}  # in 2024 without taus
            leptons = [lepton for kind, things in kinds.items() if not words or kind in words for lepton in things]
            if len(leptons) != 2:
                raise StoppedError
            charge = sum(int(lepton["charge"]) for lepton in leptons)
            return charge == 0 if keyword == "OS" else abs(charge) == 2
        if keyword == "MLL_OSSF":
            return self.pair_in_window(electrons, muons, *map(float, words)) != veto
        if len(electrons) + len(muons) != 2:
            raise StoppedError
        mass = invariant_mass(*[(e, e["m"]) for e in electrons], *[(m, MUON_MASS) for m in muons])
        if keyword == "MLL":
            return SIGNS[words[0]](mass, float(words[1]))
        return (float(words[0]) < mass < float(words[1])) != veto

    def pair_in_window(self, electrons: list[Any], muons: list[Any], low: float, high: float) -> bool:
        for things, mass in ((electrons, None), (muons, MUON_MASS)):
            for i, a in enumerate(things):
                for b in things[i + 1 :]:
                    masses = [thing["m"] if mass is None else mass for thing in (a, b)]
                    if a["charge"] != b["charge"] and low < invariant_mass((a, masses[0]), (b, masses[1])) < high:
                        return True
        return False


def invariant_mass(*things: tuple[dict[str, Any], float]) -> np.float32:
    total = np.zeros(4)
    for thing, mass in things:
        pt, eta, phi = (float(thing[name]) for name in ("pt", "eta", "phi"))
        px, py, pz = pt * math.cos(phi), pt * math.sin(phi), pt * math.sinh(eta)
        total += [px, py, pz, math.sqrt(px * px + py * py + pz * pz + float(mass) ** 2)]
    squared = total[3] ** 2 - total[0] ** 2 - total[1] ** 2 - total[2] ** 2
    return np.float32(math.copysign(math.sqrt(abs(squared)), squared))
