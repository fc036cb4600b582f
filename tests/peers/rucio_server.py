"""A real Rucio server on SQLite, run by the Python of an environment that holds Rucio: rucio_server.py PORT BOOKS

Its configuration is below RUCIO_HOME. BOOKS is a JSON document of what is to be in its catalogue, all of it registered
through its own client and its REST API: the account of a user, a storage element for each kind of medium, and a dataset
of one file with a replica on each. It says `ready` once all of that is there, and serves until its input is closed.
"""

from __future__ import annotations

import contextlib
import json
import sys
import threading
from typing import Any

from rucio.client import Client
from rucio.db.sqla.models import register_models
from rucio.db.sqla.session import get_engine
from rucio.db.sqla.util import create_base_vo, create_root_account
from werkzeug.serving import make_server


def main(port: int, books: dict[str, Any]) -> None:
    register_models(get_engine())
    create_base_vo()
    create_root_account()
    from rucio.web.rest.flaskapi.v1.main import application

    server = make_server("127.0.0.1", port, application, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    register(Client(), **books)
    print("ready", file=sys.__stdout__, flush=True)
    sys.stdin.read()
    server.shutdown()


def register(
    rucio: Client, account: str, password: str, dataset: str, file: dict[str, Any], replicas: dict[str, str]
) -> None:
    scope, name = dataset.split(":")
    rucio.add_account(account, "USER", "")
    rucio.add_identity(account, account, "USERPASS", "", default=True, password=password)
    rucio.add_scope(account, scope)
    for medium, location in replicas.items():
        add_storage(rucio, medium, location)
        rucio.add_replicas(medium, [{"scope": scope, "pfn": location, **file}])
    rucio.add_dataset(scope, name)
    rucio.attach_dids(scope, name, [{"scope": scope, "name": file["name"]}])


def add_storage(rucio: Client, medium: str, location: str) -> None:
    """A storage element whose files are called as they are registered, behind the server of `location`."""
    host, _, port = location.split("/")[2].partition(":")
    may = {"read": 1, "write": 1, "delete": 1}
    protocol = {
        "scheme": "root",
        "hostname": host,
        "port": int(port),
        "prefix": "/",
        "impl": "rucio.rse.protocols.xrootd.Default",
        "domains": {"lan": may, "wan": may},
    }
    rucio.add_rse(medium, deterministic=False, rse_type=medium)
    rucio.add_protocol(medium, protocol)


if __name__ == "__main__":
    with contextlib.redirect_stdout(sys.stderr):  # where it logs to
        main(int(sys.argv[1]), json.loads(sys.argv[2]))
