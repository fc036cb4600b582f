"""`GET /`: what runs here, on one plain page for operators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Response, render_template
from topcp_config import RELEASES

from .bundle import MAX_BYTES, VERSION
from .checks import default_release
from .deployment import ALLOWED, IMAGE, LIMITS, PARSER, RELEASE, Deployment
from .errors import CodegenError

if TYPE_CHECKING:
    from collections.abc import Mapping

# Nothing but the page itself is loaded, and nobody may frame it.
POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def page(config: Mapping[str, Any], max_body: int) -> Response:
    """Make the page; it is there also where no selection can be answered, and says why."""
    try:
        deployment, wrong = Deployment.read(config), ""
    except CodegenError as error:
        deployment, wrong = None, str(error)
    image = str(config.get(IMAGE) or "")
    shown = {
        "Version": VERSION,
        "Releases of AnalysisBase": ", ".join(RELEASES),
        "Default release": default_release(image, config.get(RELEASE)),
        "Science image": image or f"none: {IMAGE} is not set",
        "Other allowed images": ", ".join(list(deployment.allowed)[1:]) if deployment else str(config.get(ALLOWED)),
        "Statistics parser": deployment.stats_parser if deployment else str(config.get(PARSER)),
    }
    limits: dict[str, float] = {"Bytes of a request": max_body, "Bytes of a pod's files, in base64": MAX_BYTES}
    limits |= deployment.limits if deployment else LIMITS
    text = render_template("page.html", shown=shown, limits=limits, wrong=wrong)
    headers = {"Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
    return Response(text, headers=headers, mimetype="text/html")
