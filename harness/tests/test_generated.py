"""A code generator's answer that no pod could run is refused at once, with the reason."""

import re

import pytest
from servicex_harness.errors import CodegenError
from servicex_harness.generated import read_generated

from .copying_codegen import archive, members

COMMAND = "/generated/transform_single_file.py"


def test_a_good_answer_is_taken_with_the_parser_it_names() -> None:
    generated = read_generated("image:1", "python", COMMAND, archive(members("{}")))
    assert (generated.image, generated.stats_parser) == ("image:1", "RawUprootStats")


@pytest.mark.parametrize(
    ("files", "complaint"),
    [
        (members("{}") | {"folder/file": ""}, "'folder/file', but a ConfigMap takes only plain file names"),
        (members("{}") | {"../escape": ""}, "'../escape'"),
        (members("{}") | {"big": "x" * 800_000}, "in base64; a ConfigMap holds 1048576"),
        ({"transform_single_file.py": ""}, "lacks transformer_capabilities.json"),
        (members("{}") | {"transformer_capabilities.json": "{"}, "is not JSON"),
        (members("{}", **{"file-formats": "root-file"}), 'needs a list "file-formats"'),
        (members("{}", **{"stats-parser": "Mine"}), "'Mine'; this harness knows RawUprootStats, TopCPStats"),
        ({"transformer_capabilities.json": members("{}")["transformer_capabilities.json"]}, "lacks that file"),
    ],
)
def test_a_bad_archive_is_refused(files: dict[str, str], complaint: str) -> None:
    with pytest.raises(CodegenError, match=re.escape(complaint)):
        read_generated("image:1", "python", COMMAND, archive(files))


def test_what_is_no_archive_is_refused() -> None:
    with pytest.raises(CodegenError, match="not a plain zip archive"):
        read_generated("image:1", "python", COMMAND, b"PK but no more")


@pytest.mark.parametrize("missing", ["image", "language", "command"])
def test_an_answer_without_one_of_the_texts_is_refused(missing: str) -> None:
    texts = {"image": "image:1", "language": "python", "command": COMMAND} | {missing: ""}
    with pytest.raises(CodegenError, match=f"named no {missing}"):
        read_generated(**texts, archive=archive(members("{}")))
