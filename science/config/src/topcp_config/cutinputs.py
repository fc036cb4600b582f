"""What the cuts of an EventSelection act on: the containers and selections it names, and b-tagging."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from topcp_config.places import places_of
from topcp_config.problems import error
from topcp_config.references import Target

if TYPE_CHECKING:
    from topcp_config.cutlines import Line
    from topcp_config.language import Language
    from topcp_config.nodes import Placed
    from topcp_config.references import ReferenceChecker
    from topcp_config.registry import Container

_BTAG_OPTION = "btagDecoration"
_BTAG_PREFIX = "ftag_select_"


@dataclass(frozen=True, slots=True)
class InputChecker:
    """Checks that an EventSelection names what its cuts need, and that this has what they ask of it."""

    language: Language
    references: ReferenceChecker

    def check(self, placed: Placed, line: Line, path: str) -> set[str]:
        """Check one cut of the block; return the options on whose objects it acts."""
        used: set[str] = set()
        for group in self._needs(line):
            given = {name for name in group if placed.block.options.get(name)}
            used |= given
            if not given:
                objects = " or ".join(group)
                message = f"the input for {objects} is missing: {line.cut.keyword} needs it"
                hint = f"Add `{group[0]}:` and the name of a container to the EventSelection."
                self._error("missing-input", message, line, path, hint)
        self._check_selections(placed, line, path)
        self._check_btag(placed, line, path)
        return used

    def _needs(self, line: Line) -> list[tuple[str, ...]]:
        """Return groups of options: a cut needs one of each."""
        if line.cut.expression is None:
            return list(line.keyword.needs)
        return [(self.language.collections[operand.collection],) for operand in line.cut.expression.operands]

    def _check_selections(self, placed: Placed, line: Line, path: str) -> None:
        """Check the selections that a cut adds to those of the EventSelection."""
        target = Target(self.references, line.place, path, placed.order)
        for argument, option in line.keyword.selections.items():
            name, container = self._container(placed, option)
            selection = line.cut.text(argument)
            if container is not None and selection:
                target.check_selection(name, container, selection, line.offsets[argument])
        if line.cut.text("container"):
            target.check_reference(line.cut.text("container"), line.offsets["container"])

    def _check_btag(self, placed: Placed, line: Line, path: str) -> None:
        """Check that b-tagging is configured: as the cut names it, or else as btagDecoration does."""
        name, container = self._container(placed, "jets")
        tagger, point = line.cut.text("tagger"), line.cut.text("workingPoint")
        if tagger:
            if container is not None:
                target = Target(self.references, line.place, path, placed.order)
                target.check_decoration(name, container, f"{_BTAG_PREFIX}{tagger}_{point}", line.offsets["tagger:WP"])
        elif _uses_default_btag(line):
            decoration = placed.block.options.get(_BTAG_OPTION)
            if not decoration:
                message = f"the input {_BTAG_OPTION} is missing: {line.cut.keyword} needs it"
                hint = f"Add `{_BTAG_OPTION}: {_BTAG_PREFIX}<tagger>_<WP>` to the EventSelection."
                self._error("missing-input", message, line, path, hint)
            elif container is not None:
                self._check_decoration(placed, name, container, decoration)

    def _check_decoration(self, placed: Placed, name: str, container: Container, decoration: object) -> None:
        """Check btagDecoration; one of another name may come from anywhere."""
        scalar = placed.scalar(_BTAG_OPTION)
        if scalar is not None and isinstance(decoration, str) and decoration.startswith(_BTAG_PREFIX):
            path = f"{placed.block.path}.{_BTAG_OPTION}"
            target = Target(self.references, places_of(scalar).at, path, placed.order)
            target.check_decoration(name, container, decoration, 0)

    def _container(self, placed: Placed, option: str) -> tuple[str, Container | None]:
        name = str(placed.block.options.get(option) or "").partition(".")[0]
        return name, self.references.registry.containers.get(name)

    def _error(self, code: str, message: str, line: Line, path: str, hint: str) -> None:
        self.references.problems.append(error(code, message, line.cut.mark, path=path, hint=hint))


def _uses_default_btag(line: Line) -> bool:
    if line.cut.expression is not None:
        return any(operand.collection == "bjet" for operand in line.cut.expression.operands)
    return line.keyword.default_btag
