"""Edits, in the text of ServiceX's app.conf, the two dictionaries that list code generators, and nothing else.

app.conf is Python that Flask executes (helm/servicex/templates/app/configmap.yaml of ssl-hep/ServiceX). It is parsed,
never executed; an entry is put in or cut out at the place where the parser found it, so every other byte stays.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

URLS = "CODE_GEN_SERVICE_URLS"
IMAGES = "CODE_GEN_IMAGES"


class AppConfError(ValueError):
    """The text cannot be edited safely; the message says why."""


@dataclass(frozen=True)
class CodeGenerator:
    """An entry: the name that clients ask for, where it is, and its image."""

    name: str
    url: str
    image: str


def register(text: str, codegen: CodeGenerator) -> str:
    """Return `text` with `codegen` in both dictionaries; AppConfError if its name leads elsewhere already."""
    known = entries(text, URLS).get(codegen.name)
    if known not in (None, codegen.url):
        raise AppConfError(f"{codegen.name} is registered for {known} already: take that out first, it is not ours")
    return _put(_put(text, URLS, codegen.name, codegen.url), IMAGES, codegen.name, codegen.image)


def unregister(text: str, codegen: CodeGenerator) -> str:
    """Return `text` without `codegen`; as it is, if its name is absent or leads elsewhere."""
    if entries(text, URLS).get(codegen.name) != codegen.url:
        return text
    return _cut(_cut(text, URLS, codegen.name), IMAGES, codegen.name)


def entries(text: str, name: str) -> dict[str, str]:
    """Return the dictionary that `text` assigns to `name`."""
    dictionary = _dictionary(text, name)
    return {str(ast.literal_eval(key)): ast.literal_eval(value) for key, value in _items(dictionary)}


def _put(text: str, name: str, key: str, value: str) -> str:
    before = entries(text, name)
    if before.get(key) == value:
        return text
    dictionary = _dictionary(text, name)
    for known, node in _items(dictionary):
        if ast.literal_eval(known) == key:
            after = _spliced(text, *_span(text, node), repr(value))
            break
    else:
        inside = _span(text, dictionary)[0] + 1
        after = _spliced(text, inside, inside, f"{key!r}: {value!r}, ")
    return _verified(text, after, name, before | {key: value})


def _cut(text: str, name: str, key: str) -> str:
    before = entries(text, name)
    for known, node in _items(_dictionary(text, name)):
        if ast.literal_eval(known) == key:
            start, end = _span(text, known)[0], _span(text, node)[1]
            comma = re.match(rb"[ \t]*,[ \t]?", text.encode()[end:])
            after = _spliced(text, start, end + (comma.end() if comma else 0), "")
            return _verified(text, after, name, {kept: before[kept] for kept in before if kept != key})
    return text


def _verified(before: str, after: str, name: str, wanted: dict[str, str]) -> str:
    """Return `after` if it differs from `before` in that dictionary alone."""
    if entries(after, name) != wanted or _others(after, name) != _others(before, name):
        raise AppConfError(f"the way in which app.conf writes {name} is not understood")
    return after


def _dictionary(text: str, name: str) -> ast.Dict:
    found = [each.value for each in _parsed(text).body if isinstance(each, ast.Assign) and _assigns(each, name)]
    if len(found) != 1:
        raise AppConfError(f"app.conf sets {name} {len(found)} times at its top level, where ServiceX does so once")
    (dictionary,) = found
    if not isinstance(dictionary, ast.Dict) or not all(map(_is_text, [*dictionary.keys, *dictionary.values])):
        raise AppConfError(f"app.conf, line {dictionary.lineno}: {name} is not a dictionary of text written out")
    keys = [ast.literal_eval(key) for key, _ in _items(dictionary)]
    if len(set(keys)) != len(keys):
        raise AppConfError(f"app.conf, line {dictionary.lineno}: {name} has a key twice")
    return dictionary


def _others(text: str, name: str) -> list[str]:
    body = _parsed(text).body
    return [ast.dump(each) for each in body if not (isinstance(each, ast.Assign) and _assigns(each, name))]


def _parsed(text: str) -> ast.Module:
    try:
        return ast.parse(text, "app.conf")
    except SyntaxError as error:
        raise AppConfError(f"app.conf is not valid Python: line {error.lineno}: {error.msg}") from error
    except ValueError as error:  # a null byte, in Python 3.11
        raise AppConfError(f"app.conf is not valid Python: {error}") from error


def _assigns(statement: ast.Assign, name: str) -> bool:
    return any(isinstance(target, ast.Name) and target.id == name for target in statement.targets)


def _is_text(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _items(dictionary: ast.Dict) -> list[tuple[ast.expr, ast.expr]]:
    return [(key, value) for key, value in zip(dictionary.keys, dictionary.values, strict=True) if key]


def _span(text: str, node: ast.expr) -> tuple[int, int]:
    """Where `node` begins and ends, in bytes of UTF-8, which is what the parser counts in."""
    starts = [0, *(line.end() for line in re.finditer(rb"\r\n|\r|\n", text.encode()))]
    return starts[node.lineno - 1] + node.col_offset, starts[(node.end_lineno or 0) - 1] + (node.end_col_offset or 0)


def _spliced(text: str, start: int, end: int, new: str) -> str:
    source = text.encode()
    return (source[:start] + new.encode() + source[end:]).decode()
