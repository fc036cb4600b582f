"""deliver() through upstream's own ServiceX: its chart, its app, its sidecar, with our umbrella around them.

Upstream's chart and images come from the internet. Where this ran, docs/operators/testing.md says.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import uproot

from tests.helm.charts import HELM, ROOT, helm

from .cluster import Namespace, chart_images

pytestmark = [pytest.mark.servicex, pytest.mark.timeout(3000), pytest.mark.needs("kubectl", "helm")]
EXAMPLES = ROOT / "client" / "examples"
VALUES = Path(__file__).with_name("servicex-values.yaml")
ON_NODE = ROOT / "build" / "samples" / "PHYSLITE_example.root"  # .github/kind mounts the folder at /data


@pytest.fixture
def umbrella(tmp_path: Path) -> Path:
    """The umbrella with upstream's chart in it."""
    for name in ("servicex", "transformers", "servicex-topcp"):
        shutil.copytree(HELM / name, tmp_path / name, ignore=shutil.ignore_patterns("charts"))
    helm("dependency", "update", tmp_path / "transformers")
    helm("dependency", "update", tmp_path / "servicex")
    return tmp_path / "servicex"


def test_deliver_returns_an_ntuple_of_all_events(
    namespace: Namespace, umbrella: Path, run2_sample: Path, tmp_path: Path
) -> None:
    ON_NODE.parent.mkdir(parents=True, exist_ok=True)
    if run2_sample != ON_NODE:
        shutil.copyfile(run2_sample, ON_NODE)
    values = [VALUES, *chart_images("transformers.topcp.")]
    given = [part for value in values for part in ("--values" if isinstance(value, Path) else "--set", value)]
    namespace.helm("upgrade", "--install", "sx", umbrella, "--wait", "--timeout", "20m", *given)
    namespace.settle("sx-servicex-app")
    with (
        namespace.forwarded("service/sx-servicex-app", 8000) as app,
        namespace.forwarded("service/sx-minio", 9000, at=9000),
    ):
        (tmp_path / "servicex.yaml").write_text(f"api_endpoints: [{{name: here, endpoint: 'http://{app}'}}]\n")
        command = [sys.executable, EXAMPLES / "deliver_topcp.py", "--conffile", EXAMPLES / "talk" / "reco.yaml"]
        command += ["--file", f"/data/{ON_NODE.name}", "--out", tmp_path / "out"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=1200)
    assert done.returncode == 0, done.stdout + done.stderr
    (delivered,) = (tmp_path / "out").iterdir()
    with uproot.open(delivered) as file:
        assert file["reco"].num_entries == 100
        assert file["reco/el_pt_NOSYS"].typename == "std::vector<float>"
