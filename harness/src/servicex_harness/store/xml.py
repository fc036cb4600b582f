"""Answers in S3's XML."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias
from xml.etree import ElementTree as ET

from flask import Response

if TYPE_CHECKING:
    from collections.abc import Sequence

Content: TypeAlias = "Sequence[tuple[str, str | Content]]"

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"


def answer(name: str, content: Content) -> Response:
    """Return a document whose root has this name and content."""
    root = ET.Element(name, xmlns=NAMESPACE)
    _fill(root, content)
    return _response(root, 200)


def error(code: str, status: int, message: str) -> Response:
    """Return an error: S3's code and a text for people."""
    root = ET.Element("Error")
    _fill(root, [("Code", code), ("Message", message)])
    return _response(root, status)


def _fill(element: ET.Element, content: Content) -> None:
    for name, inner in content:
        child = ET.SubElement(element, name)
        if isinstance(inner, str):
            child.text = inner
        else:
            _fill(child, inner)


def _response(root: ET.Element, status: int) -> Response:
    return Response(ET.tostring(root, encoding="utf-8"), status, mimetype="application/xml")
