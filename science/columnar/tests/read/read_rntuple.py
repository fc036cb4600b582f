"""What ROOT reads from fields of an RNTuple, as JSON: python read_rntuple.py PATH FIELD TYPE [FIELD TYPE]...

It runs in a process of its own, because importing ROOT warns.
"""

from __future__ import annotations

import json
import sys

import ROOT

ROOT.gInterpreter.Declare(r"""
template <class T> std::vector<std::vector<double>> read_field(const char* path, const char* field) {
  auto reader = ROOT::RNTupleReader::Open("EventData", path);
  auto view = reader->GetView<std::vector<T>>(field);
  std::vector<std::vector<double>> events;
  for (auto event : *reader) { auto& values = view(event); events.emplace_back(values.begin(), values.end()); }
  return events;
}
""")

if __name__ == "__main__":
    path, *fields = sys.argv[1:]
    found = {
        field: [list(event) for event in ROOT.read_field[cpp_type](path, field)]
        for field, cpp_type in zip(fields[::2], fields[1::2], strict=True)
    }
    json.dump(found, sys.stdout)
