"""What is in the images, and what must not be."""

from __future__ import annotations

import re

import pytest

from .containers import IMAGES, VERSION, docker, inspect, run, tag

pytestmark = [pytest.mark.images, pytest.mark.needs("docker")]
each_image = pytest.mark.parametrize("image", IMAGES)
UNWANTED = (
    *("/opt/*/tests/*", "/opt/*/.git/*", "/opt/*.whl", "/opt/*.o"),
    *("*/.cache/*", "/tmp/*", "/var/lib/apt/lists/*", "/var/cache/apt/*"),
    *("/build/*", "/ours/*", "/sample/*", "/warm/*"),
)


@each_image
def test_it_holds_neither_tests_nor_caches_nor_what_it_was_built_from(image: str) -> None:
    paths = [word for pattern in UNWANTED for word in ("-o", "-path", pattern)][1:]
    find = ("--entrypoint", "find", tag(image), "/", "-xdev", "-type", "f", "(", *paths, ")")
    assert docker("run", "--rm", "--user", "0", *find).stdout.splitlines() == []


@each_image
def test_it_holds_no_secret(image: str) -> None:
    history = docker("history", "--no-trunc", "--format", "{{.CreatedBy}}", tag(image)).stdout
    environment = "\n".join(inspect(tag(image))["Config"]["Env"])
    assert re.findall(r"(?i)\w*(?:token|passw|secret)\w*=", history + environment) == []


@each_image
def test_it_says_what_it_is_and_does_not_run_as_root(image: str) -> None:
    config = inspect(tag(image))["Config"]
    assert int(config["User"]) > 0
    labels = {key.removeprefix("org.opencontainers.image."): value for key, value in config["Labels"].items()}
    assert labels["title"] == f"servicex-topcp {image}"
    assert labels["version"] == VERSION
    assert labels["description"]


@each_image
def test_nothing_of_it_can_be_changed_by_its_user(image: str) -> None:
    elsewhere = "-not -path '/tmp*' -not -path '/var/tmp*' -not -path /servicex/output"  # the last one is for a volume
    script = f"find / -xdev -writable -not -type l {elsewhere} 2>/dev/null || true"
    options = ("--entrypoint", "sh")
    writable = docker("run", "--rm", *options, tag(image), "-c", script).stdout.splitlines()
    assert [path for path in writable if path.startswith(("/opt", "/servicex", "/etc", "/usr", "/bin", "/lib"))] == []
    assert run(image, "-c", "echo ok", options=options) == "ok\n"
