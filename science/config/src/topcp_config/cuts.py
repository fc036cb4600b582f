"""The cuts of a configuration, read and typed: what an engine needs to interpret them.

`topcp_config.Config.selections` holds them, one `EventSelection` for every such block.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from topcp_config.config import Block
    from topcp_config.problems import Mark

Sign = Literal["<", ">", "==", ">=", "<="]
SIGNS: tuple[Sign, ...] = ("<", ">", "==", ">=", "<=")


@dataclass(frozen=True, slots=True)
class Operand:
    """An object of an EXPR: the collection as written (`el`), and the index, leading in pt first; None for met."""

    collection: str
    index: int | None


class Expression(NamedTuple):
    """The quantity that an EXPR compares, as in `dR(el[0],jet[0])`."""

    variable: str
    operands: tuple[Operand, ...]


class Cut(NamedTuple):
    """One line of a region.

    Attributes:
        keyword: such as `EL_N`.
        arguments: those before the sign by their name in `facts/cuts.json`, as `pt` or `selection`; energies in MeV.
            `tagger:WP` is given as `tagger` and `workingPoint`, a ghost as `ghost` and, after `!`, `vetoedGhost`.
        flags: the flags that are set, in small letters: `veto`, or `el`, `mu` and `tau`.
        sign: the comparison, None for cuts that have none.
        value: what the count, energy (MeV) or variable is compared with.
        expression: that of an EXPR.
        mark: the place of the keyword.
    """

    keyword: str
    mark: Mark
    arguments: Mapping[str, str | float] = MappingProxyType({})
    flags: frozenset[str] = frozenset()
    sign: Sign | None = None
    value: float | None = None
    expression: Expression | None = None

    def text(self, name: str) -> str:
        """Return an argument that is text; empty when it is not given."""
        found = self.arguments.get(name, "")
        return found if isinstance(found, str) else ""


class Region(NamedTuple):
    """One event selection, such as `ejets`: its lines in their order, IMPORT and SAVE among them."""

    name: str
    mark: Mark
    cuts: tuple[Cut, ...]

    @property
    def is_filter(self) -> bool:
        """Whether an event that passes it is kept: not for a sub-region, whose name begins with SUB."""
        return not self.name.startswith("SUB")


class EventSelection(NamedTuple):
    """A block EventSelection: it names the objects (in its options) on which the cuts of its regions act."""

    block: Block
    regions: tuple[Region, ...]
