"""The `topcp` command as a user runs it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

TOPCP = Path(sys.executable).with_name("topcp")
TALK = Path(__file__).parents[1] / "examples" / "talk"


def topcp(*arguments: str | Path, stdin: str = "", cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run([TOPCP, *arguments], input=stdin, capture_output=True, text=True, check=False, cwd=cwd)
