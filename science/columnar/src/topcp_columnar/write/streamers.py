"""The descriptions (TStreamerInfo) of the classes in the file, for readers that do not know them by heart.

uproot carries those of all classes written here but two, TBranchElement and TLeafElement; these are spelt out below.
Source: the members and checksums that ROOT itself writes for them; a test compares.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from uproot.models import TH, TLeaf, TObjString, TTree

from topcp_columnar.write.record import Record

_MODELS = (
    TTree.Model_TTree_v20,
    *(getattr(TLeaf, f"Model_TLeaf{letter}_v1") for letter in "OBSILFD"),
    *(getattr(TH, f"Model_TH1{letter}_v3") for letter in "IFD"),
    TObjString.Model_TObjString,
)


@dataclass(frozen=True)
class _Class:
    """A class with one base: versions, checksums, and members with their C++ types."""

    name: str
    version: int
    checksum: int
    base: str
    base_version: int
    base_checksum: int
    members: dict[str, str]


_TBRANCH_ELEMENT = _Class(
    *("TBranchElement", 10, 3880738403),
    *("TBranch", 13, 278366892),
    {
        **dict.fromkeys(("fClassName", "fParentName", "fClonesName"), "TString"),
        "fCheckSum": "unsigned int",
        "fClassVersion": "short",
        **dict.fromkeys(("fID", "fType", "fStreamerType", "fMaximum"), "int"),
        **dict.fromkeys(("fBranchCount", "fBranchCount2"), "TBranchElement*"),
    },
)
_TLEAF_ELEMENT = _Class("TLeafElement", 1, 2689566867, "TLeaf", 2, 1830715730, {"fID": "int", "fType": "int"})

# C++ type of a member: the element that describes it, its number in TVirtualStreamerInfo::EReadWrite, its size
_ELEMENTS = {
    "TString": ("TStreamerString", 65, 24),
    "unsigned int": ("TStreamerBasicType", 13, 4),
    "short": ("TStreamerBasicType", 2, 2),
    "int": ("TStreamerBasicType", 3, 4),
    "TBranchElement*": ("TStreamerObjectPointer", 64, 8),
}
_NO_OPTION = b"\0"  # of an object in a TList


@cache
def streamer_list() -> bytes:
    """The TList of all descriptions. It does not depend on the key before it."""
    described = {(name, version): raw for model in _MODELS for _, raw, name, version in model.class_rawstreamers}
    infos = [*described.values(), _info(_TBRANCH_ELEMENT), _info(_TLEAF_ELEMENT)]
    record = Record()
    with record.versioned(5):
        record.root_object()
        record.text("")
        record.pack("i", len(infos))
        for info in infos:
            record.raw(info)
    return bytes(record)


def _info(described: _Class) -> bytes:
    """A TStreamerInfo (version 9). It points to classes by name alone, so that it may stand anywhere in the list."""
    record = Record(by_name=True)
    with record.pointed("TStreamerInfo"), record.versioned(9):
        record.named(described.name, "")
        record.pack("Ii", described.checksum, described.version)
        with record.pointed("TObjArray"), record.array(1 + len(described.members)):
            with record.pointed("TStreamerBase"), record.versioned(3):
                _element(record, described.base, "BASE", 0, 0, described.base_checksum)
                record.pack("i", described.base_version)
            for name, cpp in described.members.items():
                class_name, number, size = _ELEMENTS[cpp]
                with record.pointed(class_name), record.versioned(2):
                    _element(record, name, cpp, number, size, 0)
    return bytes(record) + _NO_OPTION


def _element(record: Record, name: str, cpp: str, number: int, size: int, base_checksum: int) -> None:
    """A TStreamerElement (version 4)."""
    with record.versioned(4):
        record.named(name, "")
        record.pack("4i5I", number, size, 0, 0, 0, base_checksum, 0, 0, 0)  # no array; a base's checksum is second
        record.text(cpp)
