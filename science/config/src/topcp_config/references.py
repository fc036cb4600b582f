"""References between blocks: `AnaJets.baselineJvt` names a container and a selection that must exist.

Which options are references is data: `facts/references.json`. The rules are those of ConfigAccumulator.py of athena: an
unknown container fails; an unknown selection fails too or, in January 2024, is silently left out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from topcp_config.near import NearNames
from topcp_config.places import places_of
from topcp_config.problems import Mark, Problem, error, warning
from topcp_config.registry import Container, Made, Registry, look_up, raw_references
from topcp_config.spans import span_of
from topcp_config.tree import Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from topcp_config.nodes import Placed

SELECTION_NAME = re.compile("[A-Za-z_][A-Za-z_0-9]+")
"""What the toolkit takes for the name of a selection: two characters at least."""
SELECTION_NAME_HINT = "It is made of letters, digits and _, begins with no digit and has two characters at least."
_TOKEN = re.compile(rf" ?({SELECTION_NAME.pattern}|(?P<operator>&&|\|\||[!()]))")
_LITERALS = ("true", "false")


@dataclass(slots=True)
class ReferenceChecker:
    """Checks references against the registry and collects problems; `sure` is False where all is but likely."""

    registry: Registry
    release: str
    near: NearNames
    sure: bool
    problems: list[Problem] = field(default_factory=list)
    regions: frozenset[str] = frozenset()

    def check(self, placed: Placed, used: frozenset[str]) -> None:
        """Check the references among the options that are written in a block.

        Args:
            placed: the block.
            used: the options on which its cuts act; for other blocks it does not matter.
        """
        entry = look_up(raw_references()["references"], placed.kind)
        if entry is None or span_of(entry).holds(self.release) == "no":
            return
        certain = entry["certainty"] != "inferred"
        for option, kind in entry["options"].items():
            node = placed.written(option)
            for scalar in node.items if isinstance(node, Sequence) and kind != "region" else [node]:
                if (
                    isinstance(scalar, Scalar)
                    and isinstance(scalar.value, str)
                    and (scalar.value or _is_wanted(option, kind))
                ):
                    one = _Reference(
                        self,
                        placed,
                        option,
                        scalar,
                        certain and (not kind.startswith("cut") or kind == "cutflow" or option in used),
                    )
                    one.check(kind)


def _is_wanted(option: str, kind: str) -> bool:
    """Tell whether an empty text names nothing where something must be named."""
    return kind == "region" or (option == "containerName" and kind == "container")


@dataclass(slots=True)
class _Reference:
    """One reference, at its place."""

    checker: ReferenceChecker
    placed: Placed
    option: str
    scalar: Scalar
    certain: bool

    def check(self, kind: str) -> None:
        text, place = self.scalar.value, places_of(self.scalar).at
        target = Target(self.checker, place, f"{self.placed.block.path}.{self.option}", self.placed.order, self.certain)
        if kind == "new":
            target.check_new_name(text)
        elif kind == "region":
            target.check_region(text)
        elif kind in ("container", "cutContainer"):
            target.check_container(text, 0)
        elif kind in ("name", "cutflow"):
            name = self.placed.block.options.get("containerName")
            container = self.checker.registry.containers.get(name) if isinstance(name, str) else None
            if container is not None:
                target.check_selection(str(name), container, text, 0, only_name=kind == "cutflow")
        else:
            target.check_reference(text, 0)


@dataclass(slots=True)
class Target:
    """What a reference names, for a reader that runs after `order` blocks.

    Attributes:
        checker: knows what there is and takes the problems.
        place: tells where a character of the text stands.
        path: the dotted path of the option.
        order: how many blocks run before the one that reads.
        certain: whether the toolkit surely takes the text for a reference.
    """

    checker: ReferenceChecker
    place: Callable[[int], Mark]
    path: str
    order: int
    certain: bool = True

    def check_reference(self, text: str, offset: int) -> Container | None:
        """Check `Container` or `Container.selection`; `offset` is that of the text in the value."""
        name, dot, selection = text.partition(".")
        if "." in selection:
            message = f"{text!r:.60} has more than one dot: a reference is Container or Container.selection"
            self._report("bad-reference", message, offset)
            return None
        container = self.check_container(name, offset)
        if container is not None and dot:
            self.check_selection(name, container, selection, offset + len(name) + 1)
        return container

    def check_container(self, name: str, offset: int) -> Container | None:
        """Check that a container exists by the time it is read."""
        registry = self.checker.registry
        container = registry.containers.get(name)
        if container is not None:
            in_time = self._check_order(container.made, f"the container {name}", offset)
            return container if in_time else None
        if name.partition(".")[0] in registry.containers:
            message = f"a container is named here, without a selection, not {name!r:.60}"
            self._report("bad-reference", message, offset, f"Write {name.partition('.')[0]}.")
        elif name in registry.outputs:
            message = f"{name} exists in the output only: Thinning makes it from {registry.outputs[name]}"
            self._report("unknown-container", message, offset, f"Write {registry.outputs[name]}.")
        else:
            message = f"no block makes a container {name!r:.60}"
            self._report("unknown-container", message, offset, self._near(name, registry.containers))
        return None

    def check_selection(
        self, name: str, container: Container, text: str, offset: int, *, only_name: bool = False
    ) -> None:
        """Check a selection on a container, or an expression of several, as in `tight||loose`."""
        if only_name and not SELECTION_NAME.fullmatch(text):
            message = f"a cutflow follows one selection, not an expression as {text!r:.60}"
            self._report("bad-reference", message, offset)
            return
        wrong = wrong_in_expression(text)
        if wrong is not None:
            reason, at = wrong
            self._report("bad-reference", f"{text!r:.60} is no selection: {reason}", offset + at)
            return
        for match in SELECTION_NAME.finditer(text):
            if match.group() not in _LITERALS:
                self._check_one(name, container, match.group(), offset + match.start())

    def check_decoration(self, name: str, container: Container, decoration: str, offset: int) -> None:
        """Check that the jets get a b-tagging decoration."""
        if decoration not in container.decorations:
            shown = decoration.removeprefix("ftag_select_")
            message = f"no FlavourTagging of {name} selects {shown}"
            self._report("unknown-btagging", message, offset, self._near(decoration, container.decorations))

    def check_new_name(self, text: str) -> None:
        """Check the name that a block gives to a selection."""
        if not SELECTION_NAME.fullmatch(text):
            message = f"{text!r:.60} cannot be the name of a selection"
            self._report("selection-name", message, 0, SELECTION_NAME_HINT)

    def check_region(self, text: str) -> None:
        """Check the name of a region of an event selection."""
        if text not in self.checker.regions:
            message = f"no EventSelection has a region {text!r:.60}"
            self._report("unknown-region", message, 0, self._near(text, self.checker.regions))

    def _check_one(self, name: str, container: Container, selection: str, offset: int) -> None:
        made = container.selections.get(selection)
        if made is None:
            silently = span_of(raw_references()["rules"]["unknownSelectionFails"]).holds(self.checker.release) == "no"
            message = f"{name} has no selection {selection!r:.60}"
            message += ": the toolkit silently leaves it out" if silently else ""
            self._report("unknown-selection", message, offset, self._about_selection(container, selection))
        elif made.known == "maybe":
            message = f"it is not known whether {name} has a selection {selection} in {self.checker.release}"
            self._warn("unknown-selection", message, offset)
        else:
            self._check_order(made, f"the selection {name}.{selection}", offset)

    def _about_selection(self, container: Container, selection: str) -> str | None:
        near = self._near(selection, container.selections)
        if near or not container.selections:
            return near or "Nothing selects in this container."
        sure = [name for name, made in container.selections.items() if made.known == "yes"]
        return f"There is {', '.join(sure[:8])}." if sure else None

    def _check_order(self, made: Made, what: str, offset: int) -> bool:
        """Tell whether something is made before it is read, as far as the order is known."""
        if made.order < self.order:
            return True
        ordered = span_of(raw_references()["rules"]["factoryOrder"]).holds(self.checker.release)
        if ordered == "no":
            return True
        message = f"{what} is made only after this block has run, whatever the order of the text"
        report = self._report if ordered == "yes" else self._warn
        report("made-later", message, offset)
        return False

    def _near(self, name: str, known: Iterable[str]) -> str | None:
        return self.checker.near.question(name, known)

    def _report(self, code: str, message: str, offset: int, hint: str | None = None) -> None:
        sure = self.certain and self.checker.sure and not self.checker.registry.is_open
        make = error if sure else warning
        self.checker.problems.append(make(code, message, self.place(offset), path=self.path, hint=hint))

    def _warn(self, code: str, message: str, offset: int, hint: str | None = None) -> None:
        self.checker.problems.append(warning(code, message, self.place(offset), path=self.path, hint=hint))


def wrong_in_expression(text: str) -> tuple[str, int] | None:
    """Say why and where a text is no expression of selections, with &&, ||, ! and brackets; None when it is one."""
    at, depth, needs_operand = 0, 0, True
    end = len(text.rstrip(" "))
    while at < end:
        token = _TOKEN.match(text, at)
        if token is None:
            return _no_part(text, at)
        found, is_operand = token[1], token["operator"] in (None, "!", "(")
        if needs_operand != is_operand:
            missing = "a name" if needs_operand else "an operator"
            return f"{found!r:.40} cannot stand here: {missing} is missing", token.start(1)
        depth += (found == "(") - (found == ")")
        if depth < 0:
            return "a bracket is closed that is not open", token.start(1)
        needs_operand = token["operator"] not in (None, ")")
        at = token.end()
    if needs_operand:
        return "a name is missing at its end", end
    return ("a bracket is not closed", end) if depth else None


def _no_part(text: str, at: int) -> tuple[str, int]:
    """Say what stands at a place where neither a name nor an operator does."""
    rest = text[at:].lstrip(" ")
    word = rest.partition(" ")[0]
    too_short = ", which has two characters at least" if len(word) == 1 and word.isalpha() else ""
    return f"{word!r:.40} is no name{too_short}", len(text) - len(rest)
