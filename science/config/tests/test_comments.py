"""Comments that speak to the columnar engine."""

from __future__ import annotations

import pytest
from topcp_config import ALLOW_MISSING, allows_missing


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("", False),
        ("CommonServices: {}\n", False),
        (f"# {ALLOW_MISSING}", True),
        (f"CommonServices: {{}}\n# {ALLOW_MISSING}\n# release: 25.2.15\n", True),
        ("\ufeff  #allow-missing:TRUE \r\n", True),
        (f"# {ALLOW_MISSING}\n# allow-missing: false\n", False),
        (f"# allow-missing: false\n# {ALLOW_MISSING}\n", True),
        (f"key: 1 # {ALLOW_MISSING}", False),
        ("# allow-missing: trueish", False),
        ("allow-missing: true", False),
    ],
)
def test_the_last_comment_of_its_own_line_says_whether_something_may_be_left_out(text: str, allowed: bool) -> None:
    assert allows_missing(text) is allowed
