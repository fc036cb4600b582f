"""A payload's file: read, validated, understood."""

from __future__ import annotations

import gzip
import hashlib
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from topcp_columnar.errors import ConfigRefused
from topcp_columnar.payload.corrections import Correction
from topcp_columnar.payload.model import EFFECTS, OBJECTS, OF_OBJECTS, OF_SOFT_TERM, Payload, PayloadVariation
from topcp_columnar.payload.taggers import read_taggers
from topcp_columnar.systematics import NOSYS

#: The name of the payload that comes with the engine.
APPROXIMATE = "approximate"
_SHIPPED = "approximate.json"
_VERSION = 1
_REQUIRED = {"name", "objects", "effect", "correction", "source"}
_ALLOWED = _REQUIRED | {"variable", "one_sided"}


def load_payload(location: str) -> Payload:
    """The payload in a file, JSON or gzipped JSON; `approximate` is the one that comes with the engine.

    Raises ConfigRefused, naming the file and the systematic, if it cannot be read, is not of correctionlib's schema v2,
    or does not say what its corrections are for.
    """
    if location == APPROXIMATE:
        with as_file(files("topcp_columnar.payload") / _SHIPPED) as path:
            return _load(path, location)
    return _load(Path(location), location)


def _load(path: Path, location: str) -> Payload:
    try:
        content = path.read_bytes()
        text = gzip.decompress(content) if path.suffix == ".gz" else content
    except (OSError, EOFError) as error:
        raise ConfigRefused(f"{location}: the payload cannot be read: {error}") from error
    corrections, description = _corrections(text, location)
    about = _about(description, location)
    variations = tuple(_variation(entry, corrections, location) for entry in about["systematics"])
    _refuse_doubles(variations, location)
    digest = hashlib.sha256(content).hexdigest()
    taggers = read_taggers(about, location)
    return Payload(str(about["name"]), location, digest, bool(about["official"]), variations, taggers)


def _corrections(text: bytes, location: str) -> tuple[dict[str, Correction], str]:
    """The corrections of the file by name, and its description."""
    # Imported here: a run without a payload does not wait for it.
    from correctionlib import CorrectionSet, schemav2

    try:
        model = schemav2.CorrectionSet.model_validate_json(text)
        # As the model writes it: the schema allows whole numbers as edges, which the evaluator does not take.
        evaluators = CorrectionSet.from_string(model.model_dump_json(exclude_unset=True))
    except (ValueError, RuntimeError) as error:
        raise ConfigRefused(f"{location}: the payload is not of correctionlib's schema v2: {error}") from error
    found = {correction.name: Correction(correction, evaluators[correction.name]) for correction in model.corrections}
    return found, model.description or ""


def _about(description: str, location: str) -> dict[str, Any]:
    """The metadata in the description."""
    import yaml

    try:
        about = yaml.load(description, getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506  both are safe
    except yaml.YAMLError as error:
        raise ConfigRefused(f"{location}: the payload's description is not YAML: {error}") from error
    if not isinstance(about, dict) or about.get("topcp_payload") != _VERSION:
        raise ConfigRefused(
            f"{location}: the payload's description does not say `topcp_payload: {_VERSION}`; see the README of "
            "topcp-columnar for what it must say"
        )
    wrong = {
        "name": not isinstance(about.get("name"), str),
        "official": not isinstance(about.get("official"), bool),
        "systematics": not isinstance(about.get("systematics"), list),
    }
    if bad := [key for key, is_wrong in wrong.items() if is_wrong]:
        raise ConfigRefused(f"{location}: the payload's description lacks {', '.join(bad)}, or has it in another type")
    return about


def _variation(entry: Any, corrections: dict[str, Correction], location: str) -> PayloadVariation:
    """One entry of `systematics`."""
    given = set(entry) if isinstance(entry, dict) else set()
    name = str(entry.get("name")) if isinstance(entry, dict) else "?"
    where = f"{location}: systematic {name}"
    if lacking := sorted(_REQUIRED - given):
        raise ConfigRefused(f"{where} lacks {', '.join(lacking)}")
    if unknown := sorted(given - _ALLOWED):
        raise ConfigRefused(f"{where} has {', '.join(unknown)}, which means nothing here")
    for key, known in (("objects", OBJECTS), ("effect", EFFECTS), ("correction", corrections)):
        if entry[key] not in known:
            raise ConfigRefused(f"{where}: {key} is {entry[key]!r}, not one of {', '.join(known)}")
    effects = OF_SOFT_TERM if entry["objects"] == "met" else OF_OBJECTS
    if entry["effect"] not in effects:
        raise ConfigRefused(
            f"{where}: the effect {entry['effect']} is none of {entry['objects']}: {', '.join(effects)}"
        )
    correction = corrections[entry["correction"]]
    if correction.texts:
        raise ConfigRefused(f"{where}: {correction.name} reads texts that no object has: {', '.join(correction.texts)}")
    if entry["effect"] == "weight" and not entry.get("variable"):
        raise ConfigRefused(f"{where}: a weight needs `variable`, the scale factors that it is for")
    if name == NOSYS and entry["effect"] != "weight":
        raise ConfigRefused(f"{where}: only a weight may be nominal; give the {entry['effect']} a name of its own")
    return PayloadVariation(
        name,
        entry["objects"],
        entry["effect"],
        correction,
        str(entry["source"]),
        entry.get("variable", ""),
        bool(entry.get("one_sided", False)),
    )


def _refuse_doubles(variations: tuple[PayloadVariation, ...], location: str) -> None:
    seen = set()
    for variation in variations:
        key = (variation.name, variation.objects, variation.effect == "weight", variation.variable)
        if key in seen:
            raise ConfigRefused(
                f"{location}: systematic {variation.name} acts twice on the same of {variation.objects}"
            )
        seen.add(key)
