# MinIO's own program as an image, where its registry cannot be reached; the context is the folder that holds it.
ARG BASE=python:3.11-slim-bookworm
FROM ${BASE}
COPY minio /usr/local/bin/minio
USER 10001
ENTRYPOINT ["minio"]
