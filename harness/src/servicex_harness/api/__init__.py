"""The REST API that the ServiceX client 3.3.1 speaks, and pages for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask, render_template
from werkzeug.exceptions import HTTPException

from servicex_harness import __version__
from servicex_harness.api import auth, dataset_routes, pages, transformation_routes
from servicex_harness.errors import HarnessError

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from servicex_harness.api.services import Services

# Of the ServiceX app: ssl-hep/ServiceX, servicex_app/servicex_app/resources/info.py. A selection has 10 MiB there.
CAPABILITIES = ("poll_local_transformation_results", "long_sample_titles_10240", "post_cancel_transform")
MAX_BODY = 12 * 1024 * 1024


def create_app(services: Services, tokens: auth.Tokens | None = None) -> Flask:
    """Return the API over the parts of a running harness; with `tokens`, only for who has one."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    app.url_map.merge_slashes = False  # the client's link to failed files has a double slash
    if tokens:
        app.register_blueprint(auth.blueprint(tokens))
    app.register_blueprint(transformation_routes.blueprint(services))
    app.register_blueprint(dataset_routes.blueprint(services))
    app.register_blueprint(pages.blueprint(services))
    app.register_error_handler(HarnessError, _harness_error)
    app.register_error_handler(HTTPException, _http_error)

    @app.get("/servicex")
    def info() -> ResponseReturnValue:
        codegens = {name: codegen.url for name, codegen in services.submitter.codegens.items()}
        version = f"servicex-harness {__version__}"
        return {"app-version": version, "code-gen-image": codegens, "capabilities": list(CAPABILITIES)}

    @app.get("/")
    def front() -> ResponseReturnValue:
        """A page of all requests, the newest first."""
        requests = reversed(services.state.requests())
        codegens = services.submitter.codegens
        return render_template("front.html", version=__version__, codegens=codegens, requests=requests)

    return app


def _harness_error(error: HarnessError) -> ResponseReturnValue:
    return {"message": str(error)}, error.http_status


def _http_error(error: HTTPException) -> ResponseReturnValue:
    # Such as Allow, the methods that there are.
    headers = [(key, value) for key, value in error.get_headers() if key != "Content-Type"]
    return {"message": error.description}, error.code or 500, headers
