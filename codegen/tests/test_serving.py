"""The code generator under gunicorn, as it is deployed: many callers at a time, none of whom gets another's answer."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import requests


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
