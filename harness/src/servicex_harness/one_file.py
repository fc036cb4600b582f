"""`servicex-harness transform`: one file through code generator and pod, with all there is to see on the way.

The inner loop of who develops a transformer. It uses the parts of `up` and keeps no state: code, log and output are
left in its directory, and the exit code is the script's own.
"""

from __future__ import annotations

import contextlib
import shutil
import sys
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from servicex_harness.backends import PodSpec
from servicex_harness.backends.start import default_image, start_backend
from servicex_harness.children import ChildServer
from servicex_harness.codegen_client import CodeGenerator
from servicex_harness.datasets.filelist import from_file_list
from servicex_harness.errors import UsageError
from servicex_harness.follow import following
from servicex_harness.generated import unpack
from servicex_harness.layout import Layout, sole_user
from servicex_harness.log import printable
from servicex_harness.models import Job
from servicex_harness.store.client import Store
from servicex_harness.store.embedded import embedded_store
from servicex_harness.summary import summary

if TYPE_CHECKING:
    from collections.abc import Iterator

    from servicex_harness.limits import Limits
    from servicex_harness.models import FileResult, Generated

REQUEST_ID = "one-file"
UNKNOWN_FAILURE = 70  # when no script has said a code of its own


@dataclass(frozen=True)
class OneFile:
    """What to transform: a selection and an input, `science` and `x509` as for `up`, and where to leave everything."""

    codegen: str
    selection: str
    location: str
    science: str
    x509: Path | None
    directory: Path
    limits: Limits
    show_code: bool


def transform_one(asked: OneFile) -> int:
    """Do it, say how it went, and return the exit code; HarnessError if it cannot be tried."""
    layout = Layout(asked.directory.resolve())
    dataset = from_file_list((asked.location,))
    if len(dataset.files) != 1:
        raise UsageError(f"--input {asked.location}: these are {len(dataset.files)} files; transform takes one")
    with sole_user(layout):
        generated = _generate(asked, layout)
        result = _transform(asked, layout, generated, dataset.files[0].paths)
    return _say(result, generated, layout)


def _generate(asked: OneFile, layout: Layout) -> Generated:
    """Ask the code generator, show its answer and leave it in the directory."""
    started = time.monotonic()
    with _code_generator(asked, layout) as codegen:
        generated = codegen.generate(asked.selection)
    archive, folder = layout.archive(REQUEST_ID), layout.root / "generated"
    archive.parent.mkdir(parents=True, exist_ok=True)
    archive.write_bytes(generated.archive)
    shutil.rmtree(folder, ignore_errors=True)
    unpack(archive, folder)
    _print(f"generated in {time.monotonic() - started:.1f} s, now in {folder}:")
    _print(f"  image {generated.image}, command {generated.language} {generated.command}")
    with zipfile.ZipFile(archive) as members:
        for member in members.infolist():
            _print(f"  {member.filename}, {member.file_size} bytes")
            if asked.show_code:
                _print_text(members.read(member).decode(errors="replace"))
    return generated


@contextlib.contextmanager
def _code_generator(asked: OneFile, layout: Layout) -> Iterator[CodeGenerator]:
    if asked.codegen.startswith(("http://", "https://")):
        yield CodeGenerator("asked", asked.codegen)
        return
    server = ChildServer("codegen", asked.codegen, layout.logs / "codegen.log", default_image(asked.science))
    try:
        yield CodeGenerator("codegen", f"http://{server.wait_until_ready()}")
    finally:
        server.stop()


def _transform(asked: OneFile, layout: Layout, generated: Generated, paths: tuple[str, ...]) -> FileResult:
    """Run the file in a pod, its log on the terminal while it is written; the output is left in the directory."""
    image = generated.image if asked.science == "local" else asked.science
    parser, command = generated.stats_parser, generated.command
    job = Job(REQUEST_ID, 1, paths, image, generated.language, command, parser, "root-file", deliveries=1)
    directory, log = layout.pods(REQUEST_ID) / "pod", layout.root / "log.txt"
    inputs = tuple(Path(path) for path in paths if path.startswith("/"))
    spec = PodSpec(REQUEST_ID, image, job.language, command, layout.archive(REQUEST_ID), directory, inputs)
    log.unlink(missing_ok=True)
    with embedded_store(layout.objects, 0) as address:
        store = Store(address)
        store.create_bucket(REQUEST_ID)
        with contextlib.closing(start_backend(asked.science, store, asked.limits, layout, asked.x509)) as backend:
            pod = backend.open(spec)
            try:
                with following(pod.printed, _print_text):
                    result = pod.transform(job, log)
            finally:
                pod.close()
        if result.success:
            store.get(REQUEST_ID, result.object_name, layout.root / "output")
        store.delete_bucket(REQUEST_ID)
    return result


def _say(result: FileResult, generated: Generated, layout: Layout) -> int:
    """Print how it ended, and return the exit code."""
    _print(f"log: {layout.root / 'log.txt'}")
    if not result.success:
        _print(f"FAILED after {result.total_time:.1f} s: {result.reason}")
        return result.exit_code or UNKNOWN_FAILURE
    events = f"{result.total_events} events by {generated.stats_parser}"
    _print(f"done in {result.total_time:.1f} s: {events}, {result.total_bytes} bytes in {layout.root / 'output'}")
    for line in summary(layout.root / "output"):
        _print(f"  {line}")
    return 0


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _print_text(text: str) -> None:
    """Print what others wrote, each line marked as theirs."""
    for line in text.splitlines():
        _print(f"  | {printable(line)}")
