"""The ConfigMap and the pods that ServiceX makes for a request, and an object store beside it.

Source: ssl-hep/ServiceX, servicex_app/servicex_app/transformer_manager.py. Besides, an init container fetches the files
of /data, which ServiceX mounts from the node.
"""

from __future__ import annotations

from typing import Any

from .cluster import image

KEYS = ("topcp-access", "topcp-secret-key")
STORE = "sx-minio"
FETCH = "import sys, urllib.request as u; u.urlretrieve(sys.argv[1], sys.argv[2])"


def object_store() -> list[dict[str, Any]]:
    """MinIO, with the name that upstream's chart gives it."""
    labels = {"app": STORE}
    container = {
        "name": "minio",
        "image": image("minio"),
        "args": ["server", "/data"],
        "env": [variable("MINIO_ROOT_USER", KEYS[0]), variable("MINIO_ROOT_PASSWORD", KEYS[1])],
        "readinessProbe": {"httpGet": {"path": "/minio/health/ready", "port": 9000}, "periodSeconds": 1},
        "volumeMounts": [{"name": "data", "mountPath": "/data"}],
    }
    pod = {"containers": [container], "volumes": [{"name": "data", "emptyDir": {}}]}
    ports = {"selector": labels, "ports": [{"port": 9000}]}
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": STORE}, "spec": ports}
    return [deployment(STORE, pod), service]


def request(answer: dict[str, Any], inputs: dict[str, str]) -> list[dict[str, Any]]:
    """What ServiceX makes of a code generator's `answer`; `inputs` are URLs of what is to be at a path of /data."""
    name = answer["request_id"]
    source = f"{name}-generated-source"
    files = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": source},
        "binaryData": answer["generated"],
    }
    mounts = [
        {"name": "sidecar-volume", "mountPath": "/servicex/output"},
        {"name": "generated-code", "mountPath": "/generated"},
        {"name": "rootfiles", "mountPath": "/data"},
    ]
    both = {"volumeMounts": mounts, "env": environment(), "imagePullPolicy": "IfNotPresent"}
    fetch = {"image": image("codegen"), "volumeMounts": mounts}
    pod = {
        "initContainers": [
            fetch | {"name": f"fetch-{number}", "command": ["python", "-c", FETCH, url, path]}
            for number, (path, url) in enumerate(inputs.items())
        ],
        "containers": [
            {"name": "sidecar", "image": image("sidecar"), "command": sidecar(name), **both},
            {"name": "transformer", "image": answer["image"], "command": science(answer), **both},
        ],
        "volumes": [
            {"name": "sidecar-volume", "emptyDir": {}},
            {"name": "generated-code", "configMap": {"name": source}},
            {"name": "rootfiles", "emptyDir": {}},
        ],
        "terminationGracePeriodSeconds": 300,
    }
    return [files, deployment(f"transformer-{name}", pod)]


def sidecar(name: str) -> list[str]:
    command = ["python", "/servicex/transformer_sidecar/transformer.py", "--shared-dir", "/servicex/output"]
    command += ["--request-id", name, "--rabbit-uri", "http://sx-servicex-app:8000/queue"]
    return [*command, "--result-destination", "object-store", "--result-format", "root-file"]


def science(answer: dict[str, Any]) -> list[str]:
    watch = f"bash /servicex/output/scripts/watch.sh {answer['language']} {answer['command']}"
    copy = "cp /generated/transformer_capabilities.json /servicex/output"
    run = f"PYTHONPATH=/generated:$PYTHONPATH {watch} /servicex/output/{answer['request_id']}"
    return ["bash", "--login", "-c", f"{copy} && {run}"]


def environment() -> list[dict[str, Any]]:
    """The variables of both containers."""
    field = {"valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}
    node = {"valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}
    return [
        variable("BASH_ENV", "/servicex/.bashrc"),
        {"name": "POD_NAME", **field},
        {"name": "HOST_NAME", **node},
        variable("INSTANCE_NAME", "sx"),
        variable("LOG_LEVEL", "INFO"),
        variable("MINIO_URL", f"{STORE}:9000"),
        variable("MINIO_ACCESS_KEY", KEYS[0]),
        variable("MINIO_SECRET_KEY", KEYS[1]),
    ]


def variable(name: str, value: str) -> dict[str, str]:
    return {"name": name, "value": value}


def deployment(name: str, pod: dict[str, Any]) -> dict[str, Any]:
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": pod}
    spec = {"selector": {"matchLabels": labels}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": spec}
