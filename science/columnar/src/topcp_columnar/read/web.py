"""Files on web servers.

A transfer that breaks off is taken up where it stopped, by a range request, if the server knows these and still has the
same file (RFC 9110, sections 13.1.5 and 14). A server's certificate must be signed by an authority that the system
knows, or one in SSL_CERT_FILE. Proxies are those of the environment (https_proxy, no_proxy).
"""

from __future__ import annotations

import http.client
import re
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
from http import HTTPStatus
from typing import TYPE_CHECKING, BinaryIO

from topcp_columnar import __version__
from topcp_columnar.errors import EngineError, InputError, RemoteError

if TYPE_CHECKING:
    from http.client import HTTPResponse
    from pathlib import Path

SCHEMES = ("https://", "http://")
ATTEMPTS = 5  # in a row that bring nothing
PAUSE = 1.0  # seconds after the first of them; then twice as long each time
TIMEOUT = 30.0  # seconds without an answer
_BLOCK = 1 << 20
_GONE = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)
_BUSY = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
_PART = re.compile(r"bytes (\d+)-\d+/(\d+)")


class _BrokenOff(Exception):  # noqa: N818  never leaves this module
    """The transfer did not come to its end; it may be tried again."""


def copy(location: str, target: Path) -> None:
    """Copy a file to `target`.

    Raises InputError for a file that is not there, RemoteError for a server that cannot be reached or refuses, and
    OSError where the disk does.
    """
    if not urllib.parse.urlsplit(location).hostname:
        raise InputError(f"{location}: is no address of a file: it names no server.")
    with target.open("wb") as file:
        _Transfer(location, file).run()


class _Transfer:
    """One file on its way.

    version  what the server calls this version of the file; empty: it does not tell
    """

    def __init__(self, location: str, file: BinaryIO) -> None:
        self.location, self.file = location, file
        self.version = ""

    def run(self) -> None:
        """Try until the file is there, or nothing comes any more."""
        failures = 0
        while True:
            before = self.file.tell()
            try:
                return self._attempt()
            except _BrokenOff as broken:
                failures = 1 if self.file.tell() > before else failures + 1
                if failures >= ATTEMPTS:
                    raise RemoteError(f"{self.location}: cannot be copied: {broken}; tried {failures} times.") from None
            time.sleep(PAUSE * 2 ** (failures - 1))

    def _attempt(self) -> None:
        with self._ask() as answer:
            total = self._position(answer)
            while block := self._read(answer):
                self.file.write(block)
        if total is not None and self.file.tell() != total:
            raise _BrokenOff(f"the transfer broke off after {self.file.tell()} of {total} bytes")

    def _ask(self) -> HTTPResponse:
        """Ask for the file, or for what is still missing of it."""
        headers = {"User-Agent": f"topcp-columnar/{__version__}"}
        if self.version and self.file.tell():
            headers |= {"Range": f"bytes={self.file.tell()}-", "If-Range": self.version}
        try:
            request = urllib.request.Request(self.location, headers=headers)  # noqa: S310  the caller chose the scheme
            answer: HTTPResponse = urllib.request.urlopen(request, timeout=TIMEOUT)  # noqa: S310
        except urllib.error.HTTPError as error:
            error.close()
            raise self._refusal(error) from None
        except (OSError, http.client.HTTPException) as error:
            raise self._failure(error) from None
        return answer

    def _position(self, answer: HTTPResponse) -> int | None:
        """Go to where the answer belongs in the file; how many bytes this will have, if the server tells."""
        part = _PART.fullmatch(answer.headers.get("Content-Range", ""))
        if answer.status == HTTPStatus.PARTIAL_CONTENT and part and int(part[1]) == self.file.tell():
            return int(part[2])
        self.file.seek(0)
        self.file.truncate()
        tag = answer.headers.get("ETag", "")
        self.version = tag if tag and not tag.startswith("W/") else answer.headers.get("Last-Modified", "")
        length = answer.headers.get("Content-Length", "")
        return int(length) if length.isdecimal() else None

    def _read(self, answer: HTTPResponse) -> bytes:
        try:
            return answer.read(_BLOCK)
        except (OSError, http.client.HTTPException) as error:
            raise _BrokenOff(f"the transfer broke off after {self.file.tell()} bytes: {error}") from None

    def _refusal(self, error: urllib.error.HTTPError) -> EngineError | _BrokenOff:
        answer = f"{error.code} {error.reason}"
        if error.code in _GONE:
            return InputError(f"{self.location}: there is no such file: the server answers {answer}.")
        if error.code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            self.version = ""  # the next attempt is for all of the file
        if error.code >= HTTPStatus.INTERNAL_SERVER_ERROR or error.code in _BUSY:
            return _BrokenOff(f"the server answers {answer}")
        return RemoteError(f"{self.location}: the server refuses it: {answer}. Is it public?")

    def _failure(self, error: OSError | http.client.HTTPException) -> RemoteError | _BrokenOff:
        reason = getattr(error, "reason", error)
        if isinstance(reason, ssl.SSLCertVerificationError):
            why = f"its server is not trusted: {reason.verify_message}. Name its authority in SSL_CERT_FILE."
            return RemoteError(f"{self.location}: {why}")
        return _BrokenOff(f"the server cannot be reached: {reason}")
