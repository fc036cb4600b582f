"""The Flask app: ServiceX's route for code generators, and those for who runs it. Every error leaves as JSON."""

from __future__ import annotations

import os
import uuid
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Flask, Response, current_app, jsonify, request
from pydantic import BaseModel, ValidationError
from requests_toolbelt import MultipartEncoder
from topcp_config import RELEASES
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge, UnsupportedMediaType

from . import metrics
from .bundle import VERSION
from .checker import check_one
from .checks import default_release
from .deployment import IMAGE, RELEASE, SETTINGS
from .errors import CodegenError, SelectionRefused
from .generator import SIMPLEST, generate
from .page import page

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_BODY = 4 * 1024 * 1024  # bytes; what a ConfigMap can hold, quoted twice as JSON, stays below
routes = Blueprint("routes", __name__)


class Body(BaseModel):
    """The request's body. ServiceX may add keys; they are none of our business."""

    code: str


def create_app(config: Mapping[str, Any] | None = None) -> Flask:
    """Make the app. Settings are those of `deployment`, from the environment; `config` goes before it."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    app.config.from_mapping({name: os.environ.get(name) for name in SETTINGS})
    app.config.from_mapping(config or {})
    app.register_blueprint(routes)
    app.register_error_handler(Exception, _error)
    metrics.watch(app, "routes.generated_code")
    return app


@routes.post("/servicex/generated-code")
def generated_code() -> Response:
    """Answer a selection with image, language, command and zip; ServiceX goes by the order of the parts."""
    try:
        body = Body.model_validate_json(_json())
    except ValidationError as error:
        raise SelectionRefused('The request must be {"code": "<selection>"}') from error
    made = generate(body.code, current_app.config)
    parts = MultipartEncoder(
        [
            ("transformer_image", made.image),
            ("language", made.language),
            ("command", made.command),
            ("zip_data", made.archive),
        ]
    )
    return Response(parts.to_string(), content_type=parts.content_type)


@routes.post("/check")
def checked() -> Response:
    """Say what is wrong with one YAML, and what it writes."""
    default = default_release(current_app.config[IMAGE] or "", current_app.config[RELEASE])
    return jsonify(check_one(_json(), default))


@routes.get("/")
def front_page() -> Response:
    """Check a configuration in the browser, and say what runs here: for people."""
    return page(current_app.config, current_app.config["MAX_CONTENT_LENGTH"])


@routes.get("/health")
def health() -> tuple[Response, int]:
    """Answer 200 if the simplest selection can be answered; else 503 with the reason."""
    try:
        generate(SIMPLEST, current_app.config)
    except CodegenError as error:
        return jsonify(Message=str(error)), 503
    except Exception as error:  # noqa: BLE001  whatever it is, selections cannot be answered
        return jsonify(Message=_log_bug(error)), 503
    return jsonify(status="ok"), 200


@routes.get("/version")
def versions() -> Response:
    """What runs here, and what it takes where a request says nothing."""
    image = current_app.config[IMAGE]
    return jsonify(
        version=VERSION,
        releases=RELEASES,
        default_release=default_release(image or "", current_app.config[RELEASE]),
        default_image=image,
    )


@routes.get("/metrics")
def measured() -> Response:
    """What Prometheus asks for."""
    return Response(metrics.text(), content_type=metrics.CONTENT_TYPE)


def _json() -> bytes:
    """The body of the request, which must be JSON."""
    if not request.is_json:
        raise UnsupportedMediaType("Send application/json")
    return request.get_data()


def _error(error: Exception) -> Response | tuple[Response, int]:
    """Turn every exception into JSON with a `Message`, the key that ServiceX looks for."""
    if isinstance(error, CodegenError):
        return jsonify(Message=str(error)), error.status
    if isinstance(error, RequestEntityTooLarge):
        error.description = f"The request is larger than {current_app.config['MAX_CONTENT_LENGTH']} bytes"
    if not isinstance(error, HTTPException):
        return jsonify(Message=_log_bug(error)), 500
    answer = jsonify(Message=error.description)
    answer.status_code = error.code or 500
    answer.headers.extend((key, value) for key, value in error.get_headers() if key != "Content-Type")
    return answer


def _log_bug(error: Exception) -> str:
    """Log what happened under a reference; the text for the caller, who learns nothing of the insides."""
    reference = uuid.uuid4().hex
    current_app.logger.error("Reference %s", reference, exc_info=error)
    return f"A bug in the code generator; its log says more under {reference}"
