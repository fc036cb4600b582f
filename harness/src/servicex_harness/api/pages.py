"""Pages for people: which files failed and why, and what the script printed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, render_template, request

from servicex_harness.errors import NotFoundError

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from servicex_harness.api.services import Services


def blueprint(services: Services) -> Blueprint:
    """Return the pages; the client writes the address of `results` with two slashes."""
    routes = Blueprint("pages", __name__, template_folder="templates")
    state = services.state

    @routes.get("/transformation-request//<request_id>/results")
    @routes.get("/transformation-request/<request_id>/results")
    def results(request_id: str) -> ResponseReturnValue:
        status = request.args.get("status")
        shown = [
            stored
            for stored in state.results(request_id)
            if status in (None, "success" if stored.result.success else "failure")
        ]
        return render_template("results.html", request=state.request(request_id), shown=shown, status=status)

    @routes.get("/transformation-request/<request_id>/log/<int:file_id>")
    def file_log(request_id: str, file_id: int) -> ResponseReturnValue:
        state.request(request_id)
        path = services.layout.file_log(request_id, file_id)
        if not path.is_file():
            raise NotFoundError(f"there is no log of file {file_id} of request {request_id}: its script never ran")
        return Response(path.read_bytes(), mimetype="text/plain")

    return routes
