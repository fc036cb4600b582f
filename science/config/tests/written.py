"""Configurations of a release, written by hypothesis as people write them: every value and every comment is unique."""

from __future__ import annotations

from itertools import count
from typing import Any

from hypothesis import strategies as st
from topcp_config.facts import ADD_CONFIG_BLOCKS, load_facts
from topcp_config.model import BlockFacts, Case, Facts, Option

_COLLECTIONS = {
    "small-R": "AntiKt4EMPFlowJets",
    "large-R": "AntiKt10UFOCSSKSoftDropBeta100Zcut10Jets",
    "track": "AntiKtVR30Rmax4Rmin02PV0TrackJets",
}
"""A jetCollection of each kind of jets."""


@st.composite
def configurations(draw: st.DrawFn, release: str) -> str:
    """Return the text of a configuration whose blocks and options the release surely has."""
    facts = load_facts(release)
    never = ("CommonServices", ADD_CONFIG_BLOCKS)
    names = [name for name in facts.roots if name not in never and facts.blocks[name].sure]
    chosen = draw(st.lists(st.sampled_from(names), min_size=1, max_size=4, unique=True))
    writer = _Writer(draw, facts)
    lines = [line for name in chosen for line in writer.block(name, name, 0)]
    return "\n".join([f"# release: {release}", "CommonServices: {}", *lines, ""])


class _Writer:
    def __init__(self, draw: st.DrawFn, facts: Facts) -> None:
        self._draw, self._facts, self._numbers = draw, facts, count()

    def block(self, name: str, path: str, indent: int) -> list[str]:
        """Write a block: a mapping, or a list of one or two."""
        known, head = self._facts.blocks[path], " " * indent
        above = [f"{head}# comment-{next(self._numbers)}-"] * self._draw(st.booleans())
        style = self._draw(st.sampled_from(["mapping", "list", "wide list", "flow"]))
        if style == "flow":
            pairs = ", ".join(f"{key}: {value}" for key, value in self._options(known))
            return [*above, f"{head}{name}: {{{pairs}}}"]
        if style == "mapping":
            return [*above, f"{head}{name}:", *(self._body(known, path, indent + 2))]
        step = 2 if style == "list" else 4
        lines = [*above, f"{head}{name}:"]
        for _ in range(self._draw(st.integers(1, 2))):
            body = self._body(known, path, indent + step + 2)
            first = next(i for i, line in enumerate(body) if not line.strip().startswith("#"))
            body[first] = f"{' ' * (indent + step)}- {body[first].strip()}"
            lines += body
        return lines

    def _body(self, known: BlockFacts, path: str, indent: int) -> list[str]:
        head, lines = " " * indent, []
        for key, value in self._options(known):
            if self._draw(st.booleans()):
                lines.append(f"{head}# comment-{next(self._numbers)}-")
            aside = f"  # aside-{next(self._numbers)}-" if self._draw(st.booleans()) else ""
            lines.append(f"{head}{key}: {value}{aside}")
        children = [child for child in known.children if self._facts.blocks[f"{path}.{child}"].sure]
        for child in self._draw(st.lists(st.sampled_from(children), max_size=2, unique=True)) if children else []:
            lines += self.block(child, f"{path}.{child}", indent)
        return lines

    def _options(self, known: BlockFacts) -> list[tuple[str, str]]:
        """Return some options with values, all that must be given among them, and never none."""
        case = self._case(known)
        sure = [one for one in known.options.values() if known.is_sure(one) and _fits(one, case)]
        must = [option for option in sure if option.required or option.name == "containerName"]
        some = self._draw(st.lists(st.sampled_from(sure), min_size=1, max_size=4, unique_by=lambda o: o.name))
        chosen = {option.name: option for option in (*must, *some)}
        return [(name, self._value(option, case)) for name, option in chosen.items()]

    def _case(self, known: BlockFacts) -> Case | None:
        """Draw the kind of a block that has kinds: one of which it is sure what the release does with it."""
        cases = [case for case in known.cases if not case.broken and case.certainty != "inferred"]
        return self._draw(st.sampled_from(cases)) if cases else None

    def _value(self, option: Option, case: Case | None) -> str:
        if option.name == "jetCollection":
            return _COLLECTIONS[case.name if case else "small-R"]
        number = next(self._numbers)
        quote = self._draw(st.sampled_from(["'", '"']))
        by_type: dict[str, Any] = {
            "bool": str(self._draw(st.booleans())),
            "int": str(100000 + number),
            "float": f"{100000 + number}.0",
            "list": f"[{quote}value-{number}-{quote}]",
            "dict": f"{{region: {quote}value-{number}-{quote}}}",
        }
        return str(by_type.get(option.type, f"{quote}value-{number}-{quote}"))


def _fits(option: Option, case: Case | None) -> bool:
    """Tell whether a block of this kind has the option."""
    return case is None or not option.cases or case.name in option.cases
