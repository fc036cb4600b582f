"""What a code generator may answer, over real HTTP."""

from __future__ import annotations

import json
import socket

import pytest
from servicex_harness.codegen_client import CodeGenerator
from servicex_harness.errors import CodegenError


def selection(mode: str) -> str:
    return json.dumps({"mode": mode, "events": 5})


def test_code_is_taken_by_the_order_of_the_parts(codegen: CodeGenerator) -> None:
    generated = codegen.generate(selection("copy"))
    texts = (generated.image, generated.language, generated.command)
    assert texts == ("servicex-harness/local:environment", "python", "/generated/transform_single_file.py")


@pytest.mark.parametrize(
    ("mode", "complaint"),
    [
        ("refuse", "Failed to generate translation code: reco.yaml:3:5: no such block: Elektrons"),
        ("html error", "Failed to generate translation code: HTTP 502 without a JSON message: <h1>Bad Gateway</h1>"),
        ("two parts", "answered 2 parts, not four"),
        ("unknown parser", "'NoSuchStats'; this harness knows RawUprootStats, TopCPStats"),
    ],
)
def test_an_answer_without_code_is_an_error_that_says_why(codegen: CodeGenerator, mode: str, complaint: str) -> None:
    with pytest.raises(CodegenError) as error:
        codegen.generate(selection(mode))
    assert complaint in str(error.value)


def test_a_generator_that_cannot_be_reached_is_named() -> None:
    with socket.socket() as taken_but_silent:
        taken_but_silent.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken_but_silent.getsockname()[1]}"
        with pytest.raises(CodegenError, match=f"the code generator gone at {url} cannot be reached: ConnectError"):
            CodeGenerator("gone", url).generate("{}")
