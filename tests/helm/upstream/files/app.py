"""A stand-in for ServiceX's app, as far as code generators and pods concern it.

It knows the code generators of app.conf, asks them, hands the files of a request to its pods and keeps their reports.
What it answers, and that it reads app.conf and the list of allowed images once, when it starts, is as in
ssl-hep/ServiceX (servicex_app: code_gen_adapter.py, resources/transformation/submit.py, resources/info.py). Two things
are not: it makes no ConfigMap and no pods but answers what they are made from, and files are handed out over HTTP, as
harness/sidecar takes them, not over RabbitMQ.
"""

from __future__ import annotations

import base64
import io
import json
import os
import uuid
import zipfile
from typing import Any

import requests
from flask import Flask, request
from requests_toolbelt import MultipartDecoder

PAUSE = ("", 204)  # nothing at the moment
NO_MORE = ("", 410)


def create_app() -> Flask:
    """Make the app from the file that APP_CONFIG_FILE names."""
    app = Flask(__name__)
    app.config.from_envvar("APP_CONFIG_FILE")
    allowed = tuple(json.loads(os.environ["ALLOWED_IMAGE_PREFIXES"]))
    files: dict[str, list[str]] = {}
    waiting: dict[str, list[dict[str, Any]]] = {}
    reports: dict[str, list[dict[str, Any]]] = {}

    @app.get("/servicex")
    def info() -> dict[str, Any]:
        return {"app-version": "stand-in", "code-gen-image": app.config["CODE_GEN_IMAGES"]}

    @app.post("/servicex/transformation")
    def submit() -> tuple[dict[str, Any], int]:
        asked = request.get_json()
        if asked["codegen"] not in app.config["CODE_GEN_IMAGES"]:
            return {"message": f"Invalid Codegen Image Passed in Request: {asked['codegen']}"}, 500
        try:
            answer = generate(app.config["CODE_GEN_SERVICE_URLS"][asked["codegen"]], asked["selection"], allowed)
        except (ValueError, requests.RequestException) as error:
            return {"message": f"Something went wrong ({error})"}, 500
        name = str(uuid.uuid4())
        files[name] = asked.get("file-list", [])
        waiting[name] = [task(name, number, path) for number, path in enumerate(files[name])]
        reports[name] = []
        return {"request_id": name} | answer, 200

    @app.get("/servicex/transformation/<name>")
    def status(name: str) -> dict[str, Any]:
        return {"complete": len(reports[name]) == len(files[name]), "reports": reports[name]}

    @app.get("/queue/<name>")
    def work(name: str) -> Any:
        if waiting[name]:
            return waiting[name].pop(0)
        return NO_MORE if len(reports[name]) == len(files[name]) else PAUSE

    @app.put("/servicex/internal/transformation/<name>/file-complete")
    def report(name: str) -> str:
        reports[name].append(request.get_json())
        return "Ok"

    return app


def task(name: str, number: int, path: str) -> dict[str, Any]:
    """A file for a pod."""
    app = f"http://{os.environ['INSTANCE_NAME']}-servicex-app:8000"
    return {
        "request_id": name,
        "file_id": number,
        "paths": [path],
        "service_endpoint": f"{app}/servicex/internal/transformation/{name}",
        "result_destination": "object-store",
        "result_format": "root-file",
    }


def generate(url: str, selection: str, allowed: tuple[str, ...]) -> dict[str, Any]:
    """Ask the code generator at `url`; ValueError with its words if it refuses."""
    answer = requests.post(f"{url}/servicex/generated-code", json={"code": selection}, timeout=(0.5, None))
    if answer.status_code != 200:
        raise ValueError(f"Failed to generate translation code: {answer.json()['Message']}")
    image, language, command, archive = (part.content for part in MultipartDecoder.from_response(answer).parts)
    if not image.decode().startswith(allowed):
        raise ValueError(f"Custom Docker image '{image.decode()}' does not match any allowed prefix")
    with zipfile.ZipFile(io.BytesIO(archive)) as members:
        generated = {name: base64.b64encode(members.read(name)).decode() for name in members.namelist()}
    words = {"image": image.decode(), "language": language.decode(), "command": command.decode()}
    return words | {"generated": generated}
