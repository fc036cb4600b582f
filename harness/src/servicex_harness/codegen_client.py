"""Ask a code generator for code, as the ServiceX app does (ssl-hep/ServiceX, code_gen_adapter.py)."""

from __future__ import annotations

import httpx
from requests_toolbelt.multipart.decoder import (
    ImproperBodyPartContentException,
    MultipartDecoder,
    NonMultipartContentTypeException,
)

from servicex_harness.errors import CodegenError
from servicex_harness.generated import read_generated
from servicex_harness.models import Generated

ATTEMPTS = 3  # on connection errors only, never on an answer
CONNECT_SECONDS = 0.5
READ_SECONDS = 120.0  # the timeout of the ServiceX app's own worker process, which ends the call there


class CodeGenerator:
    """A code generator at an HTTP address."""

    def __init__(self, name: str, url: str) -> None:
        self.name = name
        self.url = url.rstrip("/")

    def generate(self, selection: str) -> Generated:
        """Return image, language, command and code for a selection; CodegenError if there are none."""
        answer = self._post(selection)
        if answer.status_code != httpx.codes.OK:
            raise CodegenError(f"Failed to generate translation code: {_message(answer)}")
        parts = self._parts(answer)
        image, language, command = (part.decode(errors="replace").strip() for part in parts[:3])
        return read_generated(image, language, command, parts[3])

    def _post(self, selection: str) -> httpx.Response:
        transport = httpx.HTTPTransport(retries=ATTEMPTS - 1)
        timeout = httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS)
        try:
            with httpx.Client(transport=transport, timeout=timeout, trust_env=False) as client:
                return client.post(f"{self.url}/servicex/generated-code", json={"code": selection})
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise CodegenError(
                f"the code generator {self.name} at {self.url} cannot be reached: {type(error).__name__} {error}"
            ) from error

    def _parts(self, answer: httpx.Response) -> list[bytes]:
        """Return the contents of the four parts; only their order counts, names are ignored."""
        content_type = answer.headers.get("content-type", "")
        try:
            parts = [part.content for part in MultipartDecoder(answer.content, content_type).parts]
        except (ImproperBodyPartContentException, NonMultipartContentTypeException) as error:
            raise CodegenError(
                f"the code generator {self.name} answered {content_type or 'no content type'}, "
                "not multipart/form-data with a boundary"
            ) from error
        if len(parts) < 4:
            raise CodegenError(f"the code generator {self.name} answered {len(parts)} parts, not four")
        return parts


def _message(answer: httpx.Response) -> str:
    """Return the text that the app passes on: the key Message, else the whole JSON."""
    try:
        body = answer.json()
    except ValueError:
        return f"HTTP {answer.status_code} without a JSON message: {answer.text[:200]}"
    return str(body["Message"] if isinstance(body, dict) and "Message" in body else body)
