"""The science script of the copying transformer: python transform_single_file.py INPUT OUTPUT FORMAT.

Modes: `copy` copies a ROOT file and fails on any other; `no output` and `empty output` end with exit code 0 all the
same; `killed` ends by a signal; `kills its pod` ends all around it, `kills its pod once` only once, `kills its pod
after writing once` with its output written; `hang` says so in a file beside the input and never ends; `hang once` does
so only for an input named input.root, and only once; `waits` says so and waits until the input is a ROOT file; `exit N`
fails with that code, `exit N once` only once; `full disk` copies to a device that is full.
"""

import json
import os
import shutil
import signal
import sys
import time
from pathlib import Path

source, output = Path(sys.argv[1]), Path(sys.argv[2])
wish = json.loads((Path(__file__).parent / "request.json").read_text())

if wish["mode"] == "no output":
    sys.exit(0)
if wish["mode"] == "empty output":
    output.touch()
    sys.exit(0)
if wish["mode"] == "killed":
    os.kill(os.getpid(), signal.SIGKILL)
seen = source.with_suffix(".seen")
if wish["mode"] == "kills its pod" or (wish["mode"] == "kills its pod once" and not seen.exists()):
    seen.touch()
    os.killpg(os.getpgrp(), signal.SIGKILL)
if wish["mode"] == "kills its pod after writing once" and not seen.exists():
    seen.touch()
    shutil.copyfile(source, output)
    os.killpg(os.getpgrp(), signal.SIGKILL)
if wish["mode"].startswith("exit ") and not ("once" in wish["mode"] and seen.exists()):
    seen.touch()
    print(f"RemoteError: {source.name} is not to be had now")
    sys.exit(int(wish["mode"].split()[1]))
if wish["mode"] == "full disk":
    Path("/dev/full").write_bytes(source.read_bytes())
hangs = source.with_suffix(".hangs")
once = wish["mode"] == "hang once" and source.name == "input.root" and not hangs.exists()
if wish["mode"] == "hang" or once:
    hangs.write_text(str(os.getpid()))
    time.sleep(3600)
while wish["mode"] == "waits" and source.read_bytes()[:4] != b"root":
    print("waiting", flush=True)
    time.sleep(0.5)
if source.read_bytes()[:4] != b"root":
    print("reading", source)
    print(f"ValueError: {source.name} is <not> a ROOT file")
    sys.exit(66)
shutil.copyfile(source, output)
print(f"Transform stats: Total Events: {wish['events']}, resulting file size {output.stat().st_size}")
