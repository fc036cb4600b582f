"""Run the unmodified deliver() in the current directory, as a user would.

Run: python deliver_samples.py [Delivery] < {"sample": [[file, …], selection], …}

It prints a JSON object: the delivered files of each sample, or the text of the exception.
"""

import json
import sys

from servicex import ProgressBarFormat, dataset, deliver


def delivered(guard: object) -> object:
    """Return the list of a sample, or the error that using it gives."""
    try:
        return list(guard)  # type: ignore[call-overload]
    except Exception as error:  # noqa: BLE001 - whatever the user would see
        return f"{error} {error.__cause__ or ''}"


samples = [
    {"Name": name, "Codegen": "copying", "Query": selection, "Dataset": dataset.FileList(files)}
    for name, (files, selection) in json.load(sys.stdin).items()
]
general = {"Delivery": sys.argv[1]} if len(sys.argv) > 1 else {}
results = deliver({"General": general, "Sample": samples}, progress_bar=ProgressBarFormat.none)
print(json.dumps({name: delivered(guard) for name, guard in results.items()}))
