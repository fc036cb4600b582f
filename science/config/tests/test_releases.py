"""A release is found by name, by comment and by image; what is not known is said."""

from __future__ import annotations

import pytest
from topcp_config import RELEASES, check_text, find_release, release_of_image, resolve_release


def test_a_known_release_is_itself() -> None:
    release = resolve_release("25.2.15")

    assert (release.name, release.exact, release.note) == ("25.2.15", True, None)


@pytest.mark.parametrize(
    ("asked", "used"),
    [
        ("25.2.14", "24.2.37"),
        ("24.2.40", "24.2.37"),
        ("25.2.16", "25.2.15"),
        ("25.2.51", "25.2.29"),
        ("25.2.109", "25.2.88"),
        ("99.0.0", RELEASES[-1]),
        ("23.0.1", RELEASES[0]),
        ("25.2.9", "24.2.37"),
    ],
)
def test_an_unknown_release_gets_the_facts_of_the_nearest_older_one_and_says_so(asked: str, used: str) -> None:
    release = resolve_release(asked)

    assert (release.name, release.asked, release.exact) == (used, asked, False)
    assert release.note is not None
    assert asked in release.note
    assert used in release.note


def test_a_name_that_is_no_release_gets_the_newest_facts_and_says_so() -> None:
    release = resolve_release("latest")

    assert (release.name, release.exact) == (RELEASES[-1], False)
    assert "'latest' is not a known release" in (release.note or "")


def test_a_version_of_topcptoolkit_means_its_analysisbase() -> None:
    release = resolve_release("2.10.0")

    assert (release.name, release.exact) == ("25.2.15", True)
    assert "TopCPToolkit 2.10.0" in (release.note or "")


@pytest.mark.parametrize(("toolkit", "used"), [("2.21.0", "25.2.52"), ("v3.7.0", "25.2.88"), ("1.0.0", "25.2.110")])
def test_a_topcptoolkit_that_is_not_known_counts_as_the_nearest_older_one(toolkit: str, used: str) -> None:
    release = resolve_release(toolkit)

    assert (release.name, release.exact) == (used, False)
    assert toolkit in (release.note or "")


def test_the_releases_are_listed_oldest_first() -> None:
    assert sorted(RELEASES, key=lambda name: [int(part) for part in name.split(".")]) == list(RELEASES)


@pytest.mark.parametrize(
    ("image", "release"),
    [
        ("gitlab.example/top/topcptoolkit:2.17.0-25.2.45", "25.2.45"),
        ("sslhep/servicex_science_image_topcp:25.2.74-v2.23.0", "25.2.74"),
        ("repo/x:v2.10.0", "25.2.15"),
        ("repo/x:2.17.3", "25.2.45"),
        ("repo/x:2.24.0", "25.2.88"),
        ("repo/x:2.21.0", None),
        ("localhost:5000/x:25.2.15", "25.2.15"),
        ("localhost:5000/x", None),
        ("repo/x:latest", None),
        ("repo/x-25.2.15", None),
        ("repo/x:25.2.15@sha256:" + "0" * 64, "25.2.15"),
        ("repo/x@sha256:" + "0" * 64, None),
        ("repo/x:1.25.2.15", None),
        ("", None),
    ],
)
def test_the_tag_of_an_image_tells_the_release(image: str, release: str | None) -> None:
    assert release_of_image(image) == release


@pytest.mark.parametrize(
    ("text", "release"),
    [
        ("# release: 25.2.15\nJets: {}\n", "25.2.15"),
        ("Jets: {}\n  #release:25.2.15", "25.2.15"),
        ("# release: 24.2.37\nJets: {}\n# release: 25.2.15\n# generator: servicex-topcp 0.1.0\n", "25.2.15"),
        ("# release: 25.2.15\r\nJets: {}\r\n", "25.2.15"),
        ("release: 25.2.15\n", None),
        ("Jets: {} # release: 25.2.15\n", None),
        ("# the release: 25.2.15\n", None),
        ("# release:\n# 25.2.15\n", None),
        ("", None),
    ],
)
def test_the_last_release_comment_of_a_text_counts(text: str, release: str | None) -> None:
    assert find_release(text) == release


def test_a_check_for_an_unknown_release_uses_the_nearest_facts() -> None:
    text = "CommonServices: {systematicsHistogram: h}\n"

    assert check_text(text, release="25.2.99") == check_text(text, release="25.2.15") == []
    assert check_text(text, release="24.2.38") == check_text(text, release="24.2.37") != []
