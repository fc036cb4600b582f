"""Draw a figure from the ntuple of the talk's example: the mass of electron pairs, and jets with and without b-tag.

Run: python plot_ntuple.py NTUPLE PICTURE
"""

from __future__ import annotations

import sys
from pathlib import Path

import awkward as ak
import hist
import matplotlib.pyplot as plt
import mplhep
import numpy as np
import uproot

GEV = 1000.0  # the ntuple is in MeV


def main(ntuple: Path, picture: Path) -> None:
    """Read `ntuple`, draw, and write `picture`."""
    with uproot.open(ntuple) as file:
        events = file["reco"].arrays(filter_name=["el_*", "jet_*", "mcChannelNumber"])
    mplhep.style.use("ATLAS")
    figure, (left, right) = plt.subplots(1, 2, figsize=(13, 5.5), layout="constrained")
    draw_mass(left, events)
    draw_jets(right, events)
    figure.savefig(picture, dpi=120)


def draw_mass(axes: plt.Axes, events: ak.Array) -> None:
    """Draw the invariant mass of the leading two tight electrons of opposite charge."""
    mass = hist.new.Reg(12, 60, 120, label=r"$m_{ee}$ [GeV]").Int64().fill(dielectron_mass(events) / GEV)
    mplhep.histplot(mass, ax=axes, histtype="fill", alpha=0.5, edgecolor="black", label="tight electron pairs")
    decorate(axes, events, "Events / 5 GeV")


def draw_jets(axes: plt.Axes, events: ak.Array) -> None:
    """Draw the transverse momentum of all jets, and of those that DL1dv01 tags at its 85% working point."""
    pt = events["jet_pt_NOSYS"] / GEV
    tagged = events["jet_DL1dv01_FixedCutBEff_85_select"] == 1
    for label, jets in {"all jets": pt, "DL1dv01, 85%": pt[tagged]}.items():
        spectrum = hist.new.Reg(10, 25, 225, label=r"jet $p_\mathrm{T}$ [GeV]").Int64().fill(ak.flatten(jets))
        mplhep.histplot(spectrum, ax=axes, label=label, yerr=False)
    axes.set_yscale("log")
    axes.set_xlim(25, 225)
    decorate(axes, events, "Jets / 20 GeV")


def dielectron_mass(events: ak.Array) -> np.ndarray:
    """Return the mass in MeV of the leading two tight electrons, one value for each event with opposite charges.

    The electron's own mass is far below the detector's resolution and left out.
    """
    tight = events["el_select_tight_NOSYS"] == 1
    electrons = {name: events[f"el_{name}"][tight] for name in ("pt_NOSYS", "eta", "phi", "charge")}
    pair = ak.num(electrons["charge"]) >= 2
    (pt1, eta1, phi1, q1), (pt2, eta2, phi2, q2) = (
        [np.asarray(values[pair][:, place], float) for values in electrons.values()] for place in (0, 1)
    )
    mass = np.sqrt(2 * pt1 * pt2 * (np.cosh(eta1 - eta2) - np.cos(phi1 - phi2)))
    return mass[q1 * q2 < 0]


def decorate(axes: plt.Axes, events: ak.Array, ylabel: str) -> None:
    """Say what is shown: it is simulation, made by the columnar engine, and no result of an experiment."""
    datasets = ", ".join(str(number) for number in np.unique(events["mcChannelNumber"]))
    axes.set_ylabel(ylabel)
    axes.legend(loc="upper right")
    axes.text(0.04, 0.96, "Simulation", transform=axes.transAxes, va="top", style="italic", weight="bold")
    axes.text(
        0.04,
        0.89,
        f"columnar engine, unweighted\n{len(events)} events, dataset {datasets}",
        transform=axes.transAxes,
        va="top",
        fontsize="x-small",
    )
    axes.set_ylim(top=axes.get_ylim()[1] * (4 if axes.get_yscale() == "log" else 1.4))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]))
