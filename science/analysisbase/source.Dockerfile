# The source of TopCPToolkit from a repository that needs a token, as an archive for the build of the image:
#   docker buildx build --file science/analysisbase/source.Dockerfile --secret id=gitlab_token,env=GITLAB_TOKEN \
#     --output science/analysisbase/archive .
# Needs BuildKit, which shows the token to one command and keeps it in no layer. What is left is the archive.
ARG DEBIAN=debian:bookworm-slim

FROM ${DEBIAN} AS fetch
# Debian keeps only the newest version of a package, so that a pinned one cannot be installed for long.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates git \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/*
ARG TOPCPTOOLKIT=2.17.0
ARG TOPCPTOOLKIT_URL=https://gitlab.cern.ch/atlas/amg/software/TopCPToolkit.git
COPY science/analysisbase/get_source /get_source/
RUN --mount=type=secret,id=gitlab_token \
    /get_source/get_source "$TOPCPTOOLKIT" "$TOPCPTOOLKIT_URL" /TopCPToolkit \
    && mkdir /archive \
    && tar --create --gzip --file "/archive/TopCPToolkit-$TOPCPTOOLKIT.tar.gz" --directory / TopCPToolkit

FROM scratch
COPY --from=fetch /archive /
