"""Routes under /servicex/transformation."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from flask import Blueprint, Response, request, url_for

from servicex_harness import __version__
from servicex_harness.submit import read_submission

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask.typing import ResponseReturnValue

    from servicex_harness.api.services import Services
    from servicex_harness.layout import Layout
    from servicex_harness.models import Request, StoredResult
    from servicex_harness.store.client import S3Address

log = logging.getLogger(__name__)

MAX_FAILURES = 20  # that a status names; /results has all


def blueprint(services: Services) -> Blueprint:
    """Return the routes."""
    routes = Blueprint("transformation", __name__, url_prefix="/servicex/transformation")
    state, address = services.state, services.store.address

    @routes.post("")
    def submit() -> ResponseReturnValue:
        submission = read_submission(request.get_json())
        request_id = services.submitter.submit(submission)
        page = url_for("pages.results", request_id=request_id, _external=True)
        title = submission.title or "untitled"
        log.info("request %s: submitted: %s, %s, see %s", request_id, title, submission.codegen, page)
        return {"request_id": request_id}

    @routes.get("")
    def list_all() -> ResponseReturnValue:
        return {"requests": [status_reply(each, address) for each in state.requests()]}

    @routes.get("/<request_id>")
    def status(request_id: str) -> ResponseReturnValue:
        failures = [_failure(stored) for stored in state.failures(request_id, MAX_FAILURES)]
        return status_reply(state.request(request_id), address) | {"failure-info": failures}

    @routes.get("/<request_id>/results")
    def results(request_id: str) -> ResponseReturnValue:
        state.request(request_id)
        since = request.args.get("later_than", "").replace(" ", "+").removesuffix("+00:00")
        return {"results": [result_reply(stored) for stored in state.results(request_id, since)]}

    @routes.get("/<request_id>/logs")
    def logs(request_id: str) -> ResponseReturnValue:
        """All that the scripts of failed files printed (of all files with ?level=info), as one text."""
        state.request(request_id)
        failed_only = request.args.get("level", "error").lower() == "error"
        shown = [stored for stored in state.results(request_id) if not (failed_only and stored.result.success)]
        return Response(_logs(services.layout, shown), mimetype="text/plain")

    @routes.route("/<request_id>/cancel", methods=["GET", "POST"])
    def cancel(request_id: str) -> ResponseReturnValue:
        services.cancel(request_id)
        log.info("request %s: cancelled", request_id)
        return {"message": f"Canceled transformation request {request_id}"}

    @routes.delete("/<request_id>")
    def delete(request_id: str) -> ResponseReturnValue:
        services.delete(request_id)
        log.info("request %s: deleted", request_id)
        return {"message": f"Transform request with id {request_id} has been deleted."}

    return routes


def status_reply(transformation: Request, address: S3Address) -> dict[str, object]:
    """Form the status of a request: every key the client's model requires, with the store's address."""
    log_url = url_for("pages.results", request_id=transformation.request_id, status="failure", _external=True)
    return {
        "request_id": transformation.request_id,
        "title": transformation.title,
        "did": transformation.did,
        "did_id": transformation.did_id,
        "selection": transformation.selection,
        "tree-name": None,
        "code-gen-image": transformation.codegen,
        "image": transformation.image,
        "result-destination": "object-store",
        "result-format": transformation.result_format,
        "generated-code-cm": f"{transformation.request_id}-generated-source",
        "status": transformation.status,
        "app-version": f"servicex-harness {__version__}",
        "files": transformation.files,
        "files-completed": transformation.files_completed,
        "files-failed": transformation.files_failed,
        "files-remaining": transformation.files - transformation.files_completed - transformation.files_failed,
        "submit-time": transformation.submit_time,
        "finish-time": transformation.finish_time,
        "minio-endpoint": address.endpoint,
        "minio-secured": address.secured,
        "minio-access-key": address.access_key,
        "minio-secret-key": address.secret_key,
        "log-url": log_url,
    }


def result_reply(stored: StoredResult) -> dict[str, object]:
    """Form one result; `total-bytes` is the size of the object, which the client compares with what it downloads."""
    result = stored.result
    return {
        "id": stored.id,
        "request-id": stored.request_id,
        "file-id": stored.file_id,
        "file-path": result.file_path,
        "s3-object-name": result.object_name,
        "transform_status": "success" if result.success else "failure",
        "transform_time": result.total_time,
        "total-events": result.total_events,
        "total-bytes": result.total_bytes,
        "avg-rate": result.avg_rate,
        "created_at": stored.created_at,
        "reason": result.reason or None,
        "exit-code": result.exit_code,
    }


def _failure(stored: StoredResult) -> dict[str, object]:
    """Form one entry of a status's failure-info."""
    page = url_for("pages.file_log", request_id=stored.request_id, file_id=stored.file_id, _external=True)
    result = stored.result
    return {"file": result.file_path, "reason": result.reason, "exit-code": result.exit_code, "log-url": page}


def _logs(layout: Layout, results: list[StoredResult]) -> Iterator[bytes]:
    for stored in results:
        outcome = "done" if stored.result.success else f"FAILED: {stored.result.reason}"
        yield f"##### {stored.result.file_path}: {outcome}\n".encode()
        path = layout.file_log(stored.request_id, stored.file_id)
        yield path.read_bytes() if path.is_file() else b"(its script never ran)\n"
