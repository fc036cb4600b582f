"""A one-dimensional histogram, as TopCPToolkit books them: TH1F, TH1I or TH1D, with edges and bin labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from uproot.writing import identify

_CLASSES = {np.dtype("float32"): "TH1F", np.dtype("int32"): "TH1I", np.dtype("float64"): "TH1D"}


@dataclass(frozen=True, eq=False)
class Histogram:
    """A histogram as it is written.

    values  float32 (TH1F), int32 (TH1I) or float64 (TH1D)[n]; underflow and overflow are 0
    labels  of the bins, all different, or none at all
    edges   n + 1, increasing; by default bins of width 1 from 0
    sumw2   the squared errors[n]; by default the values are counts and ROOT takes their roots as errors

    The number of entries is n and the sums for mean and width are left to ROOT, as after one SetBinContent per bin.
    Raises ValueError where these do not fit together.
    """

    name: str
    title: str
    values: npt.NDArray[Any]
    labels: tuple[str, ...] = ()
    edges: npt.NDArray[np.float64] | None = None
    sumw2: npt.NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        bins = len(self.values)
        wrong = {
            f"values are {self.values.dtype}, not one of {', '.join(map(str, _CLASSES))}": self.values.dtype
            not in _CLASSES,
            "there are no bins": bins == 0,
            f"{len(self.labels)} labels for {bins} bins": len(self.labels) not in {0, bins},
            "a label occurs twice": len(set(self.labels)) < len(self.labels),
            f"edges are not {bins + 1} increasing numbers": self.edges is not None
            and (len(self.edges) != bins + 1 or bool(np.any(np.diff(self.edges) <= 0))),
            f"sumw2 is not {bins} numbers": self.sumw2 is not None and len(self.sumw2) != bins,
        }
        if found := [what for what, is_wrong in wrong.items() if is_wrong]:
            raise ValueError(f"histogram {self.name!r}: {'; '.join(found)}")

    @property
    def class_name(self) -> str:
        """TH1F, TH1I or TH1D."""
        return _CLASSES[self.values.dtype]

    def record(self) -> bytes:
        """The histogram as ROOT streams it."""
        return bytes(self.model().serialize(self.name))

    def model(self) -> Any:
        """The histogram as uproot writes it."""
        return identify.to_TH1x(
            self.name,
            self.title,
            np.pad(self.values, 1),
            fEntries=float(len(self.values)),
            fTsumw=0.0,
            fTsumw2=0.0,
            fTsumwx=0.0,
            fTsumwx2=0.0,
            fSumw2=None if self.sumw2 is None else np.pad(np.asarray(self.sumw2, np.float64), 1),
            fXaxis=self._axis(),
        )

    def _axis(self) -> Any:
        bins = len(self.values)
        edges = np.arange(bins + 1.0) if self.edges is None else np.asarray(self.edges, np.float64)
        even = np.allclose(np.diff(edges), (edges[-1] - edges[0]) / bins, rtol=1e-12, atol=0.0)
        return identify.to_TAxis(
            "xaxis",
            "",
            bins,
            edges[0],
            edges[-1],
            fXbins=None if even else edges,
            fLabels=identify.to_THashList(_label_objects(self.labels)) if self.labels else None,
        )


def _label_objects(labels: tuple[str, ...]) -> list[Any]:
    """The labels as TObjStrings. ROOT finds a bin's label by its unique ID, which is the bin's number from 1."""
    found = [identify.to_TObjString(label) for label in labels]
    for number, label in enumerate(found, start=1):
        label.bases[0].members["@fUniqueID"] = number
    return found
