"""Run TopCPToolkit through ServiceX on some files or on a dataset, and put the ntuples into a folder.

Run: python deliver_topcp.py --conffile reco.yaml --file root://host//path/DAOD_PHYSLITE.root --out ntuples
     python deliver_topcp.py --conffile reco.yaml --rucio SCOPE:DATASET --out ntuples

The ServiceX to use, and your token for it, stand in servicex.yaml here or in your home.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from servicex import dataset as d
from servicex import deliver
from servicex import query as q
from servicex.servicex_client import ServiceXClient

SAMPLE = "TopCPExample"


def main() -> None:
    """Deliver the ntuples; end with one message, and not with success, when any of them is missing."""
    args = arguments()
    try:
        query = q.TopCPToolkit(conffile=args.conffile)
        print(f"configuration checked for release {query.used_release}")
        dataset = d.Rucio(args.rucio) if args.rucio else d.FileList(args.file)
        spec = {"Sample": [{"Name": SAMPLE, "Dataset": dataset, "Query": query}]}
        delivered = list(deliver(spec, return_exceptions=False)[SAMPLE])
    except Exception as error:  # noqa: BLE001 - whatever went wrong, its message is what the user needs
        sys.exit(f"nothing was delivered: {error}")
    for ntuple in copied(delivered, args.out):
        print(f"delivered {ntuple}")
    # deliver() returns the files that succeeded: fewer than asked for, or none, and raises nothing.
    if len(delivered) < len(args.file or [SAMPLE]):
        sys.exit(why_incomplete(len(delivered)))


def arguments() -> argparse.Namespace:
    """Return the command line's arguments."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--conffile", required=True, help="reco.yaml, or a folder with reco/parton/particle.yaml")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--file", action="append", help="URL or path of a PHYSLITE file; may be given several times")
    source.add_argument("--rucio", metavar="DID", help="a dataset known to Rucio, SCOPE:NAME")
    parser.add_argument("--out", type=Path, default=Path(), help="folder for the ntuples (default: this one)")
    return parser.parse_args()


def copied(delivered: list[str], folder: Path) -> list[Path]:
    """Copy the files out of the client's cache, under short names."""
    folder.mkdir(parents=True, exist_ok=True)
    names = [f"{SAMPLE}.root"] if len(delivered) == 1 else [f"{SAMPLE}_{i}.root" for i in range(len(delivered))]
    return [shutil.copyfile(file, folder / name) for file, name in zip(sorted(delivered), names, strict=True)]


def why_incomplete(delivered: int) -> str:
    """Say how many files failed, and where ServiceX keeps the reasons."""
    client = ServiceXClient()
    mine = [transform for transform in client.get_transforms() if transform.title == SAMPLE]
    last = max(mine, key=lambda transform: transform.submit_time)
    page = f"{client.servicex.url}/transformation-request/{last.request_id}/results?status=failure"
    places = [page] if last.log_url in (None, page) else [page, last.log_url]
    return "\n  ".join([f"{last.files_failed} of {last.files} files failed, {delivered} delivered; why:", *places])


if __name__ == "__main__":
    main()
