"""The cluster of the tests and a namespace for each of them.

KUBECONFIG     the cluster to use, which must be able to pull the images.
TOPCP_CLUSTER  where KUBECONFIG is not set, a program that starts a cluster: `up`, `load IMAGE...`, `kubeconfig`.
TOPCP_<NAME>_IMAGE  another image than servicex-topcp/<name>:<version>, for codegen, columnar, sidecar and minio.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from servicex_topcp.query.toolkit import TopCPToolkitQuery

from tests.images.conftest import TALK
from tests.images.containers import docker

from .cluster import Namespace, image, kubectl


@pytest.fixture(scope="session", autouse=True)
def cluster() -> Iterator[None]:
    """Make kubectl and helm use the cluster."""
    with pytest.MonkeyPatch.context() as environment:
        if "KUBECONFIG" not in os.environ:
            program = os.environ.get("TOPCP_CLUSTER")
            assert program, "set KUBECONFIG to a cluster's, or TOPCP_CLUSTER to a program that starts one"
            subprocess.run([program, "up"], check=True)
            subprocess.run([program, "load", *local_images()], check=True)
            where = subprocess.run([program, "kubeconfig"], check=True, capture_output=True, text=True)
            environment.setenv("KUBECONFIG", where.stdout.strip())
        yield


def local_images() -> list[str]:
    """The images that no registry has; MinIO's is made of the program of that name."""
    images = [image(name) for name in ("codegen", "columnar", "sidecar", "minio")]
    if images[3].startswith("servicex-topcp/") and not docker("images", "--quiet", images[3]).stdout:
        program = shutil.which("minio")
        assert program, "set TOPCP_MINIO_IMAGE to an image of MinIO, or install minio"
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(program, folder)
            docker("build", "--tag", images[3], "--file", Path(__file__).with_name("minio.Dockerfile"), folder)
    return [name for name in images if name.startswith("servicex-topcp/")]


@pytest.fixture
def namespace() -> Iterator[Namespace]:
    """A namespace of its own; of a test that failed it says what became of the pods."""
    name = f"topcp-{uuid.uuid4().hex[:8]}"
    kubectl("create", "namespace", name)
    try:
        yield Namespace(name)
    finally:
        print(kubectl("--namespace", name, "get", "all,events"))
        kubectl("delete", "namespace", name, "--wait=false")


@pytest.fixture(scope="session")
def selection() -> str:
    """What the client sends for the first example."""
    return TopCPToolkitQuery(conffile=TALK, no_systematics=True).generate_selection_string()
