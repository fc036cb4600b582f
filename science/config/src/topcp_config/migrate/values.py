"""Values that the target reads differently."""

from __future__ import annotations

from topcp_config.migrate import edits
from topcp_config.migrate.document import Edit
from topcp_config.migrate.scene import Here, Scene, Step


def rewritten_value(scene: Scene, here: Here) -> Step | None:
    """Write a whole number as the target takes it for a float, and leave out an option without a value."""
    option, value = scene.target.option(here.path), here.pair.value
    if option is None or value.kind != "scalar":
        return None
    rules = scene.target.facts.rules
    if option.type == "float" and type(value.value) is int and rules.int_for_float != "convert":
        new = f"{value.value}.0"
        return Step(here, [Edit(value.start, value.end, new)], f"{scene.doc.raw(value)} written as {new}")
    if value.value is None and rules.null_option == "reject" and not option.required:
        removed = edits.remove(scene.doc, here.spot)
        return Step(here, removed, "removed: it has no value, which means its default") if removed else None
    return None
