"""A pod of ServiceX: sidecar and science container with one network, one folder in common and the generated code."""

from __future__ import annotations

import json
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .containers import docker, run, started

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TESTS = Path(__file__).parents[1]
WATCH = TESTS.parent / "harness/src/servicex_harness/pod_sidecar/scripts/watch.sh"
REQUEST = "b2d1c6de-9b1f-4a0c-8f4b-0d3f6a1c7e55"
COMMAND = (  # as ServiceX's transformer manager puts it together
    "cp /generated/transformer_capabilities.json /servicex/output && PYTHONPATH=/generated:$PYTHONPATH "
    f"bash /servicex/output/scripts/watch.sh python /generated/transform_single_file.py /servicex/output/{REQUEST}"
)


@dataclass
class Pod:
    """`transform` runs it over files, whose outputs are then in `outputs`."""

    home: Path
    generated: Mapping[str, bytes]
    shell: tuple[str, ...]  # older releases of ServiceX start bash -c, newer ones bash --login -c

    @property
    def outputs(self) -> Path:
        return self.home / "output" / REQUEST / "scratch"

    def transform(self, image: str, files: Sequence[Path], limits: Sequence[str] = ()) -> list[dict[str, str]]:
        """Hand the files out one after the other; of each what the science container said, and its log.

        `limits` are options of docker for the science container.
        """
        self._lay_out(files)
        volumes = ("--volume", f"{self.home / 'output'}:/servicex/output")
        options = (*volumes, "--volume", f"{TESTS / 'dialogue' / 'sidecar.py'}:/sidecar.py:ro", "--network", "none")
        with started("codegen", "python", "/sidecar.py", "/servicex/output", options=options) as sidecar:
            self._wait_for("listening")
            science = (
                *volumes,
                *("--volume", f"{self.home / 'generated'}:/generated:ro"),
                *("--volume", f"{self.home / 'data'}:/data:ro"),
                *("--env", "BASH_ENV=/servicex/.bashrc", "--entrypoint", "bash"),
                *limits,
            )
            run(image, *self.shell, COMMAND, options=science, network=f"container:{sidecar}")
            assert docker("wait", sidecar).stdout.strip() == "0", docker("logs", sidecar).stderr
        return list(json.loads((self.home / "output" / "answers.json").read_text()))

    def _lay_out(self, files: Sequence[Path]) -> None:
        """Folders and files, open to whatever user the containers run as."""
        for folder in ("generated", "data", f"output/{REQUEST}/scratch", "output/scripts"):
            (self.home / folder).mkdir(parents=True)
        for name, content in self.generated.items():
            (self.home / "generated" / name).write_bytes(content)
        for file in files:
            shutil.copyfile(file, self.home / "data" / file.name)  # readable by all, whatever the original is
        shutil.copy(WATCH, self.home / "output" / "scripts")
        jobs = [_document(number, f"/data/{file.name}") for number, file in enumerate(files)]
        (self.home / "output" / "jobs.json").write_text(json.dumps(jobs))
        for folder in (self.home / "output", self.outputs.parent, self.outputs):
            folder.chmod(0o777)

    def _wait_for(self, name: str) -> None:
        deadline = time.monotonic() + 60
        while not (self.home / "output" / name).exists():
            assert time.monotonic() < deadline, f"the sidecar did not make {name}"
            time.sleep(0.05)


def _document(number: int, path: str) -> dict[str, object]:
    """What the sidecar tells of a file."""
    name = path.replace("/", ":")
    return {
        "file-id": number,
        "request-id": REQUEST,
        "status": "unknown",
        "error": None,
        "file-path": path,
        "downloadPath": path,
        "safeOutputFileName": f"/servicex/output/{REQUEST}/scratch/{name}",
        "result-format": "root-file",
    }
