"""Run TopCPToolkit through ServiceX on some files or on a dataset, and put the ntuples into a folder.

Run: python deliver_topcp.py --conffile reco.yaml --file root://host//path/DAOD_PHYSLITE.root --out ntuples
     python deliver_topcp.py --conffile reco.yaml --rucio SCOPE:DATASET --out ntuples

The ServiceX to use, and your token for it, stand in servicex.yaml here or in your home.
"""

from __future__ import annotations

import argparse
import logging
import shutil
import sys
from pathlib import Path

from servicex import dataset as d
from servicex import deliver
from servicex import query as q
from servicex.query_core import ServiceXException
from servicex.servicex_client import ServiceXClient

SAMPLE = "TopCPExample"


class Failures(logging.Filter):
    """Notes failed files: the client raises for them where nobody can catch it, and asyncio logs a traceback."""

    seen = False

    def filter(self, record: logging.LogRecord) -> bool:
        """Note and drop such a record, let all others pass."""
        failed = bool(record.exc_info) and isinstance(record.exc_info[1], ServiceXException)
        self.seen |= failed
        return not failed


def main() -> None:
    """Deliver the ntuples; end with one message, and not with success, when any of them is missing."""
    args = arguments()
    failures = Failures()
    logging.getLogger("asyncio").addFilter(failures)
    try:
        client = ServiceXClient()
        delivered = ntuples(args, client)
        for ntuple in copied(delivered, args.out):
            print(f"delivered {ntuple}")
        # deliver() returns the files that succeeded: fewer than asked for, or none, and raises nothing.
        if failures.seen or len(delivered) < len(args.file or [SAMPLE]):
            sys.exit(why_incomplete(client, len(delivered)))
    except Exception as error:  # noqa: BLE001 - whatever went wrong, its message is what the user needs
        sys.exit(f"failed: {str(error) or type(error).__name__}")


def ntuples(args: argparse.Namespace, client: ServiceXClient) -> list[str]:
    """Return the ntuples in the client's cache, one for each file that succeeded."""
    query = q.TopCPToolkit(conffile=args.conffile)
    print(f"configuration checked for release {query.used_release}, sending it to {client.servicex.url}")
    dataset = d.Rucio(args.rucio) if args.rucio else d.FileList(args.file)
    spec = {"Sample": [{"Name": SAMPLE, "Dataset": dataset, "Query": query}]}
    return list(deliver(spec, return_exceptions=False)[SAMPLE])


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
    """Copy the files out of the client's cache, under short names; a name appears when its file is complete."""
    if not delivered:
        return []
    folder.mkdir(parents=True, exist_ok=True)
    names = [f"{SAMPLE}.root"] if len(delivered) == 1 else [f"{SAMPLE}_{i}.root" for i in range(len(delivered))]
    parts = [
        shutil.copyfile(file, folder / f"{name}.part") for file, name in zip(sorted(delivered), names, strict=True)
    ]
    return [part.rename(part.with_suffix("")) for part in parts]


def why_incomplete(client: ServiceXClient, delivered: int) -> str:
    """Say how many files failed, and where ServiceX keeps the reasons."""
    mine = [transform for transform in client.get_transforms() if transform.title == SAMPLE]
    last = max(mine, key=lambda transform: transform.submit_time)
    page = f"{client.servicex.url}/transformation-request/{last.request_id}/results?status=failure"
    lines = [f"{last.files_failed} of {last.files} files failed, {delivered} delivered.", f"failed files: {page}"]
    if last.log_url and last.log_url != page:
        lines.append(f"logs: {last.log_url}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
