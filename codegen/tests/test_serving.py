"""The code generator under gunicorn, as it is deployed: many callers at a time, none of whom gets another's answer."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests


@pytest.fixture
def url(image):
    """A gunicorn with the package's own configuration, on a free port."""
    command = [sys.executable, "-m", "gunicorn", "-c", "python:topcp_codegen.gunicorn_conf", "-b", "127.0.0.1:0"]
    env = os.environ | {"TRANSFORMER_SCIENCE_IMAGE": image, "TOPCP_ALLOWED_IMAGES": '["mine/"]'}
    with subprocess.Popen(command, env=env, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as server:
        for line in server.stderr:
            if found := re.search(r"Listening at: (http://\S+)", line):
                break
        yield found[1]
        server.terminate()
        server.stderr.read()
    assert server.returncode == 0


def test_eight_callers_at_a_time_each_get_their_own_answer(url, selection, answer_of):
    def ask(number: int) -> None:
        code = selection | {"reco": f"CommonServices: {{}}\n# caller {number}\n", "image": f"mine/x:{number}"}
        if number % 3 == 0:
            code["reco"] = f"Wrong{number}: {{}}\n"
        got = requests.post(f"{url}/servicex/generated-code", json={"code": json.dumps(code)}, timeout=60)
        if number % 3 == 0:
            assert got.status_code == 400
            assert f"Wrong{number} " in got.json()["Message"].replace("'", " ")
            return
        answer = answer_of(got.content, got.headers["Content-Type"])
        assert answer.image == f"mine/x:{number}"
        assert answer.members["reco.yaml"].decode().startswith(code["reco"])

    with ThreadPoolExecutor(8) as callers:
        list(callers.map(ask, range(200)))
    assert requests.get(f"{url}/health", timeout=60).json() == {"status": "ok"}
    measured = requests.get(f"{url}/metrics", timeout=60).text.splitlines()
    assert 'topcp_codegen_seconds_count{status="200"} 133.0' in measured
    assert 'topcp_codegen_seconds_count{status="400"} 67.0' in measured
