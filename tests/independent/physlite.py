"""A PHYSLITE TTree as plain Python: one dictionary an event, one dictionary an object, read through uproot alone.

Slow and simple on purpose: the engine's own reader is not involved, so what the two agree on is in the file.
"""

from __future__ import annotations

import itertools
import struct
from pathlib import Path
from typing import Any

import uproot

Object = dict[str, Any]
Event = dict[str, Any]

# ElementLink keys of the containers that tracks and clusters are linked in; computed by athena's
# Control/CxxUtils/Root/crc64.cxx from the container's name, and seen in the file.
TRACKS_BY_KEY = {
    490246363: "InDetTrackParticles",
    776133387: "GSFTrackParticles",
}
CLUSTER_KEY = 360221983


def read_events(path: Path) -> list[Event]:
    """All events of the file with the objects that the example's configuration looks at."""
    with uproot.open(path) as file:
        tree = file["CollectionTree"]
        columns = {
            name: _objects(tree, name)
            for name in ("AnalysisElectrons", "AnalysisMuons", "AnalysisJets", "BTagging_AntiKt4EMPFlow")
        }
        columns |= {name: _objects(tree, name) for name in ("PrimaryVertices", "egammaClusters")}
        columns |= {name: _objects(tree, name) for name in _track_containers(tree)}
        events = [dict(event) for event in _scalars(tree)]
        for event, patterns in zip(events, _sampling_patterns(tree), strict=True):
            event["samplingPattern"] = patterns
    for number, event in enumerate(events):
        event |= {name: per_event[number] for name, per_event in columns.items()}
    return events


def _names(tree: Any) -> list[str]:
    return list(tree.keys())


def _track_containers(tree: Any) -> list[str]:
    return sorted({key.split("AuxDyn")[0] for key in _names(tree) if "TrackParticlesAuxDyn.d0" in key})


def _scalars(tree: Any) -> list[Event]:
    prefix = "EventInfoAuxDyn."
    names = [key for key in _names(tree) if key.startswith(prefix) and "/" not in key and "Link" not in key]
    names = [key for key in names if "detDescrTags" not in key]
    values = {key.removeprefix(prefix): tree[key].array().to_list() for key in names}
    return [dict(zip(values, row, strict=True)) for row in zip(*values.values(), strict=True)]


def _objects(tree: Any, container: str) -> list[list[Object]]:
    """Per event the objects of a container; ElementLinks become (key, index) pairs."""
    prefix = f"{container}AuxDyn."
    values: dict[str, Any] = {}
    for key in _names(tree):
        if not key.startswith(prefix) or "/" in key:
            continue
        name = key.removeprefix(prefix)
        if tree[key].typename.startswith("vector<ElementLink"):
            keys, indices = (tree[f"{key}/{key}.m_pers{part}"].array().to_list() for part in ("Key", "Index"))
            values[name] = [list(zip(k, i, strict=True)) for k, i in zip(keys, indices, strict=True)]
        elif tree[key].typename.startswith("std::vector"):
            values[name] = _links_as_pairs(tree[key].array().to_list())
    events = zip(*values.values(), strict=True)
    return [[dict(zip(values, row, strict=True)) for row in zip(*event, strict=True)] for event in events]


def _links_as_pairs(value: Any) -> Any:
    if isinstance(value, list):
        return [_links_as_pairs(item) for item in value]
    if isinstance(value, dict):
        return (value["m_persKey"], value["m_persIndex"])
    return value


def _sampling_patterns(tree: Any) -> list[list[int]]:
    """CaloCluster_v1::m_samplingPattern of each cluster, from the raw bytes of the object branch.

    An entry is streamed member-wise: byte count, version with bit 0x4000, checksum, number of clusters, patterns.
    """
    basket = tree["egammaClusters"].basket(0)
    data, ends = bytes(basket.data), basket.byte_offsets
    patterns = []
    for start, stop in itertools.pairwise(ends):
        (count,) = struct.unpack_from(">I", data, start + 12)
        patterns.append(list(struct.unpack_from(f">{count}I", data, start + 16)))
        assert start + 16 + 4 * count == stop
    return patterns
