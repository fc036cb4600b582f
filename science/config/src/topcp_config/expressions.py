"""The expressions of EXPR cuts: `dR(el[0],jet[0]) > 0.4`.

Source of the grammar: EventSelectionConfig.py of athena, 2026 (see `facts/cuts.json`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from topcp_config.cuts import Expression, Operand, Sign
from topcp_config.near import listed

if TYPE_CHECKING:
    from topcp_config.language import Language

_NUMBER = r"\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\d+"
_NAME = "[A-Za-z_][A-Za-z0-9_]*"
_TOKEN = re.compile(rf"(?P<number>{_NUMBER})|(?P<sign>>=|<=|==|<|>)|(?P<name>{_NAME})|(?P<mark>[()\[\],+-])")
_BLANK = re.compile(r"\s*")
_MAX_DIGITS = 300
_SIGNS: dict[str, Sign] = {"<": "<", ">": ">", "==": "==", ">=": ">=", "<=": "<="}


class NotAnExpression(Exception):  # noqa: N818 - never leaves this package: it carries what is wrong out of the parser
    """The text is no expression; `offset` is where it goes wrong."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.offset = offset


class Parsed(NamedTuple):
    """An expression, what it is compared with, and where its operands and the value stand in the text."""

    expression: Expression
    sign: Sign
    value: float
    offsets: tuple[int, ...]
    value_offset: int


class _Token(NamedTuple):
    kind: str
    text: str
    offset: int


@dataclass(slots=True)
class _Parser:
    """Reads `variable(operand, …) sign value`."""

    tokens: list[_Token]
    separator: str | None = None
    operands: list[Operand] = field(default_factory=list)
    offsets: list[int] = field(default_factory=list)
    _next: int = 0

    def parse(self) -> Parsed:
        variable = self._take("name", "a variable, as in `pt(el[0]) > 25000`").text
        self._mark("(")
        self._operand()
        while self._peek() in (",", "+"):
            self._separator()
            self._operand()
        self._mark(")")
        sign = _SIGNS[self._take("sign", "one of < > == >= <=").text]
        value_offset = self.tokens[self._next].offset
        value = self._value()
        self._take("end", "the end of the line")
        return Parsed(Expression(variable, tuple(self.operands)), sign, value, tuple(self.offsets), value_offset)

    def _operand(self) -> None:
        name = self._take("name", "a collection, as in `el[0]`")
        index = None
        if self._peek() == "[":
            self._mark("[")
            index = self._index()
            self._mark("]")
        self.operands.append(Operand(name.text, index))
        self.offsets.append(name.offset)

    def _separator(self) -> None:
        token = self._take("mark", "a separator")
        if self.separator not in (None, token.text):
            raise NotAnExpression("`,` and `+` cannot be mixed", token.offset)
        self.separator = token.text

    def _index(self) -> int:
        token = self._take("number", "an index, counted from 0")
        if not token.text.isdecimal() or len(token.text) > _MAX_DIGITS:
            raise NotAnExpression(f"an index is a whole number, not {token.text:.40}", token.offset)
        return int(token.text)

    def _value(self) -> float:
        negative = self._peek() == "-"
        if negative:
            self._mark("-")
        number = float(self._take("number", "a number").text)
        return -number if negative else number

    def _mark(self, text: str) -> None:
        token = self._take("mark", f"`{text}`")
        if token.text != text:
            raise NotAnExpression(f"`{text}` is expected here, not {token.text!r}", token.offset)

    def _take(self, kind: str, what: str) -> _Token:
        token = self.tokens[self._next]
        if token.kind != kind:
            found = f"{token.text!r:.40}" if token.text else "the end"
            raise NotAnExpression(f"{what} is expected here, not {found}", token.offset)
        self._next = min(self._next + 1, len(self.tokens) - 1)
        return token

    def _peek(self) -> str:
        return self.tokens[self._next].text


def parse_expression(text: str, language: Language) -> Parsed:
    """Read what follows the keyword EXPR.

    Raises:
        NotAnExpression: the text does not follow the grammar, or asks for what there is not.
    """
    tokens = _tokens(text)
    parser = _Parser(tokens)
    parsed = parser.parse()
    _check_variable(parsed, parser.separator, tokens[0].offset, language)
    for operand, offset in zip(parsed.expression.operands, parsed.offsets, strict=True):
        _check_operand(operand, offset, parsed.expression.variable, language)
    return parsed


def _tokens(text: str) -> list[_Token]:
    tokens, at = [], _after_blanks(text, 0)
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise NotAnExpression(f"{text[at]!r} is no part of an expression", at)
        tokens.append(_Token(str(match.lastgroup), match.group(), at))
        at = _after_blanks(text, match.end())
    return [*tokens, _Token("end", "", len(text.rstrip()))]


def _after_blanks(text: str, at: int) -> int:
    match = _BLANK.match(text, at)
    return match.end() if match else at


def _check_variable(parsed: Parsed, separator: str | None, offset: int, language: Language) -> None:
    name, given = parsed.expression.variable, len(parsed.expression.operands)
    known = language.variables.get(name)
    if known is None:
        raise NotAnExpression(f"{name!r:.40} is no variable: there are {listed([*language.variables], 'and')}", offset)
    if known.operands is not None and given != known.operands:
        raise NotAnExpression(f"{name} takes {known.operands} operand(s), not {given}", offset)
    if given > 1 and separator != known.separator:
        raise NotAnExpression(f"the operands of {name} are separated by `{known.separator}`", offset)


def _check_operand(operand: Operand, offset: int, variable: str, language: Language) -> None:
    name = operand.collection
    if name not in language.collections:
        known = listed([*language.collections], "and")
        raise NotAnExpression(f"{name!r:.40} is no collection: there are {known}", offset)
    if name != "met":
        if operand.index is None:
            raise NotAnExpression(f"{name} needs an index: {name}[0] is the leading one", offset)
        return
    if not language.variables[variable].met:
        raise NotAnExpression(f"{variable} of met is not defined", offset)
    if operand.index is not None:
        raise NotAnExpression("met has no index", offset)
