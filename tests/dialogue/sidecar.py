"""The sidecar's end of the dialogue, byte by byte as ServiceX's holds it: python sidecar.py FOLDER [PORT]

It reads the documents to hand out from FOLDER/jobs.json, writes its port to FOLDER/listening when it can be reached,
and in the end writes FOLDER/answers.json: of each document the answer and the log. Source: ssl-hep/ServiceX,
transformer_sidecar/src/transformer_sidecar/science_container_command.py.
"""

from __future__ import annotations

import json
import socket
import sys
from pathlib import Path


def main(folder: Path, port: int = 8081) -> None:
    """Serve the one science container there is; port 0 is any free one."""
    jobs = json.loads((folder / "jobs.json").read_text())
    with socket.create_server(("127.0.0.1", port)) as listener:
        (folder / "listening.part").write_text(str(listener.getsockname()[1]))
        (folder / "listening.part").rename(folder / "listening")
        connection, _ = listener.accept()
    with connection:
        answers = [answer(connection, job, folder) for job in jobs]
        wait_for_get(connection)
        connection.send(b"stop.\n")
    (folder / "answers.json").write_text(json.dumps(answers))


def answer(connection: socket.socket, job: dict[str, str], folder: Path) -> dict[str, str]:
    """Hand out a document. The answer is what one recv brings: two lines in one piece would be no success."""
    wait_for_get(connection)
    connection.send(f"{json.dumps(job)}\n".encode())
    said = connection.recv(4096).decode().strip()
    log = (folder / job["request-id"] / "abc.log").read_text(errors="replace")
    connection.send(b"confirmed.\n")
    return {"said": said, "log": log}


def wait_for_get(connection: socket.socket) -> None:
    """Drop what comes until a piece begins with GeT."""
    while not (piece := connection.recv(4096)).startswith(b"GeT"):
        if not piece:
            raise SystemExit("the science container has gone")


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(int, sys.argv[2:]))
