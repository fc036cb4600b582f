"""The code generator's image: it answers ServiceX, tells whether it can, and ends when it is told to."""

from __future__ import annotations

import httpx
import pytest

from .conftest import address
from .containers import ROOT, VERSION, docker, inspect, started, tag

pytestmark = [pytest.mark.images, pytest.mark.needs("docker")]


def test_it_answers_a_selection_with_image_language_command_and_zip(answer: list[bytes], talk: str) -> None:
    image, language, command, _ = answer
    assert image.decode() == tag("columnar")
    assert (language, command) == (b"python", b"/generated/transform_single_file.py")


def test_the_zip_holds_what_the_pod_mounts(generated: dict[str, bytes]) -> None:
    scripts = {path.name for path in (ROOT / "codegen/src/topcp_codegen/pod").glob("*.py")}
    assert set(generated) == {"transformer_capabilities.json", "request.json", "reco.yaml", *scripts}


def test_a_wrong_selection_is_refused_in_words(codegen_url: str) -> None:
    got = httpx.post(f"{codegen_url}/servicex/generated-code", json={"code": '{"recoo": "Jets: {}"}'})
    assert got.status_code == 400
    assert "did you mean 'reco'" in got.json()["Message"]


def test_it_says_its_version_and_that_it_is_healthy(codegen: str, codegen_url: str) -> None:
    assert httpx.get(f"{codegen_url}/version").json()["version"] == VERSION
    assert httpx.get(f"{codegen_url}/health").status_code == 200
    assert docker("exec", codegen, *health_check(codegen)).returncode == 0


def test_its_front_page_is_for_operators(codegen_url: str) -> None:
    got = httpx.get(codegen_url)
    assert got.headers["Content-Type"].startswith("text/html")
    assert VERSION in got.text
    assert tag("columnar") in got.text


def test_without_a_science_image_it_says_that_it_is_not_healthy() -> None:
    with started("codegen", options=("--publish", "127.0.0.1::5000")) as container:
        got = httpx.get(f"{address(container)}/health")
        assert got.status_code == 503
        assert "TRANSFORMER_SCIENCE_IMAGE is not set" in got.json()["Message"]
        assert docker("exec", container, *health_check(container), check=False).returncode == 1


def test_it_ends_when_it_is_told_to() -> None:
    with started("codegen", options=("--publish", "127.0.0.1::5000")) as container:
        address(container)
        docker("stop", "--time", "60", container)
        assert inspect(container)["State"]["ExitCode"] == 0


def health_check(container: str) -> list[str]:
    """The command with which docker asks how the container is."""
    kind, *command = inspect(container)["Config"]["Healthcheck"]["Test"]
    assert kind == "CMD"
    return list(command)
