"""The mass of electron pairs under each systematic variation, with coffea and atlas-schema.

Run: python coffea_analysis.py NTUPLE...
"""

from __future__ import annotations

import sys
from typing import ClassVar

import awkward as ak
import hist
from atlas_schema.schema import NtupleSchema
from coffea.processor import IterativeExecutor, ProcessorABC, Runner

GEV = 1000.0  # the ntuple is in MeV


class Schema(NtupleSchema):
    """Leptons have the energy that the ntuple holds; atlas-schema 0.5.0 would add a mass and refuse to have both."""

    full_like_items: ClassVar[dict[str, dict[str, tuple[str, float]]]] = {}


class ElectronPairs(ProcessorABC):
    """Fills, for each variation, the mass of the leading two tight electrons of opposite charge."""

    def process(self, events: ak.Array) -> hist.Hist:
        """Return the masses in these events."""
        mass = hist.new.StrCat([], growth=True, name="variation").Reg(12, 60, 120, name="mass", label="GeV").Weight()
        nominal = masses(events)
        for variation in events.systematic_names:
            varied = events if variation == "NOSYS" else events[variation]
            # The generator's weights, of which there are hundreds, change no electron.
            found = nominal if variation.startswith("GEN_") else masses(varied)
            weights, found = ak.broadcast_arrays(varied.weight.mc, found)
            mass.fill(variation, ak.flatten(found) / GEV, weight=ak.flatten(weights))
        return mass

    def postprocess(self, accumulator: hist.Hist) -> hist.Hist:
        """Nothing is left to do when all files are summed."""
        return accumulator


def masses(events: ak.Array) -> ak.Array:
    """Return the masses in MeV of pairs of opposite charge: one or none for each event."""
    electrons = events.el[events.el.select_tight == 1]
    first, second = ak.unzip(ak.combinations(electrons[:, :2], 2))
    return (first + second).mass[first.charge * second.charge < 0]


def main(ntuples: list[str]) -> None:
    """Print the weighted number of pairs, and the largest shift of it by a variation."""
    # FuturesExecutor() takes all cores, DaskExecutor(client=...) a cluster.
    run = Runner(executor=IterativeExecutor(status=False), schema=Schema)
    mass = run({"sample": ntuples}, treename="reco", processor_instance=ElectronPairs())
    totals = {variation: mass[variation, :].sum().value for variation in mass.axes["variation"]}
    nominal = totals["NOSYS"]
    largest = max(totals, key=lambda variation: abs(totals[variation] - nominal))
    print(f"{len(totals) - 1} variations; weighted pairs: {nominal:.4g}")
    print(f"largest shift: {totals[largest] / nominal - 1:+.1%} by {largest}")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(sys.argv[1:])
