"""Selection expressions such as `tight||loose`: read once, then evaluated on arrays of flags.

The grammar is that of CP::SelectionExprParser
(PhysicsAnalysis/Algorithms/SelectionHelpers/Root/SelectionExprParser.cxx): `||` binds weaker than `&&`, `!` binds
strongest, with brackets and the words true and false.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Flags: TypeAlias = npt.NDArray[np.bool_]
#: The flags of a selection by its name; by the empty name, flags of the same length.
Lookup: TypeAlias = Callable[[str], Flags]


def as_flags(values: npt.NDArray[Any]) -> Flags:
    """What is not 0 is set; flags are taken as they are."""
    return values if values.dtype == np.bool_ else np.asarray(values != 0)


_TOKEN = re.compile(r"\s*(&&|\|\||[!()]|[^|&()!\s]+)")


class BadExpression(ValueError):  # noqa: N818  the caller makes a refusal of it
    """The text is not a selection expression."""


@dataclass(frozen=True, slots=True)
class Constant:
    """One of the words true and false."""

    value: bool

    def names(self) -> tuple[str, ...]:
        return ()

    def evaluate(self, lookup: Lookup) -> Flags:
        return np.full_like(lookup(""), self.value)


@dataclass(frozen=True, slots=True)
class Name:
    """A selection, by its name."""

    name: str

    def names(self) -> tuple[str, ...]:
        return (self.name,)

    def evaluate(self, lookup: Lookup) -> Flags:
        return lookup(self.name)


@dataclass(frozen=True, slots=True)
class Not:
    operand: Node

    def names(self) -> tuple[str, ...]:
        return self.operand.names()

    def evaluate(self, lookup: Lookup) -> Flags:
        return ~self.operand.evaluate(lookup)


@dataclass(frozen=True, slots=True)
class Both:
    left: Node
    right: Node

    def names(self) -> tuple[str, ...]:
        return self.left.names() + self.right.names()

    def evaluate(self, lookup: Lookup) -> Flags:
        return self.left.evaluate(lookup) & self.right.evaluate(lookup)


@dataclass(frozen=True, slots=True)
class Either:
    left: Node
    right: Node

    def names(self) -> tuple[str, ...]:
        return self.left.names() + self.right.names()

    def evaluate(self, lookup: Lookup) -> Flags:
        return self.left.evaluate(lookup) | self.right.evaluate(lookup)


Node: TypeAlias = Constant | Name | Not | Both | Either


def parse(text: str) -> Node:
    """The expression in `text`. Raises BadExpression, which says what is wrong with it."""
    reader = _Reader(text)
    node = reader.either()
    if reader.tokens:
        raise BadExpression(f"{text!r}: what does {reader.tokens[0]!r} belong to?")
    return node


class _Reader:
    """The tokens yet to be read of one expression."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = list(self._split())

    def _split(self) -> list[str]:
        tokens, at = [], 0
        while self.text[at:].strip():
            match = _TOKEN.match(self.text, at)
            if match is None:
                raise BadExpression(f"{self.text!r}: cannot read {self.text[at:].strip()!r}")
            tokens.append(match.group(1))
            at = match.end()
        return tokens

    def _take(self, token: str) -> bool:
        if self.tokens[:1] != [token]:
            return False
        self.tokens.pop(0)
        return True

    def either(self) -> Node:
        node = self.both()
        while self._take("||"):
            node = Either(node, self.both())
        return node

    def both(self) -> Node:
        node = self.factor()
        while self._take("&&"):
            node = Both(node, self.factor())
        return node

    def factor(self) -> Node:
        if self._take("!"):
            return Not(self.factor())
        if self._take("("):
            node = self.either()
            if not self._take(")"):
                raise BadExpression(f"{self.text!r}: a bracket is not closed")
            return node
        if not self.tokens or self.tokens[0] in ("&&", "||", ")"):
            raise BadExpression(f"{self.text!r}: a selection is missing")
        word = self.tokens.pop(0)
        return Constant(word == "true") if word in ("true", "false") else Name(word)
