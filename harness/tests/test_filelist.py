"""Which files a client may ask for."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest
from servicex_harness.datasets import resolve
from servicex_harness.errors import BadRequestError
from servicex_harness.models import FileEntry, Submission


def submission(*file_list: str, did: str | None = None) -> Submission:
    return Submission("title", did, file_list, "{}", "copying", "root-file")


def test_remote_urls_are_passed_on_unchanged() -> None:
    urls = ("root://host//a%20b.root", "https://host/c.root")
    assert [entry.paths for entry in resolve(submission(*urls)).files] == [(url,) for url in urls]


def test_a_dataset_is_named_by_the_hash_of_its_list() -> None:
    urls = ("root://host//a.root", "root://host//b.root")
    assert resolve(submission(*urls)).name == hashlib.sha256(b"root://host//a.root root://host//b.root").hexdigest()


def test_commas_separate_the_replicas_of_one_file() -> None:
    (entry,) = resolve(submission("root://one//a.root, root://two//a.root")).files
    assert entry.paths == ("root://one//a.root", "root://two//a.root")


@pytest.mark.parametrize("form", ["{}", "file://{}", "file://localhost{}"])
def test_local_files_are_named_by_path_or_url(tmp_path: Path, form: str) -> None:
    path = tmp_path / "a.root"
    path.write_bytes(b"12345")
    assert resolve(submission(form.format(path))).files == (FileEntry((str(path),), size=5),)


@pytest.mark.parametrize(
    ("file", "complaint"),
    [
        ("a.root", "'a.root' is neither a URL nor an absolute path"),
        ("", "'' is neither a URL nor an absolute path"),
        ("/no/such.root", "/no/such.root: there is no such file"),
        ("file://host/a.root", "this names the host host; a local file is file:///path"),
        ("rucio://scope:name", "the scheme rucio:// is not supported; use root://"),
        ("/no/such/*.root", "/no/such/*.root: there are no ROOT files in it"),
        ("root://host//a\n.root", "'root://host//a\\n.root' holds a control character"),
    ],
)
def test_an_entry_that_cannot_be_had_is_refused_by_name(file: str, complaint: str) -> None:
    with pytest.raises(BadRequestError, match=re.escape(complaint)):
        resolve(submission(file))


def test_a_file_given_twice_is_refused_since_its_outputs_would_share_a_name() -> None:
    with pytest.raises(BadRequestError, match=re.escape("given more than once: root://host//a.root")):
        resolve(submission("root://host//a.root", "root://host//b.root", "root://host//a.root"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with two ROOT files, one of them named as on the grid, and a text."""
    for name in ("b.root", "DAOD.pool.root.1", "readme.txt"):
        (tmp_path / name).write_bytes(b"12345")
    return tmp_path


@pytest.mark.parametrize("form", ["{}", "{}/", "file://{}"])
def test_a_folder_stands_for_the_root_files_in_it(folder: Path, form: str) -> None:
    found = [entry.paths for entry in resolve(submission(form.format(folder))).files]
    assert found == [(f"{folder}/DAOD.pool.root.1",), (f"{folder}/b.root",)]


def test_a_pattern_stands_for_the_files_that_match(folder: Path) -> None:
    (folder / "deeper").mkdir()
    (folder / "deeper" / "c.root").write_bytes(b"1")
    assert [e.paths for e in resolve(submission(f"{folder}/**/*.root")).files] == [
        (f"{folder}/b.root",),
        (f"{folder}/deeper/c.root",),
    ]


def test_a_file_whose_name_looks_like_a_pattern_is_that_file(folder: Path) -> None:
    (folder / "b[1].root").write_bytes(b"1")
    assert resolve(submission(f"{folder}/b[1].root")).files == (FileEntry((f"{folder}/b[1].root",), size=1),)


def test_datasets_of_other_kinds_are_refused_by_scheme() -> None:
    with pytest.raises(BadRequestError, match="DID scheme is not supported: ftp"):
        resolve(submission(did="ftp://x"))


@pytest.mark.parametrize("asked", [submission(), submission("root://host//a.root", did="rucio://a:b")])
def test_a_request_names_a_dataset_or_files_but_not_both(asked: Submission) -> None:
    with pytest.raises(BadRequestError, match="Must provide did or file-list but not both"):
        resolve(asked)
