"""Copy one file from an XRootD server: a program, which `xrootd` runs. SOURCE TARGET; says in JSON how it went."""

from __future__ import annotations

import json
import sys

from XRootD import client


def main() -> None:
    """Copy, and write whether it went well, the number of the error, and the message."""
    source, target = sys.argv[1:]
    process = client.CopyProcess()
    process.add_job(source, target, force=True)
    process.prepare()
    status, _ = process.run()
    print(json.dumps([status.ok, status.errno, status.message.strip()]))


if __name__ == "__main__":
    main()
