"""What a person must look at after a migration: what changes although no line does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from topcp_config.migrate import event_weights
from topcp_config.options import INCLUDE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from topcp_config.migrate.scene import Block, Scene
    from topcp_config.model import Option

_EMPTY: tuple[object, ...] = ("", [], {})

Remark = tuple[int, str, str]
"""A place in the text, the path of what is there, and a sentence."""


def remarks(scene: Scene) -> Iterator[Remark]:
    """Yield what is to be said of a text that has been migrated."""
    for here in scene.entries():
        if here.name == INCLUDE:
            yield here.pair.key.start, here.shown, "what it includes stays as it is: migrate those files as well"
    for block, message in event_weights.missing(scene):
        yield block.mapping.start, block.shown, message
    for block in scene.blocks:
        yield from _other_defaults(scene, block)


def _other_defaults(scene: Scene, block: Block) -> Iterator[Remark]:
    """Yield the options that are not written and have another default in the target."""
    before, after = scene.source.block(block.path), scene.target.block(block.path)
    if before is None or after is None or before is after:
        return
    for name, new in after.options.items():
        old = before.options.get(name)
        if old is None or block.mapping.get(name) is not None or not _differ(old, new):
            continue
        if before.is_sure(old) and after.is_sure(new):
            message = f"{name} is not written: its default was {old.default!r}, and is {new.default!r}"
            yield block.mapping.start, block.shown, message


def _differ(old: Option, new: Option) -> bool:
    """Tell whether two defaults mean something else; where one is None, the toolkit decides from all else."""
    if old.required or new.required or None in (old.default, new.default):
        return False
    both_empty = all(option.default in _EMPTY for option in (old, new))
    return bool(old.default != new.default) and not both_empty
