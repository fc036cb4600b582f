"""The volume that the two containers of a pod share, laid out as ServiceX's sidecar does."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from servicex_harness.errors import PodEndedError

SCRIPTS = Path(__file__).parent / "scripts"
CAPABILITIES = "transformer_capabilities.json"


@dataclass(frozen=True)
class SharedVolume:
    """`root` is /servicex/output in a pod."""

    root: Path
    request_id: str

    @property
    def request(self) -> Path:
        """Where the science container writes: abc.log, and outputs below `scratch`."""
        return self.root / self.request_id

    def prepare(self) -> None:
        """Lay out folders that any user may write to, since the two containers run as different ones, and scripts."""
        for folder in (self.request, self.request / "scratch", self.root / "scripts"):
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o777)
        for script in SCRIPTS.iterdir():
            shutil.copy(script, self.root / "scripts")

    def capabilities(self) -> dict[str, Any]:
        """Return what the science container copied here before it said its first word."""
        try:
            capabilities: dict[str, Any] = json.loads((self.root / CAPABILITIES).read_text())
        except (OSError, ValueError) as error:
            raise PodEndedError(f"the science container left no {CAPABILITIES} that can be read: {error}") from error
        return capabilities
