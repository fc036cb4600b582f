"""Requests made from openapi.yaml, good and bad: each gets an answer that it describes, and none a 500."""

from __future__ import annotations

from importlib.resources import files

import schemathesis
import yaml
from hypothesis import settings
from schemathesis.specs.openapi.checks import positive_data_acceptance
from topcp_codegen import create_app

schema = schemathesis.openapi.from_dict(yaml.safe_load(files("topcp_codegen").joinpath("openapi.yaml").read_text()))
schema.app = create_app({"TRANSFORMER_SCIENCE_IMAGE": "topcp/science:25.2.15"})


@schema.parametrize()
@settings(max_examples=20, deadline=None, derandomize=True)
def test_every_request_is_answered_as_described(case: schemathesis.Case) -> None:
    # What is well formed may still be a wrong selection: then 400 is the answer.
    case.call_and_validate(excluded_checks=[positive_data_acceptance])
