"""A running harness with the copying transformer, and parts of one."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
import uproot
from servicex_harness.backends.local import IMAGE
from servicex_harness.children import ChildServer
from servicex_harness.codegen_client import CodeGenerator
from servicex_harness.store.client import S3Address, Store

from .support import TESTS, HarnessProcess, ready

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path


@pytest.fixture(scope="session")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HarnessProcess]:
    """One harness for all tests that only make requests."""
    running = ready(tmp_path_factory.mktemp("harness") / "state", "--workers", "2")
    yield running
    assert running.stop() == 0


@contextmanager
def _starter() -> Iterator[Callable[..., HarnessProcess]]:
    started: list[HarnessProcess] = []

    def start(directory: Path, *arguments: str | Path, before: Sequence[str | Path] = ()) -> HarnessProcess:
        started.append(ready(directory, *arguments, before=before))
        return started[-1]

    yield start
    for running in started:
        if running.process.poll() is None:
            running.stop()


@pytest.fixture
def start_harness() -> Iterator[Callable[..., HarnessProcess]]:
    """Start harnesses of a test's own; those that still run at its end are stopped."""
    with _starter() as start:
        yield start


@pytest.fixture(scope="module")
def start_module_harness() -> Iterator[Callable[..., HarnessProcess]]:
    """Start harnesses for all tests of a module."""
    with _starter() as start:
        yield start


@pytest.fixture(scope="session")
def root_files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Three ROOT files with a tree of 3, 4 and 5 entries."""
    directory = tmp_path_factory.mktemp("inputs")
    files = [directory / f"input {index}.root" for index in range(3)]
    for index, file in enumerate(files):
        with uproot.recreate(file) as out:
            out["tree"] = {"x": list(range(index + 3))}
    return files


@pytest.fixture(scope="session")
def bad_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that is not ROOT."""
    file = tmp_path_factory.mktemp("inputs") / "bad.root"
    file.write_text("this is not a ROOT file")
    return file


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """An object store that is not the harness's own: moto."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(TESTS))
        server = ChildServer("store", "moto_app:create_app", tmp_path_factory.mktemp("s3") / "s3.log", "")
    yield Store(S3Address(server.wait_until_ready(), "access", "secret"))
    server.stop()


@pytest.fixture(scope="session")
def codegen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CodeGenerator]:
    """The copying code generator, served as the harness serves it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(TESTS))
        server = ChildServer("copying", "copying_codegen:create_app", tmp_path_factory.mktemp("codegen") / "log", IMAGE)
    yield CodeGenerator("copying", f"http://{server.wait_until_ready()}")
    server.stop()
