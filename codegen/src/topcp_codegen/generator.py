"""From a selection to what ServiceX needs to run it: the whole of the code generator but HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .bundle import bundle, pod_files
from .checks import check
from .deployment import Deployment
from .selection import parse_selection

if TYPE_CHECKING:
    from collections.abc import Mapping

SIMPLEST = (
    '{"reco": "CommonServices: {}\\n", "parton": null, "particle": null,'
    ' "max_events": -1, "no_systematics": true, "no_filter": false}'
)
"""The smallest selection there is. A code generator that answers it is healthy."""


@dataclass(frozen=True)
class Generated:
    """The answer: which image runs which command in which language, on which files."""

    image: str
    language: str
    command: str
    archive: bytes


def generate(code: str, config: Mapping[str, Any]) -> Generated:
    """Answer the selection `code`; SelectionRefused if it is wrong, NotReady if the deployment is."""
    deployment = Deployment.read(config)
    pod = pod_files(deployment.stats_parser)
    selection = parse_selection(code)
    image = deployment.choose_image(selection.image)
    checked = check(selection, image, deployment.default_release)
    return Generated(image, pod.language, pod.command, bundle(pod, selection, checked, deployment.limits))
