"""Output names: what the ServiceX sidecar calls a file, so does the harness."""

import hashlib

from servicex_harness.names import safe_name


def test_slashes_become_colons_and_nothing_else_changes() -> None:
    assert safe_name("root://host//a b/c:d.root") == "root:::host::a b:c:d.root"


def test_a_name_of_255_characters_is_kept() -> None:
    assert safe_name("/" + "a" * 254) == ":" + "a" * 254


def test_a_longer_name_keeps_its_end_behind_a_hash_of_the_whole() -> None:
    location = "root://host/" + "directory/" * 30 + "file.root"
    name = location.replace("/", ":")
    assert safe_name(location) == f"_{hashlib.sha1(name.encode()).hexdigest()}{name[-214:]}"
    assert len(safe_name(location)) == 255
