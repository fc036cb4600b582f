"""The real sample as flat containers, read with uproot and nothing of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np
import pytest
import uproot
from hypothesis import settings
from topcp_columnar.containers import Jagged, Jagged2, Links, Links2

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

# Kernels are fast; a deadline would only measure how busy the machine is.
settings.register_profile("kernels", deadline=None)
settings.load_profile("kernels")


def _offsets(counts: Any) -> Any:
    return np.concatenate([[0], np.cumsum(ak.to_numpy(counts))]).astype(np.int64)


class Sample:
    """Variables of a PHYSLITE file written as TTree."""

    def __init__(self, path: Path) -> None:
        self.tree = uproot.open(path)["CollectionTree"]

    def _array(self, name: str) -> Any:
        container, variable = name.split(".", 1)
        return self.tree[f"{container}AuxDyn.{variable}"].array()

    def jagged(self, name: str) -> Jagged:
        array = self._array(name)
        return Jagged(_offsets(ak.num(array)), ak.to_numpy(ak.flatten(array)))

    def jagged2(self, name: str) -> Jagged2:
        array = self._array(name)
        inner = _offsets(ak.flatten(ak.num(array, axis=2)))
        return Jagged2(_offsets(ak.num(array)), inner, ak.to_numpy(ak.flatten(array, axis=None)))

    def links(self, name: str) -> Links:
        last = name.replace(".", "AuxDyn.")
        keys, indices = (self.tree[f"{last}/{last}.{part}"].array() for part in ("m_persKey", "m_persIndex"))
        return Links(_offsets(ak.num(keys)), ak.to_numpy(ak.flatten(keys)), ak.to_numpy(ak.flatten(indices)))

    def links2(self, name: str) -> Links2:
        array = self._array(name)
        inner = _offsets(ak.flatten(ak.num(array, axis=2)))
        keys, indices = (
            ak.to_numpy(ak.flatten(part, axis=None)).astype(np.uint32) for part in (array.m_persKey, array.m_persIndex)
        )
        return Links2(_offsets(ak.num(array)), inner, keys, indices)

    def event(self, name: str) -> Any:
        return ak.to_numpy(self._array(name))

    def sampling_pattern(self) -> Any:
        """The clusters' m_samplingPattern: a vector streamed member by member behind 16 bytes of header."""
        words = uproot.AsJagged(uproot.AsDtype(">u4"), header_bytes=16)
        return ak.to_numpy(ak.flatten(self.tree["egammaClusters"].array(words)))


@pytest.fixture(scope="session", params=["run2", pytest.param("run3", marks=pytest.mark.run3)])
def real(request: pytest.FixtureRequest) -> Iterator[Callable[[str], Any]]:
    """All values of `Container.variable` in one of the real samples, object after object."""
    with uproot.open(request.getfixturevalue(f"{request.param}_sample")) as file:
        events, between = (file["EventData"], ":") if request.param == "run3" else (file["CollectionTree"], ".")

        def read(name: str) -> Any:
            return ak.to_numpy(ak.flatten(events[name.replace(".", f"AuxDyn{between}")].array(), axis=None))

        yield read


@pytest.fixture(scope="session")
def sample(run2_sample: Path) -> Sample:
    return Sample(run2_sample)
