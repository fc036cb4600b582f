"""Which image a user may choose: only what the operator allows, however the name is spelt."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from topcp_codegen.images import Image, Rule

DIGEST = "sha256:" + "0123456789abcdef" * 4
ALLOWED = [
    "sslhep/x",
    "mine/",
    "registry.example:5000/atlas",
    "exact/one:1.0",
    f"exact/two@{DIGEST}",
    "gitlab.example/",
]


@pytest.fixture(scope="module")
def codegen(codegen_with):
    return codegen_with(TOPCP_ALLOWED_IMAGES=json.dumps(ALLOWED))


@pytest.mark.parametrize(
    "image",
    [
        "sslhep/x:1.0",
        "sslhep/x",
        "docker.io/sslhep/x:1.0",
        "index.docker.io/sslhep/x:1.0",
        "sslhep/x/below:2",
        "mine/any:2",
        f"mine/any:2@{DIGEST}",
        "registry.example:5000/atlas/y:1",
        "gitlab.example/a/b/c:1",
        "exact/one:1.0",
        "docker.io/exact/one:1.0",
        f"exact/two@{DIGEST}",
        "sslhep/servicex_science_image_topcp:2.10.0-25.2.15",
    ],
)
def test_an_allowed_image_is_answered_as_it_was_written(codegen, image):
    assert codegen.made(image=image).image == image


@pytest.mark.parametrize(
    "image",
    [
        "sslhep/xevil:1",
        "sslhep/y:1",
        "sslhep:1",
        "library/mine:1",
        "evil.example/sslhep/x:1",
        "docker.io.evil.example/sslhep/x:1",
        "docker.io:443/sslhep/x:1",
        "docker.io:0/sslhep/x:1",
        "registry.example:05000/atlas/y:1",
        "registry.example:50000/atlas/y:1",
        "127.0.0.1/sslhep/x:1",
        "docker.iosslhep/x:1",
        "mineral/x:1",
        "localhost/sslhep/x:1",
        "registry.example/atlas/y:1",
        "registry.example:5001/atlas/y:1",
        "registry.example:5000/atlasevil:1",
        "exact/one:1.1",
        "exact/one",
        f"exact/one:1.0@{DIGEST}",
        f"exact/two:1@{DIGEST}",
        f"exact/two@{DIGEST[:-1]}0",
        "gitlab.example.evil/a:1",
        "sslhep/servicex_science_image_topcp:other",
    ],
)
def test_another_image_is_refused_with_what_is_allowed(codegen, image):
    message = codegen.refused(image=image)
    assert repr(image) in message
    for allowed in ALLOWED:
        assert allowed in message


@pytest.mark.parametrize(
    "image",
    [
        "",
        " sslhep/x:1",
        "sslhep/x:1\n",
        "sslhep/x:1 --privileged",
        "sslhep//x:1",
        "sslhep/../x:1",
        "/sslhep/x:1",
        "-sslhep/x:1",
        "SSLHEP/x:1",
        "Docker.io/sslhep/x:1",
        "\N{CYRILLIC SMALL LETTER DZE}slhep/x:1",
        "sslhep/x:1;true",
        "sslhep/x:$(true)",
        "sslhep/x:",
        "sslhep/x@",
        "sslhep/x@sha256:0",
        "http://sslhep/x:1",
        "sslhep/x:1:2",
        "sslhep\N{FULLWIDTH SOLIDUS}x:1",
        "sslhep/\N{MATHEMATICAL SANS-SERIF SMALL X}:1",
        "sslhep/x\N{ZERO WIDTH SPACE}:1",
        "sslhep/x:1\N{NO-BREAK SPACE}",
        "sslhep/x:\N{ARABIC-INDIC DIGIT ONE}",
        "sslhep/x:1\0",
        "sslhep/x:1\r\n",
        "\tsslhep/x:1",
        "xn--slhep-/x:1",
        f"sslhep/x@{DIGEST.upper()}",
        f"sslhep/x@sha512:{'0' * 64}",
        "user@docker.io/sslhep/x:1",
        "docker.io:/sslhep/x:1",
        "docker.io:\N{FULLWIDTH DIGIT FIVE}000/sslhep/x:1",
    ],
)
def test_what_is_no_image_name_is_refused(codegen, image):
    assert "is not the name of a container image" in codegen.refused(image=image)


def test_a_name_too_long_for_servicex_is_refused(codegen):
    longest = "mine/" + "x" * 121 + ":1"
    assert codegen.made(image=longest).image == longest
    assert "more than 128 characters" in codegen.refused(image=longest + "0")


def test_nothing_but_the_default_image_is_allowed_where_nothing_is_set(codegen_with, image):
    codegen = codegen_with()
    assert codegen.made(image=image).image == image
    assert codegen.made(image=f"docker.io/{image}").image == f"docker.io/{image}"
    assert image in codegen.refused(image="sslhep/x:1")


COMPONENT = st.from_regex(r"[a-z0-9]{1,8}([._-][a-z0-9]{1,8})?", fullmatch=True)
REPOSITORY = st.lists(COMPONENT, min_size=2, max_size=4)


@given(REPOSITORY, REPOSITORY)
def test_a_repository_admits_what_is_below_it_by_whole_components(allowed, asked):
    rule, image = Rule.parse("r.example/" + "/".join(allowed)), Image.parse("r.example/" + "/".join(asked) + ":1")
    assert rule.admits(image) == (asked[: len(allowed)] == allowed)


@given(st.text(max_size=40) | st.text("ab/:.@-_ A\n", max_size=12))
def test_a_name_is_read_only_if_it_is_plain(text):
    try:
        image = Image.parse(text)
    except ValueError:
        return
    assert set(text) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/:@")
    in_full = "/".join(image.repository) + (f":{image.tag}" if image.tag else "")
    assert Image.parse(in_full + (f"@{image.digest}" if image.digest else "")) == image
