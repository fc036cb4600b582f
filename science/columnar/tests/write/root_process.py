"""What ROOT finds in a file, as JSON: python root_process.py COMMAND ARGUMENT...

It runs in a process of its own: importing ROOT warns, and ROOT tells its troubles on stderr alone.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import ROOT

SCALARS = {
    "Bool_t": "bool",
    "Char_t": "int8",
    "UChar_t": "uint8",
    "Short_t": "int16",
    "UShort_t": "uint16",
    "Int_t": "int32",
    "UInt_t": "uint32",
    "Long64_t": "int64",
    "ULong64_t": "uint64",
    "Float_t": "float32",
    "Double_t": "float64",
}
TYPES = {
    "bool": ("bool", "O"),
    "int8": ("char", "B"),
    "uint8": ("unsigned char", "b"),
    "int16": ("short", "S"),
    "uint16": ("unsigned short", "s"),
    "int32": ("int", "I"),
    "uint32": ("unsigned int", "i"),
    "int64": ("long", "L"),
    "uint64": ("unsigned long", "l"),
    "float32": ("float", "F"),
    "float64": ("double", "D"),
}


def read(path: str) -> dict[str, Any]:
    """The state of the file, its objects, and every value of its trees, read event by event."""
    file = ROOT.TFile(path)
    objects = {key.GetName(): key.GetClassName() for key in file.GetListOfKeys()}
    found = {
        "zombie": bool(file.IsZombie()),
        "recovered": bool(file.TestBit(ROOT.TFile.kRecovered)),
        "objects": objects,
        "trees": {name: _events(file.Get(name)) for name, kind in objects.items() if kind == "TTree"},
    }
    file.Close()
    return found


def _events(tree: Any) -> dict[str, list[Any]]:
    """By branch and event, through addresses that are set as C++ programs do."""
    cells = {branch.GetName(): _cell(branch) for branch in tree.GetListOfBranches()}
    for name, cell in cells.items():
        status = tree.SetBranchAddress(name, cell[1] if isinstance(cell, tuple) else cell)
        if status < 0:
            raise ValueError(f"SetBranchAddress of {name}: {status}")
    values: dict[str, list[Any]] = {name: [] for name in cells}
    for event in range(tree.GetEntries()):
        if tree.GetEntry(event) <= 0:
            raise ValueError(f"GetEntry of {event}")
        for name, cell in cells.items():
            values[name].append(_plain(cell))
    return values


def _cell(branch: Any) -> Any:
    if branch.ClassName() == "TBranchElement":
        return ROOT.std.vector[branch.GetClassName().removeprefix("vector<").removesuffix(">")]()
    dtype = np.dtype(SCALARS[branch.GetLeaf(branch.GetName()).GetTypeName()])
    return dtype, bytearray(dtype.itemsize)


def _plain(cell: Any) -> Any:
    if isinstance(cell, tuple):
        return np.frombuffer(cell[1], cell[0])[0].item()
    if "char" not in type(cell).__name__:
        return list(cell)
    numbers = ROOT.std.vector["int"](cell.begin(), cell.end())  # PyROOT takes chars for text, and as signed
    return [number % 256 for number in numbers] if "unsigned" in type(cell).__name__ else list(numbers)


def columns(path: str, tree: str, *summed: str) -> dict[str, Any]:
    """What RDataFrame makes of a tree: the types of its columns, its entries, and the sum over some columns."""
    frame = ROOT.RDataFrame(tree, path)
    names = [str(name) for name in frame.GetColumnNames()]
    types = {name: str(frame.GetColumnType(name)) for name in names}
    for name in summed:
        total = f"ROOT::VecOps::Sum(ROOT::VecOps::RVec<double>({name}.begin(), {name}.end()))"
        frame = frame.Define(f"{name}_total", total if "RVec" in types[name] else f"double({name})")
    sums = {name: frame.Sum(f"{name}_total") for name in summed}
    entries = frame.Count()
    return {
        "types": types,
        "sums": {name: total.GetValue() for name, total in sums.items()},
        "entries": entries.GetValue(),
    }


def fields(path: str, name: str, *names: str) -> dict[str, list[Any]]:
    """Every value of fields of an RNTuple, by event; they are called by their type: `vector_int8`, `scalar_int8`."""
    ROOT.gInterpreter.Declare(READ_FIELDS)
    found = {}
    for field in names:
        kind, _, dtype = field.partition("_")
        wide = {"f": "double", "u": "unsigned long long"}.get(np.dtype(dtype).kind, "long long")
        values = ROOT.read_field[FIELDS[kind].format(CPP.get(dtype, f"std::{dtype}_t")), wide](path, name, field)
        found[field] = [list(event) if kind == "vector" else event[0] for event in values]
    return found


FIELDS = {"vector": "std::vector<{}>", "scalar": "{}"}
CPP = {"bool": "bool", "float32": "float", "float64": "double"}
READ_FIELDS = """
template <class Out, class T> std::vector<Out> widen(const std::vector<T>& v) { return {v.begin(), v.end()}; }
template <class Out, class T> std::vector<Out> widen(const T& v) { return {static_cast<Out>(v)}; }
template <class T, class Out>
std::vector<std::vector<Out>> read_field(const char* path, const char* name, const char* field) {
  auto reader = ROOT::RNTupleReader::Open(name, path);
  auto view = reader->GetView<T>(field);
  std::vector<std::vector<Out>> events;
  for (auto event : *reader) events.push_back(widen<Out>(view(event)));
  return events;
}
"""


def clusters(path: str, tree: str) -> list[int]:
    """Where each cluster starts, and the end."""
    file = ROOT.TFile(path)
    found = file.Get(tree)
    iterator, starts = found.GetClusterIterator(0), [0]
    while iterator() < found.GetEntries():
        starts.append(int(iterator.GetNextEntry()))
    file.Close()
    return starts


def histograms(path: str) -> dict[str, Any]:
    """Every histogram, as its own functions tell."""
    file = ROOT.TFile(path)
    keys = [key for key in file.GetListOfKeys() if key.GetClassName().startswith("TH1")]
    found = {key.GetName(): _histogram(key.ReadObj()) for key in keys}
    file.Close()
    return found


def _histogram(histogram: Any) -> dict[str, Any]:
    axis, bins = histogram.GetXaxis(), range(1, histogram.GetNbinsX() + 1)
    return {
        "class": histogram.ClassName(),
        "title": histogram.GetTitle(),
        "labels": [axis.GetBinLabel(number) for number in bins],
        "edges": [axis.GetBinLowEdge(number) for number in bins] + [axis.GetXmax()],
        "values": [histogram.GetBinContent(number) for number in range(histogram.GetNbinsX() + 2)],
        "errors": [histogram.GetBinError(number) for number in bins],
        "entries": histogram.GetEntries(),
        "by label": [
            histogram.GetBinContent(axis.FindFixBin(axis.GetBinLabel(number)))
            for number in bins
            if axis.GetBinLabel(number)
        ],
    }


def merge(output: str, *inputs: str) -> dict[str, Any]:
    """hadd, then what is in its output."""
    hadd = Path(ROOT.__file__).with_name("bin") / "hadd"
    done = subprocess.run([hadd, "-v", "0", output, *inputs], capture_output=True, text=True, check=True)
    if done.stderr or done.stdout:
        raise ValueError(done.stdout + done.stderr)
    return read(output) | {"histograms": histograms(output)}


def add_to(path: str) -> dict[str, Any]:
    """Add a histogram to the file, then everything in it."""
    file = ROOT.TFile(path, "UPDATE")
    added = ROOT.TH1F("added", "", 1, 0, 1)
    added.Write()
    file.Close()
    return read(path)


def write(path: str) -> dict[str, Any]:
    """Write, as ROOT does it, a vector and a scalar branch of every type, a histogram of each kind, and a text."""
    file = ROOT.TFile(path, "RECREATE", "", 501)
    tree = ROOT.TTree("tree", "")
    vectors = [ROOT.std.vector[cpp]() for cpp, _ in TYPES.values()]
    cells = [np.zeros(1, dtype) for dtype in TYPES]
    for vector, cell, (dtype, (_, letter)) in zip(vectors, cells, TYPES.items(), strict=True):
        tree.Branch(f"vector_{dtype}", vector)
        tree.Branch(f"scalar_{dtype}", cell, f"scalar_{dtype}/{letter}")
    tree.Fill()
    histograms = [ROOT.TH1F("f", "", 1, 0, 1), ROOT.TH1I("i", "", 1, 0, 1), ROOT.TH1D("d", "", 1, 0, 1)]
    for histogram in histograms:
        histogram.GetXaxis().SetBinLabel(1, "label")
    text = ROOT.TObjString("text")
    file.WriteObject(text, "text")
    file.Write()
    file.Close()
    return {}


if __name__ == "__main__":
    sys.argv.pop(0)
    print(json.dumps(globals()[sys.argv[0]](*sys.argv[1:])))
