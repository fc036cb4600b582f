"""Requests made from openapi.yaml, good and bad, to a running harness: each gets an answer that it describes."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import TYPE_CHECKING

import schemathesis
import servicex_harness
import yaml
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

if TYPE_CHECKING:
    from .support import HarnessProcess

SPEC = yaml.safe_load(files("servicex_harness").joinpath("api/openapi.yaml").read_text())
schema = schemathesis.openapi.from_dict(SPEC)


@schema.parametrize()
@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_request_is_answered_as_described(case: schemathesis.Case, harness: HarnessProcess) -> None:
    # What is well formed may still name a file or a code generator that is not there: then 400 is the answer.
    case.call_and_validate(base_url=harness.url, excluded_checks=[positive_data_acceptance])


def test_it_is_of_this_version_and_knows_every_route() -> None:
    """Each function that answers a route of the API is described once, by name or by what it is asked for."""
    assert SPEC["info"]["version"] == servicex_harness.__version__
    texts = [
        files("servicex_harness").joinpath(f"api/{name}_routes.py").read_text()
        for name in ("transformation", "dataset")
    ]
    answered = sum(
        len(re.findall(r"@routes\.(?:get|post|delete)\(", text)) + 2 * text.count("@routes.route(") for text in texts
    )
    described = [method for item in SPEC["paths"].values() for method in item if method != "parameters"]
    assert len(described) == answered + 1  # and /servicex
