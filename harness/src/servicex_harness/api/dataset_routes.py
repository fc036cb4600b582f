"""Routes under /servicex/datasets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, request

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from servicex_harness.api.services import Services
    from servicex_harness.datasets.catalogue import KnownDataset


def blueprint(services: Services) -> Blueprint:
    """Return the routes."""
    routes = Blueprint("datasets", __name__, url_prefix="/servicex/datasets")
    catalogue = services.catalogue

    @routes.get("")
    def list_all() -> ResponseReturnValue:
        finder = request.args.get("did-finder")
        stale_too = request.args.get("show-deleted", "").lower() in ("1", "true")
        known = [each for each in catalogue.all() if finder in (None, each.dataset.did_finder)]
        return {"datasets": [dataset_reply(each) for each in known if stale_too or not each.stale]}

    @routes.get("/<int:dataset_id>")
    def one(dataset_id: int) -> ResponseReturnValue:
        return dataset_reply(catalogue.one(dataset_id))

    @routes.delete("/<int:dataset_id>")
    def delete(dataset_id: int) -> ResponseReturnValue:
        catalogue.delete(dataset_id)
        return {"dataset-id": dataset_id, "stale": True}

    return routes


def dataset_reply(known: KnownDataset) -> dict[str, object]:
    """Form one dataset with its files; events are not known before a file is transformed."""
    files = [
        {"id": file_id, "adler32": None, "file_size": entry.size, "file_events": 0, "paths": ",".join(entry.paths)}
        for file_id, entry in zip(known.file_ids, known.dataset.files, strict=True)
    ]
    return {
        "id": known.id,
        "name": known.dataset.name,
        "did_finder": known.dataset.did_finder,
        "n_files": len(files),
        "size": sum(entry.size for entry in known.dataset.files),
        "events": 0,
        "last_used": known.last_used,
        "last_updated": known.last_updated,
        "lookup_status": "complete",
        "is_stale": known.stale,
        "files": files,
    }
