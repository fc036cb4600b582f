"""A small but real transformer for the tests: a code generator, and in `copying_script.py` its science script.

The selection is a JSON object {"mode": …, "events": …}; what the modes do is said in the script. `quick` is a shell
script that copies anything: hundreds of files in seconds.
"""

from __future__ import annotations

import io
import json
import os
import zipfile
from pathlib import Path

from flask import Flask, Response, request
from requests_toolbelt import MultipartEncoder

SCRIPT = Path(__file__).with_name("copying_script.py")
CAPABILITIES = {
    "name": "copying",
    "description": "copies its input",
    "limitations": "",
    "file-formats": ["root-file"],
    "stats-parser": "RawUprootStats",
    "language": "python",
    "command": "/generated/transform_single_file.py",
}
QUICK = 'cp "$1" "$2" && echo "Transform stats: Total Events: 5, resulting file size 1"\n'
REFUSAL = "reco.yaml:3:5: no such block: Elektrons"


def archive(members: dict[str, str]) -> bytes:
    """Return a zip archive of these texts."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as members_of_zip:
        for name, text in members.items():
            members_of_zip.writestr(name, text)
    return content.getvalue()


def members(selection: str, **capabilities: object) -> dict[str, str]:
    """Return the generated files for a selection, with these capabilities changed."""
    return {
        "transformer_capabilities.json": json.dumps(CAPABILITIES | capabilities),
        "transform_single_file.py": SCRIPT.read_text(),
        "quick.sh": QUICK,
        "request.json": selection,
    }


def multipart(*parts: str | bytes) -> Response:
    """Return an answer of these parts, in this order."""
    body = MultipartEncoder({f"part{index}": part for index, part in enumerate(parts)})
    return Response(body.to_string(), mimetype=body.content_type)


def create_app() -> Flask:
    """Return the code generator."""
    app = Flask(__name__)

    @app.post("/servicex/generated-code")
    def generate() -> Response | tuple[dict[str, str], int] | tuple[str, int]:
        selection = request.get_json()["code"]
        wish = json.loads(selection)
        if wish["mode"] == "crash":
            os._exit(3)
        if wish["mode"] == "refuse":
            return {"Message": REFUSAL}, 400
        if wish["mode"] == "html error":
            return "<h1>Bad Gateway</h1>", 502
        if wish["mode"] == "two parts":
            return multipart("image:1", "python")
        changed = {"stats-parser": "NoSuchStats"} if wish["mode"] == "unknown parser" else {}
        code = archive(members(selection, **changed))
        image = os.environ["TRANSFORMER_SCIENCE_IMAGE"]  # as ServiceX's own code generators find it
        if wish["mode"] == "quick":
            return multipart(image, "sh", "/generated/quick.sh", code)
        return multipart(image, "python", "/generated/transform_single_file.py", code)

    return app
