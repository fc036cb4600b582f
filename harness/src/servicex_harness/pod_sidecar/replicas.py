"""In which order the replicas of a file are tried, and by which address: as ServiceX's sidecar does.

Source: ssl-hep/ServiceX, transformer_sidecar/src/transformer_sidecar/transformer.py, `prepend_xcache` and the order of
`paths` in `transform_file`.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def in_order(paths: Iterable[str], caches: Sequence[str] = ()) -> tuple[str, ...]:
    """Return https:// for davs://, replicas that are not HTTP first, and root:// through a cache if there is any."""
    plain = [f"https://{path.removeprefix('davs://')}" if path.startswith("davs://") else path for path in paths]
    ordered = sorted(plain, key=lambda path: path.startswith("http"))
    return tuple(_through_cache(path, caches) if path.startswith("root://") else path for path in ordered)


def _through_cache(path: str, caches: Sequence[str]) -> str:
    """Name a cache that is always the same one for a file."""
    if not caches:
        return path
    cache = caches[int(hashlib.sha256(path.encode()).hexdigest(), 16) % len(caches)]
    return f"root://{cache}//{path}"
