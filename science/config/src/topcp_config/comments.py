"""What a comment line of a configuration says beside its release.

The code generators in the field refuse any key that they do not know, and the toolkit any block, so that what is for
the columnar engine alone travels in a comment.
"""

from __future__ import annotations

import re

ALLOW_MISSING = "allow-missing: true"
_ALLOW_MISSING = re.compile(r"^[ \t]*#[ \t]*allow-missing:[ \t]*(true|false)[ \t]*\r?$", re.MULTILINE | re.IGNORECASE)


def allows_missing(text: str) -> bool:
    """Whether the last comment line `# allow-missing: true` or `false` of `text` says true; without one, not.

    True means: what is asked for by name and cannot be computed is to be left out and listed, not refused.
    """
    said: list[str] = _ALLOW_MISSING.findall(text.removeprefix("\ufeff"))
    return bool(said) and said[-1].lower() == "true"
