"""A histogram of many ntuples, each read by a task of dask: on the cores of this machine, or on a cluster.

Run: python dask_histogram.py NTUPLE...
"""

from __future__ import annotations

import operator
import sys

import awkward as ak
import dask.bag
import hist
import uproot

GEV = 1000.0  # the ntuple is in MeV


def jet_spectrum(ntuple: str) -> hist.Hist:
    """Return the transverse momenta of the jets of one ntuple, weighted by the generator."""
    events = uproot.open(ntuple)["reco"].arrays(["jet_pt_NOSYS", "jet_select_baselineJvt_NOSYS", "weight_mc_NOSYS"])
    jets = events["jet_pt_NOSYS"][events["jet_select_baselineJvt_NOSYS"] == 1]
    weights, jets = ak.broadcast_arrays(events["weight_mc_NOSYS"], jets)
    spectrum = hist.new.Reg(10, 25, 225, name="pt", label=r"jet $p_\mathrm{T}$ [GeV]").Weight()
    return spectrum.fill(ak.flatten(jets) / GEV, weight=ak.flatten(weights))


def main(ntuples: list[str]) -> None:
    """Sum the histograms of all ntuples, and show the sum."""
    # Processes of this machine; after `dask.distributed.Client(ADDRESS)` the workers of that cluster.
    print(dask.bag.from_sequence(ntuples, partition_size=1).map(jet_spectrum).fold(operator.add).compute())


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(sys.argv[1:])
