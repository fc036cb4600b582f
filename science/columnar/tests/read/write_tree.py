"""Columns as ROOT writes them: python write_tree.py COLUMNS.npz AUTO_FLUSH OUT.root COMPRESSION [OUT COMPRESSION]...

COLUMNS.npz holds, for each branch, `<name>` (the numbers), and `<name>@offsets` and `<name>@inner` if it has them.
It runs in a process of its own, because importing ROOT warns.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import ROOT

ROOT.gInterpreter.Declare(r"""
struct Column { virtual void fill(long) = 0; virtual ~Column() {} };

template <class T> struct Scalars : Column {
  T value; std::vector<T> numbers;
  void fill(long i) override { value = numbers[i]; }
};

template <class T> struct Vectors : Column {
  std::vector<T> value, numbers; std::vector<long> offsets;
  void fill(long i) override { value.assign(numbers.begin() + offsets[i], numbers.begin() + offsets[i + 1]); }
};

template <class T> struct Nested : Column {
  std::vector<std::vector<T>> value; std::vector<T> numbers; std::vector<long> offsets, inner;
  void fill(long i) override {
    value.clear();
    for (long k = offsets[i]; k < offsets[i + 1]; ++k)
      value.emplace_back(numbers.begin() + inner[k], numbers.begin() + inner[k + 1]);
  }
};

struct Tree {
  TFile file; TTree* tree; std::vector<Column*> columns;
  Tree(const char* path, int compression, long auto_flush) : file(path, "RECREATE", "", compression) {
    tree = new TTree("CollectionTree", "CollectionTree");
    tree->SetAutoFlush(auto_flush);
  }
  template <class T> static std::vector<T> copy(uintptr_t p, long n) { return std::vector<T>((T*)p, (T*)p + n); }
  template <class T> void scalars(const char* name, const char* leaf, uintptr_t p, long n) {
    auto c = new Scalars<T>(); c->numbers = copy<T>(p, n);
    tree->Branch(name, &c->value, leaf); columns.push_back(c);
  }
  template <class T> void vectors(const char* name, uintptr_t p, long n, uintptr_t o, long no) {
    auto c = new Vectors<T>(); c->numbers = copy<T>(p, n); c->offsets = copy<long>(o, no);
    tree->Branch(name, &c->value, 32000, 0); columns.push_back(c);
  }
  template <class T> void nested(const char* name, uintptr_t p, long n, uintptr_t o, long no, uintptr_t i, long ni) {
    auto c = new Nested<T>(); c->numbers = copy<T>(p, n); c->offsets = copy<long>(o, no); c->inner = copy<long>(i, ni);
    tree->Branch(name, &c->value, 32000, 0); columns.push_back(c);
  }
  void fill(long n_events) {
    for (long i = 0; i < n_events; ++i) { for (auto c : columns) c->fill(i); tree->Fill(); }
    tree->Write(); file.Close();
  }
};
""")

# C++ type and leaf code of each number type
TYPES = {
    "bool": ("bool", "O"),
    "int8": ("char", "B"),
    "uint8": ("unsigned char", "b"),
    "int16": ("short", "S"),
    "uint16": ("unsigned short", "s"),
    "int32": ("int", "I"),
    "uint32": ("unsigned int", "i"),
    "int64": ("Long64_t", "L"),
    "uint64": ("ULong64_t", "l"),
    "float32": ("float", "F"),
    "float64": ("double", "D"),
}


def _array(values: Any) -> tuple[int, int]:
    return values.ctypes.data, len(values)


def write(columns: dict[str, Any], auto_flush: int, path: str, compression: int) -> None:
    """Write one file."""
    tree = ROOT.Tree(path, compression, auto_flush)
    n_events = 0
    for name in [name for name in columns if "@" not in name]:
        cpp_type, leaf = TYPES[columns[name].dtype.name]
        numbers, offsets, inner = columns[name], columns.get(f"{name}@offsets"), columns.get(f"{name}@inner")
        if offsets is None:
            n_events = len(numbers)
            tree.scalars[cpp_type](name, f"{name}/{leaf}", *_array(numbers))
        elif inner is None:
            tree.vectors[cpp_type](name, *_array(numbers), *_array(offsets))
        else:
            tree.nested[cpp_type](name, *_array(numbers), *_array(offsets), *_array(inner))
    tree.fill(n_events)


if __name__ == "__main__":
    with np.load(sys.argv[1]) as stored:
        loaded = {name: np.ascontiguousarray(stored[name]) for name in stored.files}
    for out, algorithm in zip(sys.argv[3::2], sys.argv[4::2], strict=True):
        write(loaded, int(sys.argv[2]), out, int(algorithm))
