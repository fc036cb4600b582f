"""The `my_package` of the harness's README: a code generator whose transformer copies, whatever is selected."""

from __future__ import annotations

import os

from flask import Flask, Response

from harness.tests.copying_codegen import archive, members, multipart


def create_app() -> Flask:
    """Return the code generator."""
    app = Flask(__name__)

    @app.post("/servicex/generated-code")
    def generate() -> Response:
        image = os.environ["TRANSFORMER_SCIENCE_IMAGE"]
        return multipart(image, "sh", "/generated/quick.sh", archive(members("{}")))

    return app
