"""The language of the cuts of an EventSelection, as one release has it: keywords, their arguments, rules.

The facts are data: `facts/cuts.json`, described by `facts/cuts.schema.json`, holds the language of all releases.
"""

from __future__ import annotations

import json
import pkgutil
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from topcp_config.spans import Known, Span, span_of

if TYPE_CHECKING:
    from collections.abc import Mapping

Kind = Literal[
    "energy", "count", "number", "sign", "selection", "btag", "ghost", "container", "region", "text", "choice"
]


class Argument(NamedTuple):
    """One argument of a cut; `is_value` marks the number that stands after the sign."""

    name: str
    kind: Kind
    is_value: bool = False
    choices: tuple[str, ...] = ()


class Form(NamedTuple):
    """One way to write a cut: the arguments after its keyword, in their order."""

    usage: str
    arguments: tuple[Argument, ...]
    known: Known


class Keyword(NamedTuple):
    """A keyword, and what its cuts are about.

    `needs` lists options of the EventSelection: of each group one must be given. `selections` maps arguments that name
    a selection to the option whose container has it. `default_btag`: without `tagger:WP`, btagDecoration is used.
    """

    name: str
    known: Known
    forms: tuple[Form, ...]
    needs: tuple[tuple[str, ...], ...]
    selections: Mapping[str, str]
    flags: tuple[str, ...]
    flags_known: Known
    default_btag: bool
    deprecated: bool
    is_expression: bool

    def usages(self) -> list[str]:
        """Write the ways to use it, as in `EL_N pt sign count`; flags in brackets."""
        flags = "".join(f" [{flag}]" for flag in self.flags if self.flags_known != "no")
        return [f"{self.name} {form.usage}".rstrip() + flags for form in self.forms if form.known != "no"]


class Variable(NamedTuple):
    """A quantity of an EXPR: how many operands (None: one or more), what separates them, whether met may be one.

    `energy`: it is one, in MeV.
    """

    operands: int | None
    separator: str | None
    met: bool
    energy: bool


class Language(NamedTuple):
    """The cuts of one release. `spans` tells of those of every release; `collections` and `variables` are of EXPR."""

    release: str
    keywords: Mapping[str, Keyword]
    spans: Mapping[str, Span]
    rules: Mapping[str, Known]
    ghosts: tuple[str, ...]
    collections: Mapping[str, str]
    variables: Mapping[str, Variable]


@cache
def load_language(release: str) -> Language:
    """Read the language of the cuts of a release."""
    raw = json.loads(pkgutil.get_data("topcp_config", "facts/cuts.json") or b"{}")
    arguments = {name: _argument(name, entry) for name, entry in raw["arguments"].items()}
    keywords = {name: _keyword(name, entry, arguments, release) for name, entry in raw["keywords"].items()}
    expressions = raw["expressions"]
    return Language(
        release=release,
        keywords=MappingProxyType({name: word for name, word in keywords.items() if word.known != "no"}),
        spans=MappingProxyType({name: span_of(entry) for name, entry in raw["keywords"].items()}),
        rules=MappingProxyType({name: span_of(entry).holds(release) for name, entry in raw["rules"].items()}),
        ghosts=tuple(raw["ghosts"]),
        collections=MappingProxyType(expressions["collections"]),
        variables=MappingProxyType({name: _variable(entry) for name, entry in expressions["variables"].items()}),
    )


def _argument(name: str, raw: Mapping[str, Any]) -> Argument:
    return Argument(name, raw["kind"], raw.get("is") == "value", tuple(raw.get("choices", ())))


def _keyword(name: str, raw: Mapping[str, Any], arguments: Mapping[str, Argument], release: str) -> Keyword:
    return Keyword(
        name=name,
        known=span_of(raw).holds(release),
        forms=tuple(_form(form, arguments, release) for form in raw["forms"]),
        needs=_needs(raw, release),
        selections=MappingProxyType(raw.get("selections", {})),
        flags=tuple(raw.get("flags", ())),
        flags_known=span_of(raw.get("flagsSince", {})).holds(release),
        default_btag=raw.get("btagDecoration", False),
        deprecated="deprecated" in raw and span_of(raw["deprecated"]).holds(release) == "yes",
        is_expression=raw.get("expression", False),
    )


def _needs(raw: Mapping[str, Any], release: str) -> tuple[tuple[str, ...], ...]:
    also = raw.get("needsAlso", {"options": ()})
    more = tuple(also["options"]) if span_of(also).holds(release) != "no" else ()
    return tuple((*group, *more) for group in raw.get("needs", ()))


def _form(raw: Mapping[str, Any], arguments: Mapping[str, Argument], release: str) -> Form:
    usage = raw["usage"]
    return Form(usage, tuple(arguments[name] for name in usage.split()), span_of(raw).holds(release))


def _variable(raw: Mapping[str, Any]) -> Variable:
    return Variable(raw.get("operands"), raw.get("separator"), raw.get("met", False), raw.get("energy", False))
