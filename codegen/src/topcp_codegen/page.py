"""`GET /`: a page that checks a configuration, and says to operators what runs here."""

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

# Nothing is loaded but the page's own script and style, nothing is asked but this server, and nobody may frame it.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)
HEADERS = {"Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}


def page(config: Mapping[str, Any], max_body: int) -> Response:
    """Make the page; it is there also where no selection can be answered, and says why."""
    try:
        deployment, wrong = Deployment.read(config), ""
    except CodegenError as error:
        deployment, wrong = None, str(error)
    image = str(config.get(IMAGE) or "")
    release = default_release(image, config.get(RELEASE))
    shown = {
        "Version": VERSION,
        "Releases of AnalysisBase": ", ".join(RELEASES),
        "Default release": release,
        "Science image": image or f"none: {IMAGE} is not set",
        "Other allowed images": _others(deployment) if deployment else str(config.get(ALLOWED)),
        "Statistics parser": deployment.stats_parser if deployment else str(config.get(PARSER)),
    }
    limits: dict[str, float] = {"Bytes of a request": max_body, "Bytes of a pod's files, in base64": MAX_BYTES}
    limits |= deployment.limits if deployment else LIMITS
    text = render_template(
        "page.html",
        version=VERSION,
        releases=RELEASES,
        default_release=release,
        shown=shown,
        limits={name: f"{limit:,.10g}" for name, limit in limits.items()},
        wrong=wrong,
    )
    return Response(text, headers=HEADERS, mimetype="text/html")


def _others(deployment: Deployment) -> str:
    return ", ".join(list(deployment.allowed)[1:]) or "none"
