"""The face of the embedded object store: as much of S3's HTTP as a transformation and its clients need.

Objects and buckets, uploads whole and in parts, downloads whole and in ranges, listings, presigned addresses. Who names
the access key is let in: it is a secret of its own, and the store listens on loopback only. No signature is checked.
Source: Amazon S3 API reference.
"""

from __future__ import annotations

import base64
import hashlib
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import quote
from xml.etree import ElementTree as ET

from flask import Flask, Response, request, send_file

from servicex_harness.errors import StateError
from servicex_harness.store import xml
from servicex_harness.store.body import IncompleteError, body_of
from servicex_harness.store.objects import MissingError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from servicex_harness.store.objects import Objects, StoredObject

METHODS = ["GET", "PUT", "POST", "DELETE"]
MAX_KEYS = 1000


class RefusedError(Exception):
    """The store does not do what it is asked: S3's code, and the HTTP status."""

    def __init__(self, code: str, status: int, message: str = "") -> None:
        super().__init__(message or code)
        self.code = code
        self.status = status


def create_app(objects: Objects, access_key: str) -> Flask:
    """Return the store as a WSGI application."""
    app = Flask(__name__)
    app.url_map.merge_slashes = False
    app.before_request(lambda: _let_in(access_key))
    app.register_error_handler(RefusedError, lambda error: xml.error(error.code, error.status, str(error)))
    app.register_error_handler(MissingError, lambda error: xml.error(str(error), 404, str(error)))
    app.register_error_handler(IncompleteError, lambda _: xml.error("IncompleteBody", 400, "the body ended early"))
    app.register_error_handler(StateError, lambda error: xml.error("InternalError", 500, str(error)))
    app.register_error_handler(OSError, lambda error: xml.error("InternalError", 500, f"the disk: {error}"))

    @app.get("/")
    def buckets() -> Response:
        listed = [("Bucket", [("Name", name), ("CreationDate", f"{at}Z")]) for name, at in objects.buckets()]
        return xml.answer("ListAllMyBucketsResult", [("Buckets", listed)])

    @app.route("/<bucket>", methods=METHODS)
    @app.route("/<bucket>/", methods=METHODS)
    def bucket(bucket: str) -> Response:
        return _bucket(objects, bucket)

    @app.route("/<bucket>/<path:key>", methods=METHODS)
    def key(bucket: str, key: str) -> Response:
        if "uploadId" in request.args or "uploads" in request.args:
            return _upload(objects, bucket, key)
        return _object(objects, bucket, key)

    return app


def _let_in(access_key: str) -> None:
    """Find the access key in the header of a signed request, or in a presigned address of either version."""
    header = request.headers.get("Authorization", "")
    named = re.search(r"Credential=([^/,]+)/", header) or re.match(r"AWS ([^:]+):", header)
    credential = request.args.get("X-Amz-Credential", "").split("/")[0] or request.args.get("AWSAccessKeyId", "")
    if (named[1] if named else credential) != access_key:
        raise RefusedError("InvalidAccessKeyId", 403, "the access key is not the one of this store")


def _bucket(objects: Objects, bucket: str) -> Response:
    if request.method == "PUT":
        objects.create_bucket(bucket)
        return Response(headers={"Location": f"/{bucket}"})
    if request.method == "DELETE":
        if not objects.delete_bucket(bucket):
            raise RefusedError("BucketNotEmpty", 409)
        return Response(status=204)
    if request.method == "POST":
        return _delete_many(objects, bucket)
    if "location" in request.args:
        objects.need_bucket(bucket)
        return xml.answer("LocationConstraint", [])
    return _list(objects, bucket)


def _list(objects: Objects, bucket: str) -> Response:
    """Answer ListObjectsV2. Keys of a transformation hold no `/`, so that a delimiter changes nothing."""
    limit = min(request.args.get("max-keys", MAX_KEYS, int), MAX_KEYS)
    after = request.args.get("continuation-token") or request.args.get("start-after", "")
    found = objects.list(bucket, request.args.get("prefix", ""), after, limit + 1)
    shown, more = found[:limit], len(found) > limit
    written = quote if request.args.get("encoding-type") == "url" else str
    content: xml.Content = [
        ("Name", bucket),
        ("KeyCount", str(len(shown))),
        ("MaxKeys", str(limit)),
        ("IsTruncated", str(more).lower()),
        *([("EncodingType", "url")] if written is quote else []),
        *([("NextContinuationToken", shown[-1].key)] if more else []),
        *(("Contents", _entry(stored, written(stored.key))) for stored in shown),
    ]
    return xml.answer("ListBucketResult", content)


def _entry(stored: StoredObject, key: str) -> xml.Content:
    return [
        ("Key", key),
        ("LastModified", f"{stored.modified}Z"),
        ("ETag", f'"{stored.etag}"'),
        ("Size", str(stored.size)),
        ("StorageClass", "STANDARD"),
    ]


def _delete_many(objects: Objects, bucket: str) -> Response:
    if "delete" not in request.args:
        raise RefusedError("NotImplemented", 501)
    keys = _texts("Key")
    for key in keys:
        objects.delete(bucket, key)
    return xml.answer("DeleteResult", [("Deleted", [("Key", key)]) for key in keys])


def _object(objects: Objects, bucket: str, key: str) -> Response:
    if request.method == "PUT":
        if "x-amz-copy-source" in request.headers:
            raise RefusedError("NotImplemented", 501, "objects are not copied here")
        stored = objects.put(bucket, key, _body())
        return Response(headers={"ETag": f'"{stored.etag}"'})
    if request.method == "DELETE":
        objects.delete(bucket, key)
        return Response(status=204)
    if request.method == "POST":
        raise RefusedError("NotImplemented", 501)
    return _send(objects, objects.get(bucket, key))


def _send(objects: Objects, stored: StoredObject) -> Response:
    """Send an object, or the range of it that is asked for."""
    try:
        return send_file(
            objects.path(stored),
            mimetype="application/octet-stream",
            etag=stored.etag,
            last_modified=datetime.fromisoformat(stored.modified).replace(tzinfo=UTC),
            conditional=True,
        )
    except FileNotFoundError as error:
        raise MissingError("NoSuchKey") from error  # deleted a moment ago


def _upload(objects: Objects, bucket: str, key: str) -> Response:
    """Answer the steps of an upload in parts."""
    names: xml.Content = [("Bucket", bucket), ("Key", key)]
    if request.method == "POST" and "uploads" in request.args:
        started = [*names, ("UploadId", objects.begin_upload(bucket))]
        return xml.answer("InitiateMultipartUploadResult", started)
    upload = request.args["uploadId"]
    if request.method == "PUT":
        etag = objects.put_part(upload, int(request.args["partNumber"]), _body())
        return Response(headers={"ETag": f'"{etag}"'})
    if request.method == "POST":
        stored = objects.complete_upload(bucket, key, upload, [int(text) for text in _texts("PartNumber")])
        return xml.answer("CompleteMultipartUploadResult", [*names, ("ETag", f'"{stored.etag}"')])
    objects.abort_upload(upload)
    return Response(status=204)


def _texts(tag: str) -> list[str]:
    """Return the texts of all elements of this tag in the XML that was sent."""
    try:
        sent = ET.fromstring(request.get_data())  # noqa: S314 - who knows the access key may do as they like
    except ET.ParseError as error:
        raise RefusedError("MalformedXML", 400, str(error)) from error
    return [element.text or "" for element in sent.iter() if element.tag.rpartition("}")[2] == tag]


def _body() -> Iterator[bytes]:
    """Yield the bytes to store, and refuse them at their end if they are not what Content-MD5 says."""
    body, announced = body_of(request), request.headers.get("Content-MD5")
    if announced is None:
        yield from body
        return
    digest = hashlib.md5(usedforsecurity=False)
    for chunk in body:
        digest.update(chunk)
        yield chunk
    if base64.b64encode(digest.digest()).decode() != announced:
        raise RefusedError("BadDigest", 400, "the bytes are not those of Content-MD5")
