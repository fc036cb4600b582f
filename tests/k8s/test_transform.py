"""From a query to a verified ntuple in the object store, with every part of it in a pod of the cluster."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.images.conftest import ntuple
from tests.images.test_science_images import assert_same_ntuple

from .cluster import Namespace
from .servicex_pod import KEYS, STORE, object_store, request

pytestmark = [pytest.mark.k8s, pytest.mark.timeout(900), pytest.mark.needs("kubectl", "helm")]
__all__ = ["ntuple"]  # the fixture
DAMAGED = "/data/damaged.root"
WHOLE = "/data/sample.root"


def store(endpoint: str) -> Any:
    access, secret = KEYS
    return boto3.client(
        "s3",
        endpoint_url=f"http://{endpoint}",
        aws_access_key_id=access,
        aws_secret_access_key=secret,
        region_name="us-east-1",
    )


@contextmanager
def object_store_of(namespace: Namespace) -> Iterator[Any]:
    with namespace.forwarded(f"service/{STORE}", 9000) as address:
        yield store(address)


def put_inputs(namespace: Namespace, sample: Path) -> dict[str, str]:
    """The sample and a damaged copy in the store; for each path in a pod the URL to fetch it from."""
    contents = {WHOLE: sample.read_bytes(), DAMAGED: sample.read_bytes()[:1000]}
    with object_store_of(namespace) as s3:
        s3.create_bucket(Bucket="inputs")
        for path, content in contents.items():
            s3.put_object(Bucket="inputs", Key=Path(path).name, Body=content)
    inside = store(f"{STORE}:9000")
    return {
        path: inside.generate_presigned_url("get_object", {"Bucket": "inputs", "Key": Path(path).name})
        for path in contents
    }


def submit(namespace: Namespace, selection: str) -> dict[str, Any]:
    answer = namespace.submit(selection, [DAMAGED, WHOLE])
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


WAIT_FOR_REPORTS = """
import json, sys, time, urllib.request
while not (status := json.load(urllib.request.urlopen(sys.argv[1])))["complete"]:
    time.sleep(0.2)
print(json.dumps(status["reports"]))
"""


def reports_of(namespace: Namespace, name: str) -> dict[str, dict[str, Any]]:
    """What the pod reported of each file, once it did of all."""
    command = ["python", "-c", WAIT_FOR_REPORTS, f"http://localhost:5000/servicex/transformation/{name}"]
    said = namespace.kubectl("exec", "deployment/sx-servicex-app", "--", *command)
    return {report["file-path"]: report for report in json.loads(said)}


def test_a_query_becomes_a_verified_ntuple_in_the_object_store(
    namespace: Namespace, selection: str, run2_sample: Path, ntuple: Path, tmp_path: Path
) -> None:
    namespace.servicex()
    namespace.topcp("registration.mode=job")
    namespace.apply(*object_store())
    namespace.settle(STORE)
    inputs = put_inputs(namespace, run2_sample)
    answer = submit(namespace, selection)
    name = answer["request_id"]
    with object_store_of(namespace) as s3:
        s3.create_bucket(Bucket=name)
    namespace.apply(*request(answer, inputs))
    namespace.kubectl("rollout", "status", f"deployment/transformer-{name}", "--timeout=300s")
    reports = reports_of(namespace, name)
    assert {path: report["status"] for path, report in reports.items()} == {DAMAGED: "failure", WHOLE: "success"}
    assert reports[WHOLE]["total-events"] == 100
    assert "bad input file" in reports[DAMAGED]["reason"]
    with object_store_of(namespace) as s3:
        (stored,) = s3.list_objects_v2(Bucket=name)["Contents"]
        assert stored["Key"] == reports[WHOLE]["s3-object-name"] == ":data:sample.root"
        assert stored["Size"] == reports[WHOLE]["total-bytes"]
        s3.download_file(name, stored["Key"], str(tmp_path / "ntuple.root"))
    assert_same_ntuple(tmp_path / "ntuple.root", ntuple)
