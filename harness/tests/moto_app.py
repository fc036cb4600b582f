"""Moto's S3, which keeps everything in memory: an object store beside the harness's own, for the tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moto.server import DomainDispatcherApplication, create_backend_app

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def create_app() -> WSGIApplication:
    """Return moto as a WSGI application that takes object keys as they are written, `%`, `?` and `#` included."""
    moto = DomainDispatcherApplication(create_backend_app)

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        environ["RAW_URI"] = environ["REQUEST_URI"]  # waitress's name for what moto asks for
        answer: Iterable[bytes] = moto(environ, start_response)
        return answer

    return application
