"""A stand-in for ServiceX's app, as far as code generators concern it: it knows those of app.conf and asks them.

What it answers, and that it reads app.conf and the list of allowed images once, when it starts, is as in
ssl-hep/ServiceX (servicex_app: code_gen_adapter.py, resources/transformation/submit.py, resources/info.py). Instead of
making a ConfigMap and pods it answers what they would be made from.
"""

from __future__ import annotations

import base64
import io
import json
import os
import zipfile
from typing import Any

import requests
from flask import Flask, request
from requests_toolbelt import MultipartDecoder


def create_app() -> Flask:
    """Make the app from the file that APP_CONFIG_FILE names."""
    app = Flask(__name__)
    app.config.from_envvar("APP_CONFIG_FILE")
    allowed = tuple(json.loads(os.environ["ALLOWED_IMAGE_PREFIXES"]))

    @app.get("/servicex")
    def info() -> dict[str, Any]:
        return {"app-version": "stand-in", "code-gen-image": app.config["CODE_GEN_IMAGES"]}

    @app.post("/servicex/transformation")
    def submit() -> tuple[dict[str, Any], int]:
        asked = request.get_json()
        if asked["codegen"] not in app.config["CODE_GEN_IMAGES"]:
            return {"message": f"Invalid Codegen Image Passed in Request: {asked['codegen']}"}, 500
        try:
            return generate(app.config["CODE_GEN_SERVICE_URLS"][asked["codegen"]], asked["selection"], allowed), 200
        except (ValueError, requests.RequestException) as error:
            return {"message": f"Something went wrong ({error})"}, 500

    return app


def generate(url: str, selection: str, allowed: tuple[str, ...]) -> dict[str, Any]:
    """Ask the code generator at `url`; ValueError with its words if it refuses."""
    answer = requests.post(f"{url}/servicex/generated-code", json={"code": selection}, timeout=(0.5, None))
    if answer.status_code != 200:
        raise ValueError(f"Failed to generate translation code: {answer.json()['Message']}")
    image, language, command, archive = (part.content for part in MultipartDecoder.from_response(answer).parts)
    if not image.decode().startswith(allowed):
        raise ValueError(f"Custom Docker image '{image.decode()}' does not match any allowed prefix")
    with zipfile.ZipFile(io.BytesIO(archive)) as files:
        generated = {name: base64.b64encode(files.read(name)).decode() for name in files.namelist()}
    words = {"image": image.decode(), "language": language.decode(), "command": command.decode()}
    return words | {"generated": generated}
