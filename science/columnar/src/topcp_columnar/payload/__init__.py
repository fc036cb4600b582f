"""Variations that a file of corrections describes: energy scales, resolutions, masses, scale factors.

The file is correctionlib's (schema v2); what its corrections mean to the engine stands in its description (`model`).
"""

from __future__ import annotations

from topcp_columnar.payload.model import Payload, PayloadVariation
from topcp_columnar.payload.reading import APPROXIMATE, load_payload

__all__ = ["APPROXIMATE", "Payload", "PayloadVariation", "load_payload"]
