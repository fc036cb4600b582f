"""Fetch the public PHYSLITE sample of 100 simulated Z→ee events that the examples and tests run on.

Run: python get_sample.py FOLDER

The file is part of the source distribution of coffea (BSD-3, tests/samples), which pip downloads; its checksum is
verified and it is kept in FOLDER, so that a second call does nothing.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

DISTRIBUTION = "coffea==2026.9.0"
MEMBER = "tests/samples/PHYSLITE_example.root"
SHA256 = "6ebbafb5a1f72ca0b6fa47de73c28906101997e6f8a58d97536e4c040a15aa0b"


def get_sample(folder: Path) -> Path:
    """Return the path of the verified sample in `folder`, downloading it when it is not there yet."""
    sample = folder / Path(MEMBER).name
    if sample.exists() and _sha256(sample.read_bytes()) == SHA256:
        return sample
    content = _download()
    if (found := _sha256(content)) != SHA256:
        raise SystemExit(f"{MEMBER} of {DISTRIBUTION} has checksum {found}, expected {SHA256}")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, suffix=".part", delete=False) as part:
        part.write(content)
    Path(part.name).chmod(0o644)  # a temporary file is its owner's alone
    return Path(part.name).replace(sample)


def _download() -> bytes:
    pip = [sys.executable, "-m", "pip", "--quiet", "download", "--no-deps", "--no-binary", "coffea"]
    with tempfile.TemporaryDirectory() as tmp:
        subprocess.run([*pip, "--dest", tmp, DISTRIBUTION], check=True)
        (archive,) = Path(tmp).glob("coffea-*.tar.gz")
        with tarfile.open(archive) as tar:
            (member,) = (member for member in tar if member.name.endswith(MEMBER))
            return tar.extractfile(member).read()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    print(get_sample(Path(sys.argv[1])))
