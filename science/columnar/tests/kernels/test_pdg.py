from __future__ import annotations

import pytest
from topcp_columnar.kernels.pdg import heaviest_quark_of_hadron


@pytest.mark.parametrize(
    ("pdg_id", "quark"),
    [
        (211, 2),
        (321, 3),
        (-321, 3),
        (411, 4),
        (-421, 4),
        (443, 4),
        (511, 5),
        (541, 5),
        (553, 5),
        (10511, 5),
        (100553, 5),
        (2212, 2),
        (1114, 1),
        (3122, 3),
        (4122, 4),
        (-5332, 5),
    ],
)
def test_a_hadron_is_known_by_its_heaviest_quark(pdg_id: int, quark: int) -> None:
    assert heaviest_quark_of_hadron(pdg_id) == quark


@pytest.mark.parametrize("pdg_id", [0, 5, 11, 15, 22, 23, -24, 25, 2203, 5503, -443, 990, 611, 412, 4120, 1411])
def test_anything_else_has_none(pdg_id: int) -> None:
    assert heaviest_quark_of_hadron(pdg_id) == 0
