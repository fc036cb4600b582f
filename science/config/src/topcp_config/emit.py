"""A tree back to YAML text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from topcp_config.tree import plain

if TYPE_CHECKING:
    from topcp_config.tree import Node


class _Dumper(yaml.SafeDumper):
    """Writes text of several lines as such: that is how cuts are written."""


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = "|" if "\n" in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)


def as_yaml(tree: Node) -> str:
    """Write a tree as YAML, keys in their order; comments are not part of a tree."""
    text: str = yaml.dump(plain(tree), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)
    return text
