"""Write the entries of a ROOT tree anew, byte for byte, in another order and in baskets of another size.

An entry is copied as it is streamed, so that every class of branch can be copied, also those that need a dictionary
to be written (ElementLinks, clusters). ROOT makes the tree, its branches, baskets and compression.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

try:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel announces that it is an alpha release
        import ROOT
except ImportError:
    raise SystemExit("the input is made with ROOT, and this Python has no package of that name") from None

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import numpy.typing as npt

ROOT.gErrorIgnoreLevel = ROOT.kError  # the classes of xAOD have no dictionary here, and need none
# As TTreeCloner does for a fast copy, with entries instead of whole baskets (ROOT, tree/tree/src/TTreeCloner.cxx).
ROOT.gInterpreter.Declare(r"""
void append(TBranch* branch, const unsigned char* content, const long* offsets, const long* order, long count) {
  std::unique_ptr<TBasket> basket(branch->GetTree()->CreateBasket(branch));
  TBuffer* buffer = basket->GetBufferRef();
  for (long i = 0; i < count; ++i) {
    const long begin = offsets[order[i]], end = offsets[order[i] + 1];
    if (!branch->GetEntryOffsetLen()) basket->SetNevBufSize(end - begin);  // all of one size: where ROOT looks for them
    basket->Update(buffer->Length());
    buffer->WriteBuf(content + begin, end - begin);
  }
  basket->WriteBuffer();
  branch->AddBasket(*basket, true, branch->GetEntries());
}
""")


@dataclass(frozen=True)
class Entries:
    """What the entries of a branch are made of, and which of that each entry is.

    content  uint8: the streamed entries one after the other
    offsets  int64: where each begins; one more for the end
    order    int64[number of entries of the branch]: which of them, for each entry
    """

    content: npt.NDArray[np.uint8]
    offsets: npt.NDArray[np.int64]
    order: npt.NDArray[np.int64]

    @classmethod
    def of(cls, streamed: list[bytes], order: npt.NDArray[np.int64]) -> Entries:
        offsets = np.concatenate([[0], np.cumsum([len(entry) for entry in streamed])]).astype(np.int64)
        return cls(np.frombuffer(b"".join(streamed), np.uint8), offsets, order)


def streamed_entries(branch: Any) -> list[bytes]:
    """The entries of uproot's `branch`, each as it is streamed."""
    return [entry for number in range(branch.num_baskets) for entry in _of_basket(branch.basket(number))]


def _of_basket(basket: Any) -> Iterator[bytes]:
    content, offsets = bytes(basket.data), basket.byte_offsets
    if offsets is None:  # all of one size
        offsets = np.linspace(0, len(content), basket.num_entries + 1).astype(int)
    return (content[start:stop] for start, stop in pairwise(offsets))


def write(model: Path, target: Path, branches: Mapping[str, Entries], basket_entries: int, compression: int) -> None:
    """Write the tree CollectionTree of `model` to `target`, with these branches, which all have as many entries."""
    source = ROOT.TFile.Open(str(model))
    out = ROOT.TFile(str(target), "RECREATE", "", compression)
    tree = _empty_tree(source, branches, compression)
    (n_entries,) = {len(entries.order) for entries in branches.values()}
    for start in range(0, n_entries, basket_entries):  # one cluster after the other, as a production writes them
        for name, entries in branches.items():
            order = entries.order[start : start + basket_entries]
            ROOT.append(tree.GetBranch(name), entries.content, entries.offsets, order, len(order))
    for name in branches:
        tree.GetBranch(name).AddLastBasket(n_entries)
    tree.SetEntries(n_entries)
    tree.SetAutoFlush(basket_entries)
    tree.Write()
    out.Close()


def _empty_tree(source: Any, branches: Mapping[str, Entries], compression: int) -> Any:
    model = source.Get("CollectionTree")
    model.SetBranchStatus("*", False)
    for name in branches:
        model.SetBranchStatus(name, True)
    tree = model.CloneTree(0)
    for name in branches:
        tree.GetBranch(name).SetCompressionSettings(compression)
    return tree
