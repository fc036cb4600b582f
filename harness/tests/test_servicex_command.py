"""Every command of the real `servicex` 3.3.1 against the harness; what they print is kept in servicex_commands.txt.

The client's own mistakes are recorded as they are. `transforms cancel` and `transforms delete` do their work and then
end with a ValueError, since they await what is already done. `transforms download -d` downloads to the current
directory: two of its options have that name.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .support import HarnessProcess, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

TESTS = Path(__file__).parent
RECORDED = TESTS / "servicex_commands.txt"
UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
SPEC = """
Sample:
  - Name: from a specification
    Codegen: copying
    Query: '{"mode": "copy", "events": 5}'
    Dataset: !FileList ["INPUT"]
"""


@pytest.fixture(scope="module")
def transcript(
    tmp_path_factory: pytest.TempPathFactory,
    root_files: list[Path],
    start_module_harness: Callable[..., HarnessProcess],
) -> str:
    """Run all commands, and return what was asked and answered."""
    home = tmp_path_factory.mktemp("commands")
    inputs = {name: home / name for name in ("good.root", "bad.root", "input.root", "slow.root")}
    for path in inputs.values():
        path.write_bytes(root_files[0].read_bytes())
    inputs["bad.root"].write_text("this is not a ROOT file")
    harness = start_module_harness(home / "state", "--workers", "2")
    done = harness.submit(inputs["good.root"], title="done").json()["request_id"]
    failed = harness.submit(inputs["bad.root"], title="failed").json()["request_id"]
    harness.finished(done), harness.finished(failed)
    running = harness.submit(inputs["slow.root"], mode="hang", title="running").json()["request_id"]
    wait_until(inputs["slow.root"].with_suffix(".hangs").exists)
    spec = home / "spec.yaml"
    spec.write_text(SPEC.replace("INPUT", str(inputs["input.root"])))
    commands = [
        ["--version"],
        ["codegen", "list"],
        ["deliver", str(spec)],
        ["cache", "list"],
        ["transforms", "list"],
        ["transforms", "list", "--complete"],
        ["transforms", "list", "--running"],
        ["transforms", "files", done],
        ["transforms", "download", done, "-d", str(home / "downloaded")],
        ["transforms", "logs", failed],
        ["transforms", "cancel", running],
        ["transforms", "list", "--running"],
        ["transforms", "delete", done],
        ["transforms", "files", done],
        ["transforms", "files", "no-such-id"],
        ["datasets", "list"],
        ["datasets", "list", "--did-finder", "rucio"],
        ["datasets", "get", "1"],
        ["datasets", "delete", "1"],
        ["datasets", "list", "--show-deleted"],
        ["datasets", "delete", "99"],
        ["cache", "clear", "-y"],
        ["cache", "list"],
        ["init", "--url", harness.url, "--auth-disabled"],
        ["codegen", "list"],
    ]
    (home / "downloaded").mkdir()
    answers = json.loads(
        harness.client(TESTS / "servicex_commands.py", text=json.dumps(commands)).stdout.splitlines()[-1]
    )
    lines = [
        f"$ servicex {' '.join(command)}\n{output.strip()}\n[exit code {code}]\n"
        for command, (code, output) in zip(commands, answers, strict=True)
    ]
    names = {done: "ID-OF-DONE", failed: "ID-OF-FAILED", running: "ID-OF-RUNNING", harness.url: "URL"}
    names |= {str(home).replace("/", separator): f"{separator}HOME" for separator in "/:_"}
    return normal("\n".join(lines), names)


def normal(text: str, names: dict[str, str]) -> str:
    """Replace what differs from run to run."""
    for value, name in names.items():
        text = text.replace(value, name)
    text = re.sub(UUID, "ID-OF-DELIVERED", text)
    text = re.sub(r"cache/[\d-]+", "cache/RUN", text)
    text = re.sub(r"http://127.0.0.1:\d+", "CODEGEN-URL", text)
    text = re.sub(r"\w{3}, \d{4}-\d\d-\d\d \d\d:\d\d", "DATE", text)
    text = re.sub(r"\d{4}-\d\d-\d\dT[\d:]+", "TIME", text)
    text = re.sub(r"\b[0-9a-f]{64}\b", "HASH", text)
    text = re.sub(r"\b\d\d:\d\d$", "SECONDS", text, flags=re.MULTILINE)
    text = re.sub(r"[\u2500-\u257f]+", " ", text)  # what boxes and bars are drawn with
    return re.sub(r"^ +| +$", "", re.sub(r" +", " ", text), flags=re.MULTILINE)


def test_every_command_of_the_client_answers_as_recorded(transcript: str, tmp_path: Path) -> None:
    (tmp_path / RECORDED.name).write_text(transcript)
    assert transcript == RECORDED.read_text(), f"if the change is right, copy {tmp_path / RECORDED.name}"
