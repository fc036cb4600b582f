"""An ntuple as the commands read it: its tree, its variations, and what its report says of them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from servicex_topcp.errors import UsageError
from servicex_topcp.files import reading_root

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt

NOSYS = "NOSYS"
_TREES = ("TTree", "ROOT::RNTuple")
_SIDE = re.compile(r"__1(up|down)$")


@dataclass(frozen=True)
class Source:
    """Where a variation comes from; `official` is false for what is approximate."""

    kind: str = "unknown"
    source: str = "the ntuple has no report that says"
    official: bool = True


class Ntuple:
    """An ntuple, open for reading. Raises MissingFileError if it cannot be read, UsageError if it lacks the tree."""

    def __init__(self, path: Path, tree: str | None) -> None:
        import uproot

        with reading_root(path):
            self._file: Any = uproot.open(path)
        trees = [name for name, kind in self._file.classnames(cycle=False).items() if kind in _TREES]
        if not trees or (tree and tree not in trees):
            raise UsageError(f"{path}: it has no tree {tree or ''}; it has {', '.join(trees) or 'none'}")
        self.path = path
        self._tree: Any = self._file[tree or trees[0]]
        self.branches: tuple[str, ...] = tuple(self._tree.keys(recursive=False))
        self.report = self._read_report()
        self.sources = {name: Source(**source) for name, source in self.report.get("systematics_from", {}).items()}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def _read_report(self) -> dict[str, Any]:
        """The report of the engine; nothing where there is none."""
        if "report" not in self._file.keys(cycle=False):
            return {}
        report: dict[str, Any] = json.loads(str(self._file["report"]))
        return report

    def variations_of(self, variable: str) -> dict[str, str]:
        """The variations of a variable: the name of each, and its branch."""
        prefix = f"{variable}_"
        found = {name.removeprefix(prefix): name for name in self.branches if name.startswith(prefix)}
        return {systematic: name for systematic, name in found.items() if systematic in self.systematics}

    @cached_property
    def variables(self) -> tuple[str, ...]:
        """Those that have variations, or could have them."""
        return tuple(name.removesuffix(f"_{NOSYS}") for name in self.branches if name.endswith(f"_{NOSYS}"))

    @cached_property
    def systematics(self) -> dict[str, None]:
        """The names of all variations, in the order of the branches."""
        variables = sorted(self.variables, key=len, reverse=True)
        found: dict[str, None] = {}
        for branch in self.branches:
            owner = next((v for v in variables if branch.startswith(f"{v}_")), None)
            if owner and (name := branch.removeprefix(f"{owner}_")) != NOSYS and _is_variation(name, self.sources):
                found[name] = None
        return found

    def source_of(self, systematic: str) -> Source:
        """Where a variation comes from."""
        return self.sources.get(systematic, Source())

    def values(self, branch: str) -> npt.NDArray[np.float64]:
        """All numbers of a branch, those of vectors one after the other."""
        import awkward as ak
        import numpy as np

        return np.asarray(ak.to_numpy(ak.flatten(self._tree[branch].array(), axis=None)), np.float64)

    def is_flag(self, branch: str) -> bool:
        """Whether a branch holds flags and no quantities."""
        import awkward as ak
        import numpy as np

        empty = ak.to_numpy(ak.flatten(self._tree[branch].array(entry_stop=0), axis=None))
        return bool(np.dtype(empty.dtype).itemsize == 1)

    def counts(self, branch: str) -> npt.NDArray[np.int64]:
        """How many numbers each event has in a branch."""
        import awkward as ak
        import numpy as np

        array = self._tree[branch].array()
        counts = ak.num(array, axis=1) if array.ndim > 1 else np.ones(len(array), np.int64)
        return np.asarray(ak.to_numpy(counts), np.int64)


def _is_variation(name: str, sources: dict[str, Source]) -> bool:
    return name in sources or _SIDE.search(name) is not None
