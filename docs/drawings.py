"""Make the drawings of the documents: one of each text in `flows`, and what a terminal shows of a wrong YAML.

Run: python docs/drawings.py FOLDER    (`make pictures` does, into docs/images; a test compares)
"""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
import tempfile
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.text import Text
from sequence import draw, read

DOCS = Path(__file__).parent
RECO = DOCS.parent / "client" / "examples" / "talk" / "reco.yaml"
MISTAKES = {"crackVeto": "crakVeto", "maxEta: 2.47": "maxEta: '2.47'", "likelihoodWP": "identificationWP"}
WIDTH = 120


def main(folder: Path) -> None:
    """Write all drawings into `folder`."""
    for flow in sorted((DOCS / "flows").glob("*.txt")):
        (folder / f"{flow.stem}.svg").write_text(draw(*read(flow.read_text())))
    (folder / "validate.svg").write_text(screenshot(*wrong_yaml_validated()))


def wrong_yaml_validated() -> tuple[str, bytes]:
    """Return a command, and what it prints of a configuration with some mistakes."""
    text = RECO.read_text()
    for right, wrong in MISTAKES.items():
        text = text.replace(right, wrong, 1)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "wrong.yaml").write_text(text)
        command = ["topcp", "validate", "wrong.yaml"]
        return " ".join(command), printed(command, Path(folder))


def printed(command: list[str], folder: Path) -> bytes:
    """Return what a command of this environment prints to a terminal, with its colours."""
    ours, theirs = pty.openpty()
    program = Path(sys.executable).with_name(command[0])
    done = subprocess.run([program, *command[1:]], cwd=folder, stdout=theirs, stderr=theirs, check=False)
    os.close(theirs)
    output = b""
    while done.returncode == 65 and (part := _read(ours)):
        output += part
    os.close(ours)
    return output


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # nothing more comes
        return b""


def screenshot(command: str, output: bytes) -> str:
    """Return a picture of a terminal in which a command was typed."""
    console = Console(record=True, width=WIDTH, file=StringIO(), force_terminal=True)
    console.print(f"[bold]$[/] {command}", highlight=False)
    console.print(Text.from_ansi(output.decode().replace("\r\n", "\n")))
    svg = console.export_svg(title="", unique_id="terminal")
    return re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)  # no font from elsewhere


if __name__ == "__main__":
    main(Path(sys.argv[1]))
