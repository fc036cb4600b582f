"""openapi.yaml tells the truth: about the routes there are, and about each answer they give."""

from __future__ import annotations

import json
from importlib.resources import files

import pytest
import yaml
from jsonschema import Draft202012Validator
from topcp_codegen import bundle
from topcp_codegen.app import MAX_BODY
from topcp_codegen.selection import Selection

SPEC = yaml.safe_load(files("topcp_codegen").joinpath("openapi.yaml").read_text())
SCHEMAS = SPEC["components"]["schemas"]


def check(path: str, method: str, got) -> None:
    """The answer has a described status, content type and shape."""
    described = SPEC["paths"][path][method]["responses"][str(got.status_code)]["content"]
    schema = {**described[got.mimetype]["schema"], "components": SPEC["components"]}
    if got.mimetype == "application/json":
        Draft202012Validator(schema).validate(got.get_json())


def test_it_describes_the_routes_that_there_are(codegen):
    app = codegen.http.application
    routes = {
        (rule.rule.replace("<path:filename>", "{filename}"), method.lower())
        for rule in app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert routes == {(path, method) for path, item in SPEC["paths"].items() for method in item}


def test_it_is_of_this_version():
    assert SPEC["info"]["version"] == bundle.VERSION


def test_it_describes_the_selection_that_is_read(selection):
    described = SCHEMAS["Selection"]
    fields = Selection.model_fields
    assert set(described["properties"]) == set(fields)
    assert set(described["required"]) == {name for name, field in fields.items() if field.is_required()}
    Draft202012Validator(described).validate(selection)


def test_it_describes_every_answer(codegen, codegen_with, selection, monkeypatch):
    route = "/servicex/generated-code"
    good = {"code": json.dumps(selection)}
    not_ready = codegen_with(TRANSFORMER_SCIENCE_IMAGE=None)
    answers = [
        codegen.http.post(route, json=good),
        codegen.http.post(route, json={"code": "{}"}),
        codegen.http.post(route, json={"code": "x" * MAX_BODY}),
        codegen.http.post(route),
        not_ready.http.post(route, json=good),
    ]
    monkeypatch.setattr("topcp_codegen.app.generate", None)
    answers.append(codegen.http.post(route, json=good))
    assert [got.status_code for got in answers] == [200, 400, 413, 415, 503, 500]
    for got in answers:
        check(route, "post", got)


def test_it_describes_every_verdict(codegen, monkeypatch):
    answers = [
        codegen.http.post("/check", json={"text": "CommonServices: {}\n", "release": "24.2.37"}),
        codegen.http.post("/check", json={"text": "Elektrons: []\n"}),
        codegen.http.post("/check", json={"text": 1}),
        codegen.http.post("/check", data="x" * (MAX_BODY + 1), content_type="application/json"),
        codegen.http.post("/check"),
    ]
    monkeypatch.setattr("topcp_codegen.app.check_one", None)
    answers.append(codegen.http.post("/check", json={"text": ""}))
    assert [got.status_code for got in answers] == [200, 200, 400, 413, 415, 500]
    assert [got.get_json()["valid"] for got in answers[:2]] == [True, False]
    for got in answers:
        check("/check", "post", got)


@pytest.mark.parametrize("path", ["/", "/health", "/version", "/metrics"])
def test_it_describes_what_operators_see(codegen, codegen_with, path):
    for app in (codegen, codegen_with(TRANSFORMER_SCIENCE_IMAGE=None)):
        check(path, "get", app.http.get(path))
