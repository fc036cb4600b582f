"""What MetaData say, against the events themselves: the Run 3 sample keeps every event that was executed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from topcp_columnar.containers import Jagged

if TYPE_CHECKING:
    from topcp_columnar.read import PhysliteFile


def test_a_file_without_metadata_says_so(run2: PhysliteFile) -> None:
    assert run2.metadata.generator_weights is None
    assert run2.metadata.cut_book_keepers is None


@pytest.mark.run3
def test_there_is_a_name_for_every_generator_weight(run3: PhysliteFile) -> None:
    weights = run3.read("EventInfo.mcEventWeights")
    names = run3.metadata.generator_weights
    assert isinstance(weights, Jagged)
    assert names is not None
    assert set(np.diff(weights.offsets).tolist()) == {len(names)}
    assert names[:2] == ("Default", "nominal")
    assert len(set(names)) == len(names)


@pytest.mark.run3
def test_the_sums_of_every_weight_are_those_of_the_events(run3: PhysliteFile) -> None:
    weights, books = run3.read("EventInfo.mcEventWeights"), run3.metadata.cut_book_keepers
    assert isinstance(weights, Jagged)
    assert books is not None
    table = weights.content.reshape(run3.n_events, -1).astype(float)
    assert list(books) == list(range(table.shape[1]))
    for index, book in books.items():
        assert book.n_events == run3.n_events
        assert book.sum_of_weights == pytest.approx(table[:, index].sum(), rel=1e-6)
        assert book.sum_of_squared_weights == pytest.approx((table[:, index] ** 2).sum(), rel=1e-6)
