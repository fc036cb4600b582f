"""ServiceX's contract for code generators: the route, the order of the parts, JSON with a Message for every error."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import pytest
from servicex import query
from topcp_codegen import bundle, create_app
from topcp_codegen.deployment import LIMITS

ROUTE = "/servicex/generated-code"


def test_the_answer_is_image_language_command_and_zip(codegen, image):
    answer = codegen.made()
    assert answer.image == image
    assert answer.language == "python"
    assert answer.command == "/generated/transform_single_file.py"
    assert list(answer.members) == sorted(
        ["reco.yaml", "request.json", "transformer_capabilities.json", *(path.name for path in bundle.POD.glob("*.py"))]
    )
    assert all(re.fullmatch(r"[-._a-zA-Z0-9]{1,253}", name) for name in answer.members)  # keys of a ConfigMap


def test_a_part_has_a_disposition_and_no_other_header(codegen, selection):
    got = codegen.http.post(ROUTE, json={"code": json.dumps(selection)})
    boundary = got.content_type.removeprefix("multipart/form-data; boundary=").encode()
    start, *parts, end = got.data.split(b"--" + boundary)
    assert (start, end.strip()) == (b"", b"--")
    assert [part.strip().split(b"\r\n\r\n")[0] for part in parts] == [
        b'Content-Disposition: form-data; name="transformer_image"',
        b'Content-Disposition: form-data; name="language"',
        b'Content-Disposition: form-data; name="command"',
        b'Content-Disposition: form-data; name="zip_data"',
    ]


def test_the_capabilities_say_what_old_and_new_sidecars_need(codegen):
    answer = codegen.made()
    capabilities = json.loads(answer.members["transformer_capabilities.json"])
    assert capabilities["file-formats"] == ["root-file", "root"]
    assert capabilities["stats-parser"] == "RawUprootStats"
    assert (capabilities["language"], capabilities["command"]) == (answer.language, answer.command)


def test_the_upstream_clients_query_is_accepted_unchanged(codegen, tmp_path):
    for level in ("reco", "parton"):
        (tmp_path / f"{level}.yaml").write_text(f"CommonServices: {{}}\n# {level}\n")
    asked = query.TopCP(reco=tmp_path / "reco.yaml", parton=tmp_path / "parton.yaml", max_events=10, no_filter=True)
    answer = codegen.made(asked.generate_selection_string())
    assert answer.members["reco.yaml"].startswith(b"CommonServices: {}\n# reco\n# release: 25.2.15\n")
    assert answer.members["parton.yaml"].startswith(b"CommonServices: {}\n# parton\n# release: 25.2.15\n")
    assert "particle.yaml" not in answer.members
    request = answer.request
    assert (request["max_events"], request["no_systematics"], request["no_filter"]) == (10, True, True)


def test_keys_that_a_newer_servicex_may_add_to_the_request_do_no_harm(codegen, selection):
    got = codegen.http.post(ROUTE, json={"code": json.dumps(selection), "request_id": "1"})
    assert got.status_code == 200


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"{}", b'{"code": 1}', b'{"code": null}', b"\xff", b'{"code": "\\ud800"}']
)
def test_a_request_without_a_selection_is_refused(codegen, body):
    got = codegen.http.post(ROUTE, data=body, content_type="application/json")
    assert got.status_code == 400
    assert got.get_json() == {"Message": 'The request must be {"code": "<selection>"}'}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("get", "/nowhere", 404), ("get", ROUTE, 405), ("delete", "/health", 405), ("post", ROUTE, 415)],
)
def test_every_http_error_is_json_with_a_message(codegen, method, path, status):
    got = getattr(codegen.http, method)(path)
    assert got.status_code == status
    assert list(got.get_json()) == ["Message"]
    assert ("Allow" in got.headers) == (status == 405)


def test_a_request_that_is_too_large_is_told_the_limit(codegen):
    got = codegen.http.post(ROUTE, json={"code": "x" * (4 * 1024 * 1024)})
    assert got.status_code == 413
    assert got.get_json() == {"Message": "The request is larger than 4194304 bytes"}


def test_a_bug_is_answered_with_a_reference_into_the_log_and_no_traceback(codegen, monkeypatch, caplog):
    monkeypatch.setattr("topcp_codegen.generator.bundle", lambda *_: 1 / 0)
    status, message = codegen.post()
    assert status == 500
    reference = re.fullmatch(r"A bug in the code generator; its log says more under (\w{32})", message)[1]
    assert reference in caplog.text
    assert "ZeroDivisionError" in caplog.text


def test_health_is_good_where_a_selection_can_be_answered(codegen):
    got = codegen.http.get("/health")
    assert (got.status_code, got.get_json()) == (200, {"status": "ok"})


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"TRANSFORMER_SCIENCE_IMAGE": None}, "TRANSFORMER_SCIENCE_IMAGE is not set"),
        ({"TRANSFORMER_SCIENCE_IMAGE": "not an image"}, "not an image"),
        ({"TOPCP_ALLOWED_IMAGES": "sslhep/x"}, "TOPCP_ALLOWED_IMAGES"),
        ({"TOPCP_ALLOWED_IMAGES": '["Sslhep/"]'}, "Sslhep/"),
        ({"TOPCP_ALLOWED_IMAGES": '"sslhep/"'}, "JSON list"),
        ({"TOPCP_STATS_PARSER": "UprootStats"}, "must be one of RawUprootStats, TopCPStats, not 'UprootStats'"),
        ({"TOPCP_WALL_SECONDS": "-1"}, "TOPCP_WALL_SECONDS must be a positive number, not '-1'"),
        ({"TOPCP_TRIES": "0"}, "TOPCP_TRIES must be a positive number, not '0'"),
        ({"TOPCP_TRIES": "nan"}, "TOPCP_TRIES must be a positive number, not 'nan'"),
    ],
)
def test_a_deployment_that_lacks_a_setting_is_unhealthy_and_says_which(codegen_with, settings, said):
    codegen = codegen_with(**settings)
    got = codegen.http.get("/health")
    assert got.status_code == 503
    assert said in got.get_json()["Message"]
    assert codegen.post() == (503, got.get_json()["Message"])
    assert codegen.http.get("/version").status_code == 200


def test_the_statistics_parser_and_the_limits_are_the_deployments(codegen_with):
    answer = codegen_with(TOPCP_STATS_PARSER="TopCPStats", TOPCP_IDLE_SECONDS="600").made()
    assert json.loads(answer.members["transformer_capabilities.json"])["stats-parser"] == "TopCPStats"
    assert answer.request["limits"] == LIMITS | {"TOPCP_IDLE_SECONDS": 600.0}


def test_the_limits_are_those_that_the_script_reads():
    read = re.findall(r'"([A-Z]+(?:_SECONDS)?)"', (bundle.POD / "pod_limits.py").read_text())
    assert {f"TOPCP_{name}" for name in read} == set(LIMITS)


def test_equal_requests_give_equal_bytes_in_every_process(selection, image):
    program = """
import json, sys
from topcp_codegen.generator import generate
sys.stdout.buffer.write(generate(sys.argv[1], {"TRANSFORMER_SCIENCE_IMAGE": sys.argv[2]}).archive)
"""
    command = [sys.executable, "-c", program, json.dumps(selection | {"no_filter": True}), image]
    environments = [
        os.environ | {"PYTHONHASHSEED": seed, "TZ": zone} for seed, zone in (("1", "UTC"), ("2", "Asia/Tokyo"))
    ]
    first, second = (subprocess.run(command, env=env, capture_output=True, check=True).stdout for env in environments)
    assert first == second != b""


def test_the_front_page_tells_operators_what_runs_here(codegen_with, image):
    got = codegen_with(TOPCP_ALLOWED_IMAGES='["mine/"]', TOPCP_TRIES="7").http.get("/")
    assert got.status_code == 200
    assert got.mimetype == "text/html"
    for said in (bundle.VERSION, image, "mine/", "25.2.110", "4,194,304", "1,048,576", "TOPCP_TRIES", ">7<"):
        assert said in got.text
    assert got.headers["Content-Security-Policy"].startswith("default-src 'none'; ")
    assert not re.search(r"<style\b|<script>|\b(style|on\w+)=", got.text)  # nothing that the policy would forbid
    assert all(link.startswith(("static/", "data:")) for link in re.findall(r'\b(?:src|href)="([^"]*)', got.text))


def test_the_front_page_escapes_what_it_shows_and_says_what_is_wrong(codegen_with):
    got = codegen_with(TRANSFORMER_SCIENCE_IMAGE="<script>alert(1)</script>").http.get("/")
    assert got.status_code == 200
    assert "No request can be answered here:" in got.text
    assert "<script>" not in got.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in got.text


def test_an_installation_without_the_script_is_unhealthy(codegen, monkeypatch, tmp_path):
    monkeypatch.setattr(bundle, "POD", tmp_path)
    got = codegen.http.get("/health")
    assert got.status_code == 503
    assert "transformer_capabilities.json" in got.get_json()["Message"]


def test_an_installation_whose_facts_cannot_be_read_is_unhealthy(codegen, monkeypatch, caplog):
    def no_facts(*_args, **_options):
        raise FileNotFoundError("facts/25.2.15.json")

    monkeypatch.setattr("topcp_codegen.checks.load_text", no_facts)
    got = codegen.http.get("/health")
    assert got.status_code == 503
    assert "facts" not in got.get_json()["Message"]
    assert "facts/25.2.15.json" in caplog.text


def test_the_version_route_tells_what_is_taken_by_default(codegen_with, image):
    said = codegen_with().http.get("/version").get_json()
    assert said["version"] == bundle.VERSION
    assert said["default_image"] == image
    assert said["default_release"] == "25.2.15"
    assert said["default_release"] in said["releases"]
    other = codegen_with(TRANSFORMER_SCIENCE_IMAGE="x:latest", TOPCP_DEFAULT_RELEASE="24.2.37")
    assert other.http.get("/version").get_json()["default_release"] == "24.2.37"


def test_settings_come_from_the_environment(monkeypatch, image):
    monkeypatch.setenv("TRANSFORMER_SCIENCE_IMAGE", image)
    assert create_app().test_client().get("/health").status_code == 200
