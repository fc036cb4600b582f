"""From a submission to work in the queue: all that can be checked is checked before anything is stored."""

from __future__ import annotations

import logging
import shutil
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from servicex_harness import datasets
from servicex_harness.errors import BadRequestError, CodegenError
from servicex_harness.models import Submission

if TYPE_CHECKING:
    from collections.abc import Mapping

    from servicex_harness.codegen_client import CodeGenerator
    from servicex_harness.datasets.catalogue import Catalogue
    from servicex_harness.layout import Layout
    from servicex_harness.limits import Limits
    from servicex_harness.models import Generated
    from servicex_harness.state import State
    from servicex_harness.store.client import Store
    from servicex_harness.work_queue import WorkQueue

log = logging.getLogger(__name__)

RESULT_FORMATS = ("root-file",)
DESTINATIONS = ("object-store",)


def read_submission(body: object) -> Submission:
    """Return the checked JSON body of a submission; BadRequestError names the field that is wrong."""
    if not isinstance(body, dict):
        raise BadRequestError("The json request was malformed: it is not an object")
    _one_of(body, "result-destination", DESTINATIONS)
    return Submission(
        title=_text(body, "title") or None,
        did=_text(body, "did") or None,
        file_list=_texts(body, "file-list"),
        selection=_text(body, "selection"),
        codegen=_text(body, "codegen"),
        result_format=_one_of(body, "result-format", RESULT_FORMATS),
    )


@dataclass(frozen=True)
class Submitter:
    """Takes submissions."""

    codegens: Mapping[str, CodeGenerator]
    catalogue: Catalogue
    state: State
    queue: WorkQueue
    store: Store
    layout: Layout
    limits: Limits

    def submit(self, submission: Submission) -> str:
        """Return the id of the new request; BadRequestError, CodegenError or StoreError leave nothing behind."""
        dataset = datasets.resolve(submission)
        self.limits.check(dataset)
        generated = self._generate(submission)
        request_id = str(uuid.uuid4())
        self.store.create_bucket(request_id)
        try:
            archive = self.layout.archive(request_id)
            archive.parent.mkdir(parents=True)
            archive.write_bytes(generated.archive)
            self.state.add(request_id, submission, dataset.name, self.catalogue.use(dataset), generated)
        except BaseException:
            shutil.rmtree(self.layout.request(request_id), ignore_errors=True)
            self.store.delete_bucket(request_id)
            raise
        self.queue.notify()
        return request_id

    def _generate(self, submission: Submission) -> Generated:
        codegen = self.codegens.get(submission.codegen)
        if codegen is None:
            raise CodegenError(f"Invalid Codegen Image Passed in Request: {submission.codegen}")
        try:
            return codegen.generate(submission.selection)
        except CodegenError as error:
            log.warning("refused: %s: %s", submission.title or "untitled", error)
            raise CodegenError(f"Something went wrong ({error})") from error


def _text(body: dict[str, Any], key: str) -> str:
    value = body.get(key) or ""
    if not isinstance(value, str):
        raise BadRequestError(f"The json request was malformed: {key} must be a string")
    return value


def _texts(body: dict[str, Any], key: str) -> tuple[str, ...]:
    values = body.get(key) or []
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise BadRequestError(f"The json request was malformed: {key} must be a list of strings")
    return tuple(values)


def _one_of(body: dict[str, Any], key: str, choices: tuple[str, ...]) -> str:
    value = _text(body, key)
    if value not in choices:
        raise BadRequestError(f"{key} {value!r} is not supported: this harness does {', '.join(choices)}")
    return value
